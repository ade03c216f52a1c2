"""Which duties the templates ask for on a local day: templates × units × school calendar. Reads only, no actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from lianfang.duties.models import Shift
from lianfang.duties.rules import Hours, Terms, asks_for, hours, period_of, period_of_shift, shift_hours, terms_of
from lianfang.duties.templates import link_for, packs_for
from lianfang.foundation.models import Unit
from lianfang.kernel.calendar import SchoolCalendar
from lianfang.people.linkbook import units_with_link_book
from lianfang.people.reading import calendars_of
from lianfang.rulepacks.catalogs.reporting import DutyTemplate


@dataclass(frozen=True, slots=True)
class DutyKey:
    """Names one duty: its kind (a template's id), unit and period (`rules.period_of`, `rules.period_of_shift`)."""

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


def asked_by_event(
    template: DutyTemplate,
    unit_id: int,
    day: date,
    opens_at: datetime,
    due_at: datetime,
    closes_at: datetime,
    link: str,
) -> NewDuty:
    """The duty of a template that another room raises itself, because something happened or a timetable says so."""
    terms = terms_of(template)
    return NewDuty(
        template.id, unit_id, day.isoformat(), day, opens_at, due_at, terms, template.version, closes_at, link
    )


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
    wanted = [
        (unit, template)
        for unit in units
        for template in packs_at[institutions[unit.pk].pk].duty_templates.values()
        if template.enabled and unit.kind in template.holder.unit_kinds and template.every in RAISED
    ]
    lacking = _lacking(wanted, day, realm_has)
    asked = _of_shifts([w for w in wanted if w[1].due.shift is not None], day, zones, realm_has)
    calendars: dict[int, SchoolCalendar] = calendars_of({u.pk: u for u, _kind in lacking}.values()) if lacking else {}
    for unit, template in lacking:
        if not asks_for(template, calendars[unit.pk], day).value:
            continue
        when = hours(template, packs_at[institutions[unit.pk].pk].report_kinds, day, zones[unit.pk])
        if when is None:
            continue
        asked.append(_new(template, unit, period_of(template.every, day), day, when))
    return asked


RAISED = ("school_day", "every_day", "week", "month")
Wanted = tuple[Unit, DutyTemplate]


def _lacking(wanted: Sequence[Wanted], day: date, realm_has: set[DutyKey]) -> list[Wanted]:
    """What is asked for once a day, week or month and is not there; a link book is checked only where there is one."""
    found = [
        (unit, template)
        for unit, template in wanted
        if template.due.shift is None and DutyKey(template.id, unit.pk, period_of(template.every, day)) not in realm_has
    ]
    with_book = {unit.pk for unit, template in found if template.only_with == "link_book"}
    if with_book:
        with_book = units_with_link_book(with_book, day)
    return [(u, t) for u, t in found if t.only_with is None or u.pk in with_book]


def _of_shifts(wanted: Sequence[Wanted], day: date, zones: dict[int, str], realm_has: set[DutyKey]) -> list[NewDuty]:
    """One duty for each shift of the holder's role that begins on the day. One query, none where no template asks."""
    if not wanted:
        return []
    shifts: dict[tuple[int, str], list[tuple[datetime, datetime]]] = {}
    rows = Shift.objects.filter(day=day, role__in={t.holder.role for _u, t in wanted}, cancelled_at=None)
    for unit_id, role, begins, ends in rows.order_by("begins").values_list("unit_id", "role", "begins", "ends"):
        shifts.setdefault((unit_id, role), []).append((begins, ends))
    asked = []
    for unit, template in wanted:
        for begins, ends in shifts.get((unit.pk, template.holder.role), ()):
            period = period_of_shift(begins, zones[unit.pk])
            if DutyKey(template.id, unit.pk, period) not in realm_has and template.in_force(day):
                asked.append(_new(template, unit, period, day, shift_hours(template.due, begins, ends)))
    return asked


def _new(template: DutyTemplate, unit: Unit, period: str, day: date, when: Hours) -> NewDuty:
    return NewDuty(
        kind=template.id,
        unit_id=unit.pk,
        period=period,
        day=day,
        opens_at=when.opens_at,
        due_at=when.due_at,
        closes_at=when.closes_at,
        terms=terms_of(template),
        version=template.version,
        link=link_for(template, unit.pk, day),
    )
