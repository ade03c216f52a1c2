"""Reads of reporting. Every query takes the actor and answers only what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import AuthorityRelation, Unit
from lianfang.foundation.permissions import UNIT_REACHES
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.decisions import Decision
from lianfang.reporting import perms, rules
from lianfang.reporting.actions import may_sign
from lianfang.reporting.disclosure import class_table
from lianfang.reporting.kinds import kind_for, kinds_for, level_of, lowest_level
from lianfang.reporting.models import LatenessExcuse, Report
from lianfang.reporting.picture import Line, Picture, picture
from lianfang.reporting.reach import Sight, capacities, sight
from lianfang.reporting.snapshot import seen_mark
from lianfang.rulepacks.catalogs.reporting import ReportKind

Counts = Mapping[str, int | None]


@dataclass(frozen=True)
class Row:
    """One unit of a board as the actor may see it. `counts` None: nothing came, or not for these eyes; a count None
    inside: hidden because it is small. `reported` (instead of `state`) is all an authority learns about a class."""

    line: Line
    counts: Counts | None
    answered: int
    below: int
    reduced: bool = False
    changes: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def unit(self) -> Unit:
        return self.line.unit

    @property
    def state(self) -> str:
        if self.reduced and self.line.state.value in rules.ANSWERED:
            return "reported"
        return self.line.state.value

    @property
    def decision(self) -> Decision[Any]:
        return self.line.state


@dataclass(frozen=True)
class Board:
    """A unit's report of a day with the units below it, at an instant. `figures` are signed ones where a report stands,
    else the sum of what is below (None for an authority that waits for the signature)."""

    sight: Sight
    picture: Picture
    rows: Sequence[Row]
    figures: Mapping[str, int] | None
    counted: Mapping[str, int]
    names: Mapping[int, str]
    seen: str
    may_sign: bool
    may_excuse: bool

    @property
    def unit(self) -> Unit:
        return self.sight.unit

    @property
    def kind(self) -> ReportKind:
        return self.picture.kind

    @property
    def level_id(self) -> str:
        return self.sight.level_id

    @property
    def line(self) -> Line:
        return self.picture.line

    @property
    def report(self) -> Report | None:
        return self.picture.line.report

    @property
    def is_class(self) -> bool:
        """Whether this is the level at which the check itself is the report."""
        return self.level_id == lowest_level(self.kind)


def board(
    actor: Actor, kind_id: str, unit_id: int | str, day: date, now: datetime, known_at: datetime | None = None
) -> Board:
    """The board of a unit, now or as known at an earlier instant. Raises Forbidden, NotFound."""
    seen_at = sight(actor, kind_id, unit_id, day)
    kind, level_id = (
        kind_for(seen_at.unit, kind_id, day, known_at) if known_at is not None else (seen_at.kind, seen_at.level_id)
    )
    made = picture(kind, seen_at.unit, level_id, day, now, known_at, seen_at.only)
    outside = not seen_at.plain and seen_at.unit.level != "authority"
    rows = _reduced_rows(made) if outside else [_row(line) for line in made.line.children]
    counted: dict[str, int] = {}
    for row in rows:
        counted[row.state] = counted.get(row.state, 0) + 1
    report = made.line.report
    partial = seen_at.only is not None
    figures: Mapping[str, int] | None = made.gathered.figures
    if report is not None:
        figures = report.figures
    elif outside:
        figures = None
    return Board(
        sight=seen_at,
        picture=made,
        rows=rows,
        figures=figures,
        counted=counted,
        names=_names(made.line),
        seen=seen_mark(made),
        may_sign=known_at is None and not partial and may_sign(actor, seen_at.unit, kind, level_id)
        and level_id != lowest_level(kind),
        may_excuse=known_at is None and actor.scope(perms.LATENESS_EXCUSE).covers_path(seen_at.unit.path),
    )  # fmt: skip


def _row(line: Line) -> Row:
    lowest = [low for low in line.lowest() if low is not line]
    owed = [low for low in lowest if low.state.value != "excused"]
    return Row(line, line.counts, sum(low.counts is not None for low in owed), len(owed), changes=line.changes)


def _reduced_rows(made: Picture) -> list[Row]:
    """The classes of an institution for an authority: from the signed report, small counts hidden."""
    report = made.line.report
    kept: dict[int, Mapping[str, int]] = {}
    if report is not None:
        kept = {item["unit"]: item["counts"] for item in report.basis["lowest"] if item["counts"] is not None}
    shown = class_table(kept, list(made.kind.fields))
    return [
        Row(low, shown.get(low.unit.pk), 0, 0, reduced=True) for child in made.line.children for low in child.lowest()
    ]


def _names(line: Line) -> dict[int, str]:
    found = {line.unit.pk: line.unit.name}
    for child in line.children:
        found |= _names(child)
    return found


def form(actor: Actor, kind_id: str, unit_id: int | str, day: date, now: datetime) -> Board:
    """What a signer looks over before signing. Raises NotFound when there is nothing to sign there for the actor."""
    permit(actor, perms.REPORT_SIGN)
    shown = board(actor, kind_id, unit_id, day, now)
    if not shown.may_sign:
        raise NotFound("form")
    return shown


def visible_reports(actor: Actor) -> QuerySet[Report]:
    """Signed reports within reach, for lists: of one's own units and below, of the institutions under one's authority,
    and of that authority itself."""
    scope = permit(actor, perms.REPORT_VIEW)
    rows: QuerySet[Report] = Report.objects.select_related("unit", "signed_by")
    if scope.everything:
        return rows
    reached = Q(unit__level="institution") & scope.unit_q("unit__path") | Q(unit_id__in=actor.units_of())
    for held in actor.held:
        if perms.REPORT_VIEW.roles.get(held.role) in UNIT_REACHES:
            reached |= Q(unit__path__startswith=held.path)
    return rows.filter(reached)


def report(actor: Actor, report_id: int | str) -> tuple[Report, Sight]:
    """One signed report with what the actor sees at its unit. Raises Forbidden, NotFound."""
    permit(actor, perms.REPORT_VIEW)
    try:
        row = Report.objects.select_related("unit", "signed_by").filter(pk=report_id).first()
    except (ValueError, OverflowError):
        row = None
    if row is None:
        raise NotFound("report")
    seen_at = sight(actor, row.kind, row.unit_id, row.day)
    if seen_at.unit.pk != row.unit_id:
        raise NotFound("report")
    return row, seen_at


def versions(row: Report) -> list[Report]:
    """All versions of a report of a day, the first one first."""
    rows = Report.objects.filter(kind=row.kind, unit_id=row.unit_id, day=row.day).select_related("signed_by", "unit")
    return list(rows.order_by("signed_at", "pk"))


def report_history(actor: Actor, kind_id: str, unit_id: int | str, day: date) -> tuple[Sight, QuerySet[Report]]:
    """The reports in force of a unit, newest day first, for pages of them. Raises Forbidden, NotFound."""
    seen_at = sight(actor, kind_id, unit_id, day)
    rows = Report.objects.filter(kind=kind_id, unit=seen_at.unit, superseded_at=None)
    return seen_at, rows.select_related("signed_by", "unit").order_by("-day")


def own_units(actor: Actor) -> list[Unit]:
    """The units where the actor's reports begin: posts that see reports, largest first; for the entry page."""
    ids = [h.unit_id for h in actor.held if h.role in perms.REPORT_VIEW.roles]
    return sorted(Unit.objects.filter(pk__in=ids), key=lambda u: (u.depth, u.order, u.pk))


def boards_received(actor: Actor, now: datetime) -> list[tuple[Unit, ReportKind]]:
    """Boards of authorities in other capacities over the same institutions, as far as their kinds name the actor's
    capacity as a recipient."""
    paths = actor.scope(perms.REPORT_VIEW).paths
    if not capacities(actor) or not paths:
        return []
    over = AuthorityRelation.objects.filter(Q(ends=None) | Q(ends__gt=local_date(now)), begins__lte=local_date(now))
    regions = set(over.filter(authority_id__in=actor.units_of()).exclude(region="").values_list("region", flat=True))
    rows = over.exclude(authority_id__in=actor.units_of()).filter(Q(subject__path__in=paths) | Q(region__in=regions))
    wanted = {r.authority_id: r.authority for r in rows.select_related("authority").order_by("authority_id")}
    found = []
    for unit in wanted.values():
        for kind in kinds_for(unit, local_date(now, time_zone_of(unit))):
            level_id = level_of(kind, unit)
            if level_id is not None and capacities(actor) & set(kind.levels[level_id].recipients):
                found.append((unit, kind))
    return found


def excuse_of(row: Report) -> LatenessExcuse | None:
    """The accepted reason of a late report."""
    rows = LatenessExcuse.objects.filter(kind=row.kind, unit_id=row.unit_id, day=row.day)
    found: LatenessExcuse | None = rows.select_related("excused_by").first()
    return found


def basis_units(seen_at: Sight, row: Report) -> list[dict[str, Any]]:
    """The units that a signed report rests on, with names for the reader (the report itself holds none).

    For an authority outside: the classes, with small counts hidden and only whether they answered.
    """
    items = row.basis["units"]
    outside = not seen_at.plain and seen_at.unit.level != "authority"
    if outside:
        items = row.basis["lowest"]
    names = dict(Unit.objects.filter(pk__in=[i["unit"] for i in items]).values_list("pk", "name"))
    hidden: Mapping[int, Counts] = {}
    if outside:
        hidden = class_table(
            {i["unit"]: i["counts"] for i in items if i["counts"] is not None}, list(seen_at.kind.fields)
        )
    found = []
    for item in items:
        counts: Counts | None = item["counts"]
        state = item["state"]
        if outside:
            counts = hidden.get(item["unit"])
            state = "reported" if state in rules.ANSWERED else state
        elif counts is not None:
            counts = {name: counts.get(name, 0) for name in seen_at.kind.fields}
        found.append({**item, "name": names.get(item["unit"], ""), "state": state, "counts": counts})
    return found
