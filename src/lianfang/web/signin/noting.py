"""Ways to sign in that come and go are written into the journal (allauth tells by signals)."""

from __future__ import annotations

from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.socialaccount.signals import social_account_added

from lianfang.foundation.actions import note_way
from lianfang.foundation.actor import load_actor
from lianfang.foundation.clock import now_in


def _note(account: Any, way: str, added: bool) -> None:
    now = now_in(account.home_realm_id)
    note_way(load_actor(account, now), now, account, way, added=added)


def _added(sender: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _note(user, str(authenticator.type), True)


def _removed(sender: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _note(user, str(authenticator.type), False)


def _linked(sender: Any, sociallogin: Any, **kwargs: Any) -> None:
    _note(sociallogin.user, "identity", True)


def identity_removed(request: Any) -> None:
    """Note that the signed-in account's identity was unlinked."""
    _note(request.user, "identity", False)


def connect() -> None:
    """Listen; called when the room is loaded."""
    authenticator_added.connect(_added, dispatch_uid="lianfang.way_added")
    authenticator_removed.connect(_removed, dispatch_uid="lianfang.way_removed")
    social_account_added.connect(_linked, dispatch_uid="lianfang.identity_linked")
