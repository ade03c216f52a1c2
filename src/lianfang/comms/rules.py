"""When a delivery is tried again and when it is given up. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)
GIVE_UP_AFTER = timedelta(hours=24)
LEASE = timedelta(minutes=10)
"""A claimed delivery whose worker died is tried again after this."""

# channel → state → states that may follow; the docs' table is made from this.
TRANSITIONS = MappingProxyType(
    {
        "in_app": {"sent": ("read",), "read": ()},
        "email": {"queued": ("queued", "sent", "failed"), "sent": (), "failed": ()},
    }
)
PROBLEMS = ("unreachable", "temporary", "refused", "no_address", "switched_off")


def next_try(tries: int, queued_at: datetime, now: datetime) -> datetime | None:
    """When to try again after `tries` failures (1 or more); None when it is given up, a day after it was queued."""
    at = now + PAUSES[min(tries, len(PAUSES)) - 1]
    return at if at - queued_at <= GIVE_UP_AFTER else None


def smtp_problem(code: int | None) -> str:
    """What an SMTP reply code means for the next try: 5xx refuses for good, everything else may pass."""
    return "refused" if code is not None and 500 <= code < 600 else "temporary"
