"""The account key: says "the same account" to a browser's outbox without saying which."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac


def account_key(user: Any) -> str:
    """A short keyed hash of the account's id; empty when nobody is signed in.

    It is made with OUTBOX_SECRET, which stays when SECRET_KEY is exchanged: what waits on a phone stands under it.
    """
    if user is None or not getattr(user, "is_authenticated", False):
        return ""
    secret = settings.OUTBOX_SECRET
    return salted_hmac("lianfang.ui.account", str(user.pk), secret=secret, algorithm="sha256").hexdigest()[:20]
