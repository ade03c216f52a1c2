"""Which duties the templates ask for on a local day: templates × units × school calendar. Reads only, no actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from lianfang.duties.rules import Terms, asks_for, hours, terms_of
from lianfang.duties.templates import link_for, packs_for
from lianfang.foundation.models import Unit
from lianfang.kernel.calendar import SchoolCalendar
from lianfang.people.reading import calendars_of


@dataclass(frozen=True, slots=True)
class DutyKey:
    """Names one duty: its kind (a template's id), unit and period ("2026-11-23" for what recurs daily)."""

    kind: str
    unit_id: int
    period: str


@dataclass(frozen=True, slots=True)
class NewDuty:
    """Something to be owed. `version` names the terms; equal content has equal versions. `closes_at` None: never."""

    kind: str
    unit_id: int
    period: str
    day: date
    opens_at: datetime
    due_at: datetime
    terms: Terms
    version: str
    closes_at: datetime | None = None
    link: str = ""

    @property
    def key(self) -> DutyKey:
        return DutyKey(self.kind, self.unit_id, self.period)


def units_in_force(day: date, realm: str) -> list[Unit]:
    """Every unit of a realm that exists on a day."""
    rows = Unit.objects.filter(realm_id=realm, path__isnull=False)
    return list(rows.filter(Q(begins=None) | Q(begins__lte=day)).filter(Q(ends=None) | Q(ends__gt=day)))


def institution_ids(units: Iterable[Unit]) -> dict[int, int]:
    """For each unit the institution it belongs to (an authority: itself), as far as it is among the units."""
    listed = {unit.pk: unit for unit in units}
    found = {}
    for unit in listed.values():
        above = (i for i in reversed(unit.ancestor_ids) if i in listed and listed[i].level == "institution")
        found[unit.pk] = next(above, unit.pk)
    return found


def planned(
    units: Sequence[Unit], institutions: dict[int, Unit], day: date, zones: dict[int, str], realm_has: set[DutyKey]
) -> list[NewDuty]:
    """What the templates ask of these units on a day and is not yet there (`realm_has`).

    `institutions`: unit id → the unit whose packs hold for it. Calendars are read only for units that lack something.
    """
    packs_at = packs_for({u.pk: u for u in institutions.values()}.values(), day)
    period = day.isoformat()
    lacking: list[tuple[Unit, str]] = []
    for unit in units:
        for template in packs_at[institutions[unit.pk].pk].duty_templates.values():
            wanted = template.enabled and unit.kind in template.holder.unit_kinds
            if wanted and DutyKey(template.id, unit.pk, period) not in realm_has:
                lacking.append((unit, template.id))
    calendars: dict[int, SchoolCalendar] = calendars_of({u.pk: u for u, _kind in lacking}.values()) if lacking else {}
    terms: dict[tuple[str, str], Terms] = {}
    asked: list[NewDuty] = []
    for unit, template_id in lacking:
        known = packs_at[institutions[unit.pk].pk]
        template = known.duty_templates[template_id]
        if not asks_for(template, calendars[unit.pk], day).value:
            continue
        when = hours(template, known.report_kinds, day, zones[unit.pk])
        if when is None:
            continue
        place = (template.id, template.version)
        terms.setdefault(place, terms_of(template))
        asked.append(
            NewDuty(
                kind=template.id,
                unit_id=unit.pk,
                period=period,
                day=day,
                opens_at=when.opens_at,
                due_at=when.due_at,
                closes_at=when.closes_at,
                terms=terms[place],
                version=template.version,
                link=link_for(template, unit.pk, day),
            )
        )
    return asked
