from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Protocol

from lianfang.daily.rules.marks import ABSENT, LATE, Mark


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a check, named as the fields of the daily report in the rule packs.

    `present` includes late arrivals and who left early; `symptomatic` includes fever and those away; `early_leave` counts
    those who left through illness. `new_ill` and `returned` compare with the unit's last check before that day.
    """

    expected: int
    present: int
    absent: int = 0
    absent_ill: int = 0
    absent_other: int = 0
    absent_unknown: int = 0
    late_arrivals: int = 0
    symptomatic: int = 0
    fever: int = 0
    early_leave: int = 0
    new_ill: int = 0
    returned: int = 0

    def as_dict(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


def tally(expected: int, marks: Iterable[Mark]) -> Figures:
    """Count a check: everybody without a mark is present and well."""
    listed = list(marks)
    columns = [mark.counts_as for mark in listed if mark.absent]
    return Figures(
        expected=expected,
        present=expected - len(columns),
        absent=len(columns),
        absent_ill=columns.count("ill"),
        absent_other=columns.count("other"),
        absent_unknown=columns.count("unknown"),
        late_arrivals=sum(mark.presence == LATE for mark in listed),
        symptomatic=sum(mark.symptomatic for mark in listed),
        fever=sum(mark.fever for mark in listed),
    )


def count(parts: Iterable[Figures]) -> Figures:
    """The sum of figures, field by field; zeros for nothing."""
    listed = list(parts)
    return Figures(**{f.name: sum(getattr(part, f.name) for part in listed) for f in fields(Figures)})


class DayMark(Protocol):
    """What a comparison of days needs of a mark: a model row or a `Mark` will do."""

    @property
    def presence(self) -> str: ...
    @property
    def fever(self) -> bool: ...
    @property
    def cause(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """Person ids by what changed between two checks of a unit (H7), each in the order of the roll or of the marks.

    `returned` was absent and is here; `still_absent` was and is absent.
    """

    new_fever: tuple[int, ...] = ()
    new_absence: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    still_absent: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new_fever or self.new_absence or self.returned or self.still_absent)


def changes(
    before: Mapping[int, DayMark], after: Mapping[int, DayMark], on_roll: frozenset[int] | None = None
) -> Changes:
    """Compare two checks by their marks. Who left the roll in between (`on_roll` given) did not return."""
    was_absent = {p for p, mark in before.items() if mark.presence == ABSENT}
    is_absent = {p for p, mark in after.items() if mark.presence == ABSENT}
    return Changes(
        new_fever=tuple(p for p, m in after.items() if m.fever and not (p in before and before[p].fever)),
        new_absence=tuple(p for p in after if p in is_absent - was_absent),
        returned=tuple(p for p in before if p in was_absent - is_absent and (on_roll is None or p in on_roll)),
        still_absent=tuple(p for p in after if p in is_absent & was_absent),
    )


def absent_since(day: date, before: date | None) -> date:
    """First day of an absence: that of the absence that it continues, if the last check knew one."""
    return min(before, day) if before is not None else day
