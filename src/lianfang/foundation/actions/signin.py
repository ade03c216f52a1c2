"""Ways to sign in, taken back: a lost phone, a forgotten password, a session left open elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation import perms
from lianfang.foundation.access import permit
from lianfang.foundation.actions.accounts import one_time_password, set_password
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account, ApiToken
from lianfang.foundation.passwords import is_own
from lianfang.foundation.sessions import keep


def _end_sessions(account: Account, keep: str = "", only: int | None = None) -> int:
    rows = UserSession.objects.filter(user_id=account.pk).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


@transaction.atomic
def reset_sign_in(actor: Actor, now: datetime, account: Account, reason: str) -> str:
    """Take back every way to sign in and give one new one-time password, which is returned.

    The password, authenticator app, recovery codes, passkeys, linked identities and API tokens go; every session ends
    (with the password, and by name). Raises Forbidden.
    """
    permit(actor, perms.ACCOUNT_MANAGE)
    kept = Account.objects.select_for_update().get(pk=account.pk)
    ways = sorted(Authenticator.objects.filter(user_id=kept.pk).values_list("type", flat=True))
    Authenticator.objects.filter(user_id=kept.pk).delete()
    identities = SocialAccount.objects.filter(user_id=kept.pk).delete()[0]
    tokens = ApiToken.objects.filter(Q(ends=None) | Q(ends__gt=now), account=kept).update(ends=now)
    sessions = _end_sessions(kept)
    secret = one_time_password()
    kept.set_password(secret)
    kept.must_change_password = True
    kept.password_set_at = now
    kept.access_version += 1
    kept.save(update_fields=["password", "must_change_password", "password_set_at", "access_version"])
    body = {"reason": reason, "ways": ways, "identities": identities, "tokens": tokens, "sessions": sessions}
    write(actor, [Event("foundation.account.sign_in_reset", "account", kept.pk, None, now, body)], now)
    return secret


def change_password(
    actor: Actor, now: datetime, account: Account, *, request: Any, current: str, password: str
) -> None:
    """Replace one's own password; this browser stays signed in, all others end.

    Wrong present passwords count like wrong sign-ins. Raises Forbidden; Invalid (`current`, `password`).
    """
    if not is_own(request, account, current):
        raise invalid("current", "wrong", _("现在的密码不对。"))
    if current == password:
        raise invalid("password", "same", _("新密码和现在的一样，请换一个。"))
    set_password(actor, now, account, password)
    if hasattr(request, "session"):
        keep(request, account)


@transaction.atomic
def end_sessions(actor: Actor, now: datetime, account: Account, *, keep: str, only: int | None = None) -> int:
    """Sign one's own account out elsewhere: every session but `keep`, or the one with id `only`. Returns how many.

    Raises Forbidden for another's account.
    """
    if not actor.system and actor.account_id != account.pk:
        raise Forbidden("sessions")
    ended = _end_sessions(account, keep, only)
    if ended:
        write(
            actor, [Event("foundation.account.signed_out", "account", account.pk, None, now, {"sessions": ended})], now
        )
    return ended


@transaction.atomic
def note_way(actor: Actor, now: datetime, account: Account, way: str, *, added: bool) -> None:
    """Record in the journal that a way to sign in (totp, webauthn, recovery_codes, identity) came or went."""
    action = "foundation.account.way_added" if added else "foundation.account.way_removed"
    write(actor, [Event(action, "account", account.pk, None, now, {"way": way})], now)
