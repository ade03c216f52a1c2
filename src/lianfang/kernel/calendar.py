"""Which days are school days, as far as anybody knew at a given instant.

The calendar never raises and never leaves a day undecided: what nobody entered is filled in by weekdays, and the reason
says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from lianfang.kernel.clock import as_utc
from lianfang.kernel.periods import Period

ALWAYS_KNOWN = datetime.min.replace(tzinfo=UTC)
LONGEST_VACATION_DAYS = 62
_SEARCH_DAYS = 400
_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """What somebody declared a single day to be."""

    SCHOOL = "school"
    MAKEUP = "makeup"
    HOLIDAY = "holiday"
    SUSPENSION = "suspension"
    WITHDRAWN = "withdrawn"

    @property
    def is_school(self) -> bool:
        return self in (DayKind.SCHOOL, DayKind.MAKEUP)


class DayBasis(StrEnum):
    """On what the answer for a day rests."""

    EXCEPTION = "exception"
    TERM = "term"
    WEEKEND = "weekend"
    VACATION = "vacation"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class DayException:
    """One declared day: for which day, what, on whose word, and since when it was known (UTC).

    A later declaration for the same day replaces an earlier one; ``withdrawn`` takes it back.
    """

    day: date
    kind: DayKind
    source: str = ""
    known_at: datetime = ALWAYS_KNOWN


@dataclass(frozen=True, slots=True)
class DayReason:
    """The answer for a day and what it rests on; ``exception`` is the declaration that decided, if one did."""

    is_school_day: bool
    basis: DayBasis
    exception: DayException | None = None


@dataclass(frozen=True)
class SchoolCalendar:
    """Weekdays (Monday 0), terms as half-open periods, and declared single days.

    A day outside every term, but not further than ``longest_vacation`` days from one, is vacation; further away, and
    where no term is known at all, weekdays decide. So a forgotten next term leads to reports that are asked for, never
    to a silence that looks like good news.
    """

    weekdays: frozenset[int] = frozenset(range(5))
    terms: tuple[Period, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    longest_vacation: int = LONGEST_VACATION_DAYS
    _by_day: Mapping[date, DayException] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        latest: dict[date, DayException] = {}
        for declared in sorted(self.exceptions, key=lambda item: item.known_at):
            latest[declared.day] = declared
        kept = {day: item for day, item in latest.items() if item.kind is not DayKind.WITHDRAWN}
        object.__setattr__(self, "_by_day", kept)

    @classmethod
    def from_kinds(
        cls,
        kinds: Mapping[date, DayKind],
        *,
        terms: Iterable[Period] = (),
        weekdays: Iterable[int] = range(5),
        source: str = "",
        known_at: datetime = ALWAYS_KNOWN,
    ) -> SchoolCalendar:
        """A calendar from a plain mapping of days, all from one source and known since one instant."""
        exceptions = tuple(DayException(day, kind, source, known_at) for day, kind in sorted(kinds.items()))
        return cls(frozenset(weekdays), tuple(terms), exceptions)

    def as_known_at(self, at: datetime) -> SchoolCalendar:
        """The calendar without what was declared after the instant ``at``."""
        instant = as_utc(at)
        return replace(self, exceptions=tuple(item for item in self.exceptions if item.known_at <= instant))

    def reason(self, day: date) -> DayReason:
        """The answer for a day, with what it rests on."""
        declared = self._by_day.get(day)
        if declared is not None:
            return DayReason(declared.kind.is_school, DayBasis.EXCEPTION, declared)
        in_term = any(term.contains(day) for term in self.terms)
        if not in_term and self._near_a_term(day):
            return DayReason(False, DayBasis.VACATION)
        if day.weekday() not in self.weekdays:
            return DayReason(False, DayBasis.WEEKEND)
        return DayReason(True, DayBasis.TERM if in_term else DayBasis.FALLBACK)

    def is_school_day(self, day: date) -> bool:
        return self.reason(day).is_school_day

    def school_days(self, first: date, last: date) -> list[date]:
        """The school days from ``first`` to ``last``, both included; empty when ``last`` lies before ``first``."""
        span = (last - first).days
        return [day for day in (first + timedelta(days=step) for step in range(span + 1)) if self.is_school_day(day)]

    def next_school_day(self, day: date) -> date:
        """The first school day after ``day``; the very next day if none is found within 400 days."""
        return self._step(day, 1)

    def previous_school_day(self, day: date) -> date:
        """The last school day before ``day``; the very day before if none is found within 400 days."""
        return self._step(day, -1)

    def _step(self, day: date, direction: int) -> date:
        limit = (date.max - day).days if direction > 0 else (day - date.min).days
        for step in range(1, min(_SEARCH_DAYS, limit) + 1):
            candidate = day + direction * step * _DAY
            if self.is_school_day(candidate):
                return candidate
        return day + direction * _DAY if limit > 0 else day

    def _near_a_term(self, day: date) -> bool:
        for term in self.terms:
            if term.is_empty:
                continue
            before = (term.begins - day).days
            after = (day - term.ends).days + 1 if term.ends is not None else 0
            if max(before, after) <= self.longest_vacation:
                return True
        return False
