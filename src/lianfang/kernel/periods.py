"""Half-open periods of days, and rolling windows of days with inclusive counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

ENDS_BEFORE_BEGINS = Label(
    "结束日期 {ends} 早于开始日期 {begins}，请改正其中一个。",
    "The end date {ends} is before the start date {begins}; please correct one of them.",
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``begins`` (included) to ``ends`` (not included); ``ends`` None means open.

    ``begins == ends`` is an empty period: something that was given and taken back on the same day.
    Raises ``InputError`` (``period.ends_before_begins``) when the end lies before the beginning.
    """

    begins: date
    ends: date | None = None

    def __post_init__(self) -> None:
        if self.ends is not None and self.ends < self.begins:
            raise InputError(
                "period.ends_before_begins",
                ENDS_BEFORE_BEGINS,
                begins=self.begins.isoformat(),
                ends=self.ends.isoformat(),
            )

    @classmethod
    def days(cls, first: date, last: date) -> Period:
        """The period whose first and last day are both included."""
        return cls(first, last + timedelta(days=1))

    @property
    def is_empty(self) -> bool:
        return self.ends == self.begins

    @property
    def last(self) -> date | None:
        """The last day that is included; None when open. Of an empty period: the day before it."""
        return None if self.ends is None else self.ends - timedelta(days=1)

    def contains(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)

    __contains__ = contains

    def overlaps(self, other: Period) -> bool:
        """Whether at least one day lies in both."""
        return self.intersection(other) is not None

    def intersection(self, other: Period) -> Period | None:
        """The days in both, or None when there are none."""
        begins = max(self.begins, other.begins)
        ends = min((p.ends for p in (self, other) if p.ends is not None), default=None)
        if ends is not None and ends <= begins:
            return None
        return Period(begins, ends)

    def ending(self, ends: date) -> Period:
        """The same period ended on a day; it never grows."""
        return Period(self.begins, ends if self.ends is None else min(self.ends, ends))


def rolling_window(last: date, days: int) -> Period:
    """The window of ``days`` consecutive days whose last day is ``last``; ``days`` counts both ends.

    A 3-day window ending on Wednesday is Monday, Tuesday, Wednesday. Raises ``ValueError`` for ``days < 1``.
    """
    if days < 1:
        raise ValueError("a window has at least one day")
    return Period.days(last - timedelta(days=days - 1), last)


@dataclass(frozen=True, slots=True)
class WindowCount:
    """The fullest window: its first and last day, and how many of the given days lie in it."""

    first: date
    last: date
    count: int


def fullest_window(days_seen: Iterable[date], days: int) -> WindowCount | None:
    """The rolling window of ``days`` days (inclusive) that holds most of the given days, repeats counted.

    The earliest such window wins; it ends on a day that was given. None when nothing was given.
    """
    ordered = sorted(days_seen)
    best: WindowCount | None = None
    start = 0
    for index, day in enumerate(ordered):
        first = rolling_window(day, days).begins
        while ordered[start] < first:
            start += 1
        count = index - start + 1
        if best is None or count > best.count:
            best = WindowCount(first, day, count)
    return best
