"""Pure rules of reports: the state of a unit on a day, gathering upward, the verdict, what a signature needs.

Everything that decides comes in as an argument: facts, the typed report kind, and `now`. Instants are aware, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from lianfang.kernel.calendar import DayReason
from lianfang.kernel.clock import at_local
from lianfang.kernel.decisions import Decision, Reason
from lianfang.kernel.intake import is_late
from lianfang.rulepacks.catalogs.reporting import ReportKind

State = Literal["confirmed_zero", "has_cases", "missing", "excused", "open"]
ANSWERED: frozenset[str] = frozenset({"confirmed_zero", "has_cases"})
RULES_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Hours:
    """When a unit's report of a day opens, is due, and from when it counts as late (all UTC)."""

    opens_at: datetime
    due_at: datetime
    grace: timedelta = timedelta()

    @property
    def late_after(self) -> datetime:
        return self.due_at + self.grace


@dataclass(frozen=True, slots=True)
class Filed:
    """What came in for a unit and a day: verdict, and when we received it."""

    verdict: Literal["confirmed_zero", "has_cases"]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Lateness:
    """Whether something came late by our clock, by how much, and the reason that somebody above accepted."""

    late: bool
    by: timedelta = timedelta()
    excuse: str = ""


def hours_of(day: date, opens: str, due: str, grace_minutes: int, time_zone: str) -> Hours:
    """The instants of a level's hours on a local day; `opens` and `due` are HH:MM in the unit's own zone."""
    return Hours(at_local(day, opens, time_zone), at_local(day, due, time_zone), timedelta(minutes=grace_minutes))


def state(
    kind: ReportKind,
    day: DayReason,
    hours: Hours,
    filed: Filed | None,
    now: datetime,
    *,
    members: int | None = None,
) -> Decision[State]:
    """The state of a unit's report at `now`, with reasons and the instant at which time alone changes it.

    `members`: how many belong to the unit, for a level that counts people itself; None above it. What was filed wins
    over everything; then a day on which nothing is owed; then the clock.
    """
    rule = f"report_kinds.{kind.id}"

    def because(text: str, **facts: object) -> tuple[Reason, ...]:
        return (Reason(f"{rule}.{text}", kind.version, facts, f"reporting.state.{text}"),)

    if filed is not None:
        text = "filed_zero" if filed.verdict == "confirmed_zero" else "filed_cases"
        return Decision(filed.verdict, because(text, received_at=filed.received_at, due_at=hours.due_at))
    if kind.every == "school_day" and not day.is_school_day:
        facts: dict[str, object] = {"basis": day.basis}
        if day.exception is not None:
            facts |= {"source": day.exception.source, "known_at": day.exception.known_at}
        return Decision("excused", because("no_school_day", **facts))
    if members == 0:
        return Decision("excused", because("nobody_on_the_roll", members=0))
    if now > hours.late_after:
        return Decision("missing", because("past_due", due_at=hours.due_at, late_after=hours.late_after))
    text = "not_yet_open" if now < hours.opens_at else "waiting"
    changes_at = hours.opens_at if now < hours.opens_at else hours.late_after + timedelta(microseconds=1)
    return Decision("open", because(text, opens_at=hours.opens_at, due_at=hours.due_at), changes_at)


def lateness(hours: Hours, received_at: datetime | None, now: datetime, excuse: str = "") -> Lateness:
    """Late by our clock: received after the deadline and its grace, or, when nothing came, `now` is past it."""
    at = received_at or now
    if not is_late(hours.due_at, at, hours.grace):
        return Lateness(False)
    return Lateness(True, at - hours.due_at, excuse)


@dataclass(frozen=True, slots=True)
class Part:
    """One unit below, as it goes into the sum. `counts` None: no answer; `members` are then counted as unanswered.

    `signed` False: the counts are known from the facts below, but nobody at this level has signed them.
    `beneath`: ids of the units further down that have not answered.
    """

    unit_id: int
    state: State
    members: int
    counts: Mapping[str, int] | None = None
    signed: bool = True
    beneath: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sum of the units below. `unanswered` lists the units without an answer, never counted as zero;
    `unsigned` those whose figures are known but not signed at their own level."""

    figures: Mapping[str, int]
    answered: tuple[int, ...]
    unanswered: tuple[int, ...]
    excused: tuple[int, ...]
    unsigned: tuple[int, ...]
    broken: tuple[int, ...]

    @property
    def outstanding(self) -> tuple[int, ...]:
        """What a signer has to name as not answered: silent units, then units whose own signature is missing."""
        return (*self.unanswered, *self.unsigned)


def part_counts(kind: ReportKind, part: Part) -> dict[str, int]:
    """The counts of one unit as they are added up: its own, or its members as excused or as not answered."""
    return derived(kind, _base_counts(kind, part))


def _base_counts(kind: ReportKind, part: Part) -> dict[str, int]:
    """The same without the fields that have a formula."""
    base = [name for name, item in kind.fields.items() if item.derive is None]
    if part.counts is not None:
        return {name: part.counts.get(name, 0) for name in base}
    counts = dict.fromkeys(base, 0)
    for name in ("registered", "expected", "excused" if part.state == "excused" else "unanswered"):
        if name in counts:
            counts[name] = part.members
    if part.state == "excused" and "expected" in counts:
        counts["expected"] = 0
    return counts


def derived(kind: ReportKind, counts: Mapping[str, int]) -> dict[str, int]:
    """All fields of the kind in its order; those with a formula computed from the others."""
    values = {name: counts.get(name, 0) for name, item in kind.fields.items() if item.derive is None}
    waiting = {name: item.derive for name, item in kind.fields.items() if item.derive is not None}
    while waiting:
        ready = [name for name, formula in waiting.items() if formula is not None and formula.names <= values.keys()]
        if not ready:
            raise ValueError(f"formulas of {kind.id} go round in a circle: {', '.join(sorted(waiting))}")
        for name in ready:
            formula = waiting.pop(name)
            exact = formula.evaluate(values) if formula is not None else None
            values[name] = int(exact) if exact is not None else 0
    return {name: values[name] for name in kind.fields}


def gather(kind: ReportKind, parts: Sequence[Part]) -> Gathered:
    """Add up the units below, field by field; formulas are computed from the sums."""
    sums: dict[str, int] = {}
    for part in parts:
        for name, count in _base_counts(kind, part).items():
            sums[name] = sums.get(name, 0) + count
    figures = derived(kind, sums)
    return Gathered(
        figures,
        answered=tuple(p.unit_id for p in parts if p.state in ANSWERED),
        unanswered=(
            *(p.unit_id for p in parts if p.counts is None and p.state != "excused"),
            *(unit_id for p in parts for unit_id in p.beneath),
        ),
        excused=tuple(p.unit_id for p in parts if p.state == "excused"),
        unsigned=tuple(p.unit_id for p in parts if p.counts is not None and not p.signed and p.state != "excused"),
        broken=broken_checks(kind, figures),
    )


def broken_checks(kind: ReportKind, figures: Mapping[str, int]) -> tuple[int, ...]:
    """Positions of the kind's equations that these figures do not fulfil."""
    return tuple(
        index
        for index, check in enumerate(kind.checks)
        if check.left.evaluate(figures) != check.right.evaluate(figures)
    )


def verdict(kind: ReportKind, figures: Mapping[str, int]) -> Decision[Literal["confirmed_zero", "has_cases"]]:
    """`has_cases` as soon as one field that marks a case is not 0; else what the signer may confirm as zero."""
    cases = {name: figures.get(name, 0) for name, item in kind.fields.items() if item.case and figures.get(name, 0)}
    text = "has_cases" if cases else "zero"
    reason = Reason(f"report_kinds.{kind.id}.verdict", kind.version, cases, f"reporting.verdict.{text}")
    return Decision("has_cases" if cases else "confirmed_zero", (reason,))


def objections(
    kind: ReportKind, gathered: Gathered, *, states_zero: bool, accepted_unanswered: Iterable[int]
) -> tuple[str, ...]:
    """Why this signature cannot be taken; empty when it can.

    `zero_not_stated`: the figures hold no case and the signer did not say that nothing happened.
    `zero_against_figures`: the signer says zero while the figures hold cases.
    `unanswered_not_listed`: units below have not answered and the signer did not name each of them as such.
    """
    found = []
    zero = verdict(kind, gathered.figures).value == "confirmed_zero"
    if zero and kind.zero_report and not states_zero:
        found.append("zero_not_stated")
    if not zero and states_zero:
        found.append("zero_against_figures")
    if set(gathered.outstanding) - set(accepted_unanswered):
        found.append("unanswered_not_listed")
    return tuple(found)


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Fields whose counts differ, with both counts, in the order of `after`."""
    names = [*after, *(name for name in before if name not in after)]
    return {n: (before.get(n, 0), after.get(n, 0)) for n in names if before.get(n, 0) != after.get(n, 0)}
