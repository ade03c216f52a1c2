"""The instant that a request or a job passes down as `now`.

The installation has one clock (the system's, or one set by a test or a rehearsal); a realm of an exercise may stand
at an instant of its own, moved by its director.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from lianfang.foundation.models import Realm
from lianfang.foundation.realm import REAL
from lianfang.kernel.clock import Clock, OffsetClock, SystemClock


def _from_environment() -> Clock:
    """LIANFANG_CLOCK_START makes the clock begin there and run on: for demonstrations and tests of a whole server."""
    start = os.environ.get("LIANFANG_CLOCK_START")
    if not start:
        return SystemClock()
    base = SystemClock()
    return OffsetClock(base, datetime.fromisoformat(start) - base.now())


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
