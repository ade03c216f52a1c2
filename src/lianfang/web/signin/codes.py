"""Codes of authenticator apps (TOTP, RFC 6238): read by our clock, and each accepted once.

allauth's own check takes the machine's clock and remembers a code for 30 seconds, while with a step of tolerance it stays
right for 90: what somebody read over a shoulder would have opened the account a second time. Here the step that was
accepted last is kept beside the secret, and only a later one is taken.
"""

from __future__ import annotations

from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.db import transaction

LAST_STEP = "last_step"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step (30 s since 1970) of a code that is right at `now`, give or take the tolerance; None for another."""
    here = int(now.timestamp()) // app_settings.TOTP_PERIOD
    for step in range(here + app_settings.TOTP_TOLERANCE, here - app_settings.TOTP_TOLERANCE - 1, -1):
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return step
    return None


def secret_of(app: Authenticator) -> str:
    """The secret that the account shares with its app."""
    secret: str = decrypt(app.data["secret"])
    return secret


@transaction.atomic
def spend(app: Authenticator, step: int) -> bool:
    """Accept the code of a step; False when one of this step or a later one was accepted before."""
    row = Authenticator.objects.select_for_update().get(pk=app.pk)
    if step <= row.data.get(LAST_STEP, -1):
        return False
    row.data[LAST_STEP] = step
    row.save(update_fields=["data"])
    return True
