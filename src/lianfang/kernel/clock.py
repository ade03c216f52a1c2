"""The clock as a dependency, and the step between instants (UTC) and local days.

Instants are aware datetimes in UTC. A naive datetime is a programming mistake and raises ``ValueError``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"
_LOCAL_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests, replay and drills."""

    def __init__(self, at: datetime) -> None:
        self._at = as_utc(at)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """Move forward by a ``timedelta`` or by its parts (``minutes=5``). Going back raises ``ValueError``."""
        step = (by or timedelta()) + timedelta(**parts)
        if step < timedelta():
            raise ValueError("a clock is advanced, never put back; use set()")
        self._at += step
        return self._at

    def set(self, at: datetime) -> datetime:
        """Put the clock to an instant, earlier or later."""
        self._at = as_utc(at)
        return self._at


class OffsetClock:
    """Another clock seen from a distance in time: a drill that runs next Tuesday while the machine stays in today."""

    def __init__(self, base: Clock, offset: timedelta) -> None:
        self.base = base
        self.offset = offset

    def now(self) -> datetime:
        return self.base.now() + self.offset


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ``ValueError`` for a naive datetime."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("naive datetime: an instant needs a time zone")
    return at.astimezone(UTC)


def instant_from(text: str, tz_name: str | None = None) -> datetime | None:
    """An instant that somebody sent as ISO 8601, in UTC; one without an offset is local to the zone.

    None for what cannot be read, for a year outside 1900 to 2199, and for one without an offset where no zone is given.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not 1900 <= at.year < 2200 or (at.tzinfo is None and tz_name is None):
        return None
    return as_utc(at.replace(tzinfo=zone(tz_name)) if at.tzinfo is None and tz_name is not None else at)


@lru_cache(maxsize=64)
def zone(tz_name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises ``ZoneInfoNotFoundError`` (a ``KeyError``) for an unknown one."""
    return ZoneInfo(tz_name)


def local_date(now: datetime, tz_name: str = DEFAULT_ZONE) -> date:
    """The calendar day that an instant falls on in a zone."""
    return as_utc(now).astimezone(zone(tz_name)).date()


def parse_local_time(text: str) -> tuple[int, time]:
    """``"09:30"`` as (days to add, time); ``"24:00"`` is midnight at the end of the day, (1, 00:00).

    Raises ``ValueError`` for anything else than hours and minutes.
    """
    match = _LOCAL_TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a time of day (HH:MM): {text!r}")
    hours, minutes = int(match[1]), int(match[2])
    if (hours, minutes) == (24, 0):
        return 1, time(0, 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"not a time of day (HH:MM): {text!r}")
    return 0, time(hours, minutes)


def at_local(day: date, at: str | time, tz_name: str = DEFAULT_ZONE) -> datetime:
    """The instant (UTC) of a local time of day.

    Where daylight saving skips the time, the clock's own reading after the jump is meant (02:30 becomes 03:30);
    where it occurs twice, the first occurrence is meant: a deadline is never later than somebody could read it.
    """
    extra, moment = parse_local_time(at) if isinstance(at, str) else (0, at.replace(tzinfo=None))
    local = datetime.combine(day + timedelta(days=extra), moment.replace(fold=0))
    return local.replace(tzinfo=zone(tz_name)).astimezone(UTC)


def day_bounds(day: date, tz_name: str = DEFAULT_ZONE) -> tuple[datetime, datetime]:
    """The half-open interval of instants [start, end) that make up a local day."""
    return at_local(day, "00:00", tz_name), at_local(day, "24:00", tz_name)
