"""The instant that a request or a job passes down as `now`.

The installation has one clock (the system's, or one set by a test or a rehearsal); a realm of an exercise may stand
at an instant of its own, moved by its director.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from lianfang.foundation.models import Realm
from lianfang.foundation.realm import REAL
from lianfang.kernel.clock import Clock, OffsetClock, SystemClock


def _from_environment() -> Clock:
    """For demonstrations and tests of a whole server: LIANFANG_CLOCK_START makes the clock begin there and run on.

    Kept in the environment as an offset in seconds, so that every process of one tree stands at the same instant.
    """
    base = SystemClock()
    start = os.environ.get("LIANFANG_CLOCK_START")
    if start and "LIANFANG_CLOCK_OFFSET" not in os.environ:
        os.environ["LIANFANG_CLOCK_OFFSET"] = str((datetime.fromisoformat(start) - base.now()).total_seconds())
    offset = os.environ.get("LIANFANG_CLOCK_OFFSET")
    return OffsetClock(base, timedelta(seconds=float(offset))) if offset else base


_clock: Clock = _from_environment()


def system_now() -> datetime:
    """Now by the installation's clock, aware, UTC."""
    return _clock.now()


def now_in(realm: str) -> datetime:
    """Now in a realm: the exercise's own clock where it has one, else the installation's."""
    if realm != REAL:
        at = Realm.objects.filter(key=realm).values_list("clock_at", flat=True).first()
        if at is not None:
            return at
    return system_now()


@contextmanager
def using_clock(clock: Clock) -> Iterator[Clock]:
    """Run with another clock (tests, rehearsal)."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield clock
    finally:
        _clock = before
