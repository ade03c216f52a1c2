"""Everything that is known about one report of one day below one unit: the facts, put together without judging who asks.

`picture` reads with a constant number of queries and leaves the judging to `rules`. With `known_at` all of it is as the
system knew it at that instant: roster, calendar, settings, rule versions, checks and signatures (H4). Inside an
institution figures come from the facts as they stand; an institution counts upward only by what it signed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from django.db.models import Count, Q

from lianfang.duties.holders import region_prefix
from lianfang.foundation.models import AuthorityRelation, Unit
from lianfang.foundation.realm import current_realm
from lianfang.kernel.calendar import DayReason
from lianfang.kernel.decisions import Decision
from lianfang.kernel.trees import ids_of_path
from lianfang.people.models import Membership
from lianfang.people.reading import calendars_of, in_tree_order
from lianfang.people.sizes import known_sizes
from lianfang.reporting import rules
from lianfang.reporting.answers import Answer, class_answers
from lianfang.reporting.kinds import Owed, levels_below, lowest_level, owed_by
from lianfang.reporting.models import LatenessExcuse, Report
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.reporting import ReportKind

Source = Literal["check", "report", "gathered", "none"]
_CHUNK = 200
_FEW = 20


@dataclass(frozen=True)
class Line:
    """One unit on a board. `counts` is what goes into the sum above it (None: nothing came); `now_counts` what the
    facts say at the instant asked about; `changes` the fields in which those differ from what was signed."""

    unit: Unit
    owed: Owed
    day_reason: DayReason
    state: Decision[rules.State]
    lateness: rules.Lateness
    members: int
    source: Source
    counts: Mapping[str, int] | None
    now_counts: Mapping[str, int] | None = None
    report: Report | None = None
    answer: Answer | None = None
    excuse: LatenessExcuse | None = None
    children: tuple[Line, ...] = ()
    gathered: rules.Gathered | None = None
    changes: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def lowest(self) -> Iterator[Line]:
        """The lines of the lowest level at or below this one."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.lowest()

    def part(self) -> rules.Part:
        """This unit as it goes into the sum of the one above."""
        beneath = self.gathered.unanswered if self.gathered is not None and self.source == "gathered" else ()
        signed = self.source in ("check", "report") or (self.report is not None)
        return rules.Part(self.unit.pk, self.state.value, self.members, self.counts, signed, beneath)


@dataclass(frozen=True)
class Picture:
    """A unit's line with what is below it, for one kind and day, at one instant."""

    kind: ReportKind
    day: date
    at: datetime
    known_at: datetime | None
    line: Line

    @property
    def gathered(self) -> rules.Gathered:
        """The sum of what is below. The unit of a class has nothing below: its own check."""
        if self.line.gathered is not None:
            return self.line.gathered
        return rules.gather(self.kind, [self.line.part()])


@dataclass
class _Facts:
    """What was read, by unit id."""

    kind: ReportKind
    day: date
    at: datetime
    owed: dict[int, Owed]
    reasons: dict[int, DayReason]
    members: dict[int, int]
    reports: dict[int, Report]
    answers: dict[int, Answer]
    excuses: dict[int, LatenessExcuse]


def in_force_on(day: date) -> Q:
    """Units that exist on a day."""
    return (Q(begins=None) | Q(begins__lte=day)) & (Q(ends=None) | Q(ends__gt=day))


def institutions_under(authority: Unit, kind: ReportKind, level_id: str, day: date) -> list[Unit]:
    """The units that report to an authority's level on a day: by its relations in the capacity that it has, or below
    it in the tree. In tree order."""
    below = levels_below(kind, level_id)
    kinds = [name for level in below for name in kind.levels[level].unit_kinds if level != lowest_level(kind)]
    tops = {name for level in below if kind.levels[level].next == level_id for name in kind.levels[level].unit_kinds}
    relations = AuthorityRelation.objects.filter(authority=authority, begins__lte=day).filter(
        Q(ends=None) | Q(ends__gt=day)
    )
    capacity = _capacity_of(authority)
    if capacity:
        relations = relations.filter(capacity=capacity)
    where = Q(path__startswith=authority.path)
    for path, region in relations.values_list("subject__path", "region"):
        where |= Q(path__startswith=path) if path else Q(region__startswith=region_prefix(region))
    found = Unit.objects.filter(where, in_force_on(day), kind__in=set(kinds) & tops, realm_id=current_realm())
    return in_tree_order(found)


def _capacity_of(authority: Unit) -> str:
    kind = packs().unit_kinds.get(authority.kind)
    return kind.capacity or "" if kind is not None else ""


def picture(
    kind: ReportKind,
    unit: Unit,
    level_id: str,
    day: date,
    now: datetime,
    known_at: datetime | None = None,
    only: Sequence[Unit] | None = None,
) -> Picture:
    """The picture of a unit that files at `level_id`. `only`: of an authority, just these institutions."""
    at = min(known_at, now) if known_at is not None else now
    if unit.level == "authority":
        below = list(only) if only is not None else institutions_under(unit, kind, level_id, day)
        facts = _read(kind, [unit, *below], day, at, known_at, checks=False)
        silent = [u for u in below if u.pk not in facts.reports]
        facts.members = _members_below(kind, silent, day, at, known_at)
        lines = tuple(_institution_line(facts, u) for u in below if u.pk in facts.owed)
        line = _gathered_line(facts, unit, lines)
    else:
        units = list(Unit.objects.within(unit).filter(in_force_on(day), realm_id=current_realm()).order_by("depth"))
        if unit.pk not in {u.pk for u in units}:
            units.insert(0, unit)
        facts = _read(kind, units, day, at, known_at, checks=True)
        line = _tree_line(facts, unit, _children(kind, in_tree_order(units), facts.owed))
    return Picture(kind, day, at, known_at, line)


def _read(
    kind: ReportKind, units: list[Unit], day: date, at: datetime, known_at: datetime | None, *, checks: bool
) -> _Facts:
    owed = owed_by(kind, units, day, known_at)
    listed = [item.unit for item in owed.values()]
    reasons = {pk: calendar.reason(day) for pk, calendar in calendars_of(listed, known_at).items()}
    lowest = [u for u in listed if owed[u.pk].level_id == lowest_level(kind)] if checks else []
    members = _roster_counts([u.pk for u in lowest], day, known_at) if checks else {}
    reports = {r.unit_id: r for r in reports_in_force(kind.id, list(owed), day, known_at, basis=checks)}
    excuses = LatenessExcuse.objects.filter(kind=kind.id, day=day, unit_id__in=list(owed)).select_related("excused_by")
    if known_at is not None:
        excuses = excuses.filter(excused_at__lte=known_at)
    answers = class_answers(kind, [u.pk for u in lowest], day, known_at) if checks else {}
    return _Facts(kind, day, at, owed, reasons, members, reports, answers, {e.unit_id: e for e in excuses})


def reports_in_force(
    kind_id: str, unit_ids: Iterable[int], day: date, known_at: datetime | None = None, *, basis: bool = True
) -> list[Report]:
    """The reports that stand for a day, one a unit at most; with `known_at`, those that stood at that instant.

    Without `basis` that part is read when it is asked for: it lists every class, and a county has hundreds of reports.
    """
    rows = Report.objects.filter(kind=kind_id, unit_id__in=list(unit_ids), day=day).select_related("signed_by")
    if not basis:
        rows = rows.defer("basis")
    if known_at is None:
        return list(rows.filter(superseded_at=None))
    return list(rows.filter(signed_at__lte=known_at).filter(Q(superseded_at=None) | Q(superseded_at__gt=known_at)))


def _roster_counts(unit_ids: list[int], day: date, known_at: datetime | None) -> dict[int, int]:
    rows = Membership.objects.in_force(day, known_at).filter(unit_id__in=unit_ids, kind="student")
    return dict(rows.order_by().values_list("unit_id").annotate(n=Count("person_id", distinct=True)))


def _members_below(
    kind: ReportKind, institutions: Sequence[Unit], day: date, at: datetime, known_at: datetime | None
) -> dict[int, int]:
    """How many are on the rolls of each institution, by its id. Counted, one query for every 200 institutions; where
    there are more than a few, numbers that were counted some minutes ago are taken (`people.sizes`), now but never for
    an earlier instant."""
    roll_kinds = kind.levels[lowest_level(kind)].unit_kinds
    many = known_at is None and len(institutions) > _FEW
    known = known_sizes([unit.pk for unit in institutions], roll_kinds, day, at) if many else {}
    return known | _members_counted(roll_kinds, [unit for unit in institutions if unit.pk not in known], day, known_at)


def _members_counted(
    roll_kinds: Collection[str], institutions: Sequence[Unit], day: date, known_at: datetime | None
) -> dict[int, int]:
    found = {unit.pk: 0 for unit in institutions}
    for start in range(0, len(institutions), _CHUNK):
        where = Q(pk__in=[])
        for unit in institutions[start : start + _CHUNK]:
            where |= Q(unit__path__startswith=unit.path)
        rows = Membership.objects.in_force(day, known_at).filter(where, unit__kind__in=roll_kinds, kind="student")
        for path, count in rows.order_by().values_list("unit__path").annotate(n=Count("pk")):
            for above in found.keys() & set(ids_of_path(path)):
                found[above] += count
    return found


def _children(kind: ReportKind, units: Sequence[Unit], owed: Mapping[int, Owed]) -> dict[int, list[Unit]]:
    """For each unit that files, the nearest units below it whose level leads to its own (absent levels passed over)."""
    found: dict[int, list[Unit]] = {}
    leads_to = {name: levels_below(kind, name) for name in kind.levels}
    for unit in units:
        if unit.pk not in owed:
            continue
        for ancestor in reversed(unit.ancestor_ids[:-1]):
            above = owed.get(ancestor)
            if above is not None and owed[unit.pk].level_id in leads_to[above.level_id]:
                found.setdefault(ancestor, []).append(unit)
                break
    return found


def _tree_line(facts: _Facts, unit: Unit, children: Mapping[int, list[Unit]]) -> Line:
    if facts.owed[unit.pk].level_id == lowest_level(facts.kind):
        return _class_line(facts, unit)
    lines = tuple(_tree_line(facts, child, children) for child in children.get(unit.pk, ()))
    return _gathered_line(facts, unit, lines)


def _class_line(facts: _Facts, unit: Unit) -> Line:
    """The class check is the class's report (ADR 0007)."""
    answer, members = facts.answers.get(unit.pk), facts.members.get(unit.pk, 0)
    filed, counts = None, None
    if answer is not None:
        counts = rules.derived(facts.kind, answer.counts)
        filed = rules.Filed(rules.verdict(facts.kind, counts).value, answer.first_received_at)
    return _line(facts, unit, filed, members, members, "check" if answer else "none", counts, answer=answer)


def _gathered_line(facts: _Facts, unit: Unit, lines: tuple[Line, ...]) -> Line:
    gathered = rules.gather(facts.kind, [line.part() for line in lines])
    report = facts.reports.get(unit.pk)
    filed = _filed(report)
    members = sum(line.members for line in lines)
    # A division without classes owes nothing; an institution or an authority signs in any case.
    nobody = 0 if not lines and unit.level not in ("institution", "authority") else None
    counts: Mapping[str, int] | None = gathered.figures if lines else (report.figures if report else None)
    changes = rules.difference(report.figures, gathered.figures) if report is not None else {}
    return _line(
        facts, unit, filed, nobody, members, "gathered" if lines else "none", counts,
        report=report, children=lines, gathered=gathered, changes=changes,
    )  # fmt: skip


def _institution_line(facts: _Facts, unit: Unit) -> Line:
    """An institution as an authority counts it: by its signed report, or as not answered."""
    report = facts.reports.get(unit.pk)
    members = report.figures.get("registered", 0) if report is not None else facts.members.get(unit.pk, 0)
    counts = report.figures if report is not None else None
    return _line(facts, unit, _filed(report), None, members, "report" if report else "none", counts, report=report)


def _filed(report: Report | None) -> rules.Filed | None:
    return rules.Filed(report.verdict, report.first_signed_at) if report is not None else None  # type: ignore[arg-type]


def _line(
    facts: _Facts,
    unit: Unit,
    filed: rules.Filed | None,
    state_members: int | None,
    members: int,
    source: Source,
    counts: Mapping[str, int] | None,
    *,
    report: Report | None = None,
    answer: Answer | None = None,
    children: tuple[Line, ...] = (),
    gathered: rules.Gathered | None = None,
    changes: Mapping[str, tuple[int, int]] | None = None,
) -> Line:
    owed, reason = facts.owed[unit.pk], facts.reasons[unit.pk]
    state = rules.state(facts.kind, reason, owed.hours, filed, facts.at, members=state_members)
    excuse = facts.excuses.get(unit.pk)
    received = filed.received_at if filed is not None else None
    late = rules.lateness(owed.hours, received, facts.at, excuse.reason if excuse is not None else "")
    if state.value == "excused":
        late = rules.Lateness(False)
    return Line(
        unit, owed, reason, state, late, members, source, counts,
        now_counts=gathered.figures if gathered is not None else counts,
        report=report, answer=answer, excuse=excuse, children=children, gathered=gathered, changes=changes or {},
    )  # fmt: skip
