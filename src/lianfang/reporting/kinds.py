"""Which report a unit owes on a day and by when: the rule packs with the overrides of the unit's place and its own.

A unit changes hours, recipients, signers or fields, or switches a kind on, by the inherited and dated setting
`rules.overrides`, the same from which `duties` takes the deadline that it chases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.duties.planning import institution_ids
from lianfang.duties.templates import OVERRIDES
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zones
from lianfang.foundation.unitsettings import settings_for
from lianfang.reporting.rules import Hours, hours_of
from lianfang.rulepacks import Override, Packs, packs
from lianfang.rulepacks.catalogs.reporting import BureauTable, ReportKind, ReportLevel

_DIVISION = re.compile(r"[1-9]\d{5}")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one unit owes: the kind as it holds for the unit, the level at which it files, the hours of the day, and
    the unit that set rules of its own (None: nobody below the rule packs)."""

    unit: Unit
    kind: ReportKind
    level_id: str
    hours: Hours
    time_zone: str
    rules_set_by: int | None = None

    @property
    def level(self) -> ReportLevel:
        return self.kind.levels[self.level_id]


def packs_at(units: Iterable[Unit], day: date, known_at: datetime | None = None) -> dict[int, tuple[Packs, int | None]]:
    """For each unit, by id: the rule packs as they hold in its institution (an authority: there) on a day, as known at
    an instant, and the unit whose own overrides are in them. Two queries."""
    listed = list(units)
    known = {unit.pk: unit for unit in listed}
    known |= Unit.objects.in_bulk({i for unit in listed for i in unit.ancestor_ids} - known.keys())
    top_ids = institution_ids(known.values())
    tops = {top_ids[unit.pk]: known[top_ids[unit.pk]] for unit in listed}
    own = settings_for(list(tops.values()), OVERRIDES.key, day, known_at)
    shipped = packs()
    # Only a pack that says when its overrides were recorded can answer differently for another instant.
    recorded = known_at if any(item.known_at is not None for item in shipped.overrides) else None
    answers = {}
    for pk, top in tops.items():
        changes = tuple(Override(item["rule_id"], item["value"]) for item in own[pk].value)
        places = (top.region,) if _DIVISION.fullmatch(top.region) else ()
        answers[pk] = (shipped.scoped(places, changes, day, recorded), own[pk].unit_id)
    return {unit.pk: answers[top_ids[unit.pk]] for unit in listed}


def kind_for(unit: Unit, kind_id: str, day: date, known_at: datetime | None = None) -> tuple[ReportKind, str]:
    """The kind as it holds for a unit on a day, and the level at which the unit files it.

    Raises NotFound for an unknown kind, one that is not in force or not switched on, or that the unit does not file.
    """
    for kind in kinds_for(unit, day, known_at):
        level_id = level_of(kind, unit)
        if kind.id == kind_id and level_id is not None:
            return kind, level_id
    raise NotFound("report kind")


def kinds_for(unit: Unit, day: date, known_at: datetime | None = None) -> list[ReportKind]:
    """The kinds that a unit files on a day, in the order of the packs."""
    at_unit, _set_by = packs_at([unit], day, known_at)[unit.pk]
    kinds = at_unit.report_kinds.values()
    return [kind for kind in kinds if kind.enabled and kind.in_force(day) and level_of(kind, unit) is not None]


def tables_for(unit: Unit, kind_id: str, day: date) -> list[BureauTable]:
    """The declared bureau tables that are made from a kind, as they hold for a unit on a day."""
    at_unit, _set_by = packs_at([unit], day)[unit.pk]
    return [table for table in at_unit.tables.values() if table.report_kind == kind_id and table.in_force(day)]


def table_for(unit: Unit, table_id: str, day: date) -> BureauTable:
    """The declared layout of a bureau table, as it holds for a unit on a day. Raises NotFound."""
    at_unit, _set_by = packs_at([unit], day)[unit.pk]
    table = at_unit.tables.get(table_id)
    if table is None or not table.in_force(day):
        raise NotFound("table")
    return table


def level_of(kind: ReportKind, unit: Unit) -> str | None:
    """The level at which a unit files this kind, or None."""
    return next((name for name, level in kind.levels.items() if unit.kind in level.unit_kinds), None)


def lowest_level(kind: ReportKind) -> str:
    """The level to which no other reports: there the check itself is the report (ADR 0007)."""
    targets = {level.next for level in kind.levels.values()}
    return next(name for name in kind.levels if name not in targets)


def levels_below(kind: ReportKind, level_id: str) -> frozenset[str]:
    """The levels whose chain of `next` leads to this one."""
    found: set[str] = set()
    for name in kind.levels:
        step, seen = kind.levels[name].next, {name}
        while step is not None and step not in seen:
            if step == level_id:
                found.add(name)
                break
            seen.add(step)
            step = kind.levels[step].next
    return frozenset(found)


def owed_by(kind: ReportKind, units: Iterable[Unit], day: date, known_at: datetime | None = None) -> dict[int, Owed]:
    """What each unit owes of a kind on a day, by id, in its own zone; without the units that file nothing.

    Constant number of queries.
    """
    listed = [unit for unit in units if level_of(kind, unit) is not None]
    zones = time_zones(listed)
    at_units = packs_at(listed, day, known_at)
    found = {}
    for unit in listed:
        there, set_by = at_units[unit.pk]
        own = there.report_kinds.get(kind.id)
        level_id = level_of(own, unit) if own is not None else None
        if own is None or level_id is None or not own.enabled:
            continue
        level = own.levels[level_id]
        hours = hours_of(day, level.opens, level.due, level.grace_minutes, zones[unit.pk])
        found[unit.pk] = Owed(unit, own, level_id, hours, zones[unit.pk], set_by)
    return found
