"""The account key: says "the same account" to a browser's outbox without saying which."""

from __future__ import annotations

from typing import Any

from django.utils.crypto import salted_hmac


def account_key(user: Any) -> str:
    """A short keyed hash of the account's id; empty when nobody is signed in. Changes when SECRET_KEY does."""
    if user is None or not getattr(user, "is_authenticated", False):
        return ""
    return salted_hmac("lianfang.ui.account", str(user.pk), algorithm="sha256").hexdigest()[:20]
