"""Bearer tokens: look-up by keyed digest in one query."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from lianfang.foundation.models import Account, ApiToken


def token_digest(secret: str) -> str:
    """What is stored of a token."""
    return str(settings.KEYRING.digest("index", b"token\0" + secret.encode()))


def account_of_token(secret: str, now: datetime) -> Account | None:
    """The active account of a token in force at `now`, or None."""
    row = (
        ApiToken.objects.filter(digest=token_digest(secret), account__is_active=True, begins__lte=now)
        .filter(Q(ends=None) | Q(ends__gt=now))
        .select_related("account")
        .first()
    )
    return row.account if row else None
