"""Answers about people for the rules and jobs of other rooms. They take no actor and check no right.

Whoever calls them for a person's eyes has permitted before, or uses `people.queries`. Every answer about belonging is
for a day (`on`, local to the unit) and, with `known_at` (aware instant), as the system knew it then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from lianfang.foundation.models import Grant, Unit
from lianfang.foundation.unitsettings import declare_setting, settings_for
from lianfang.kernel.calendar import DayException, DayKind, SchoolCalendar
from lianfang.kernel.periods import Period
from lianfang.people.models import CalendarException, Membership, Term
from lianfang.rulepacks import packs

ROLL_LEVELS = ("class", "dormitory")


def check_weekdays(value: Any) -> str | None:
    """None for a non-empty list of weekdays (0 Monday … 6 Sunday), else what is wrong in words."""
    if isinstance(value, list) and value and all(type(day) is int and 0 <= day <= 6 for day in value):
        return None
    return _("请选择一周中的上课日（至少一天）。")


SCHOOL_WEEKDAYS = declare_setting("people.school_weekdays", [0, 1, 2, 3, 4], check_weekdays)


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a unit. `number` is the student or staff number there, `order` the place in the list."""

    person_id: int
    name: str
    number: str
    order: int
    unit_id: int
    kind: str


def members_of(
    unit_ids: Iterable[int], on: date, known_at: datetime | None = None, kinds: Sequence[str] = ("student",)
) -> dict[int, list[Member]]:
    """Who belongs to each unit itself (not to units below) on a day, in list order; every id asked for is a key.

    `kinds` are of `Membership.Kind`: student, staff, resident. One query.
    """
    found: dict[int, list[Member]] = {unit_id: [] for unit_id in unit_ids}
    rows = (
        Membership.objects.in_force(on, known_at)
        .filter(unit_id__in=list(found), kind__in=list(kinds))
        .order_by("unit_id", "order", "number", "person_id")
        .values_list("person_id", "person__name", "number", "order", "unit_id", "kind")
    )
    for row in rows:
        found[row[4]].append(Member(*row))
    return found


def units_of_person(
    person_ids: Iterable[int], on: date, kinds: Sequence[str] = ("student", "staff", "resident")
) -> dict[int, list[Unit]]:
    """The units that each person belongs to on a day (a child of two schools has two); every id asked for is a key."""
    found: dict[int, list[Unit]] = {person_id: [] for person_id in person_ids}
    rows = (
        Membership.objects.in_force(on)
        .filter(person_id__in=list(found), kind__in=list(kinds))
        .select_related("unit")
        .order_by("begins", "pk")
    )
    for row in rows:
        if row.unit not in found[row.person_id]:
            found[row.person_id].append(row.unit)
    return found


def classes_below(unit: Unit, on: date, levels: Sequence[str] = ROLL_LEVELS) -> list[Unit]:
    """Units at or below `unit` that have a roll on a day: see `with_rolls`."""
    return with_rolls(Unit.objects.within(unit), on, levels)


def with_rolls(units: QuerySet[Unit], on: date, levels: Sequence[str] = ROLL_LEVELS) -> list[Unit]:
    """Those of the units that have a roll on a day, in tree order: kinds with `rolls` in the rule pack `unit_kinds`, of
    these levels (departments on demand)."""
    kinds = [kind.id for kind in packs().unit_kinds.values() if kind.rolls and kind.level in levels]
    rows = units.filter(kind__in=kinds)
    rows = rows.filter(Q(begins=None) | Q(begins__lte=on)).filter(Q(ends=None) | Q(ends__gt=on))
    return in_tree_order(rows)


class _Place(NamedTuple):
    order: int
    pk: int


def in_tree_order(units: Iterable[Unit]) -> list[Unit]:
    """Units as a person lists them: below their parents, siblings by `order`. One query for the units between."""
    listed = list(units)
    order = {unit.pk: unit.order for unit in listed}
    between = {i for unit in listed for i in unit.ancestor_ids} - order.keys()
    order |= dict(Unit.objects.filter(pk__in=between).values_list("pk", "order"))
    return sorted(listed, key=lambda u: [_Place(order.get(i, 0), i) for i in u.ancestor_ids])


def calendar_of(unit: Unit, known_at: datetime | None = None) -> SchoolCalendar:
    """The school calendar that holds for a unit: see `calendars_of`."""
    return calendars_of([unit], known_at)[unit.pk]


def calendars_of(units: Iterable[Unit], known_at: datetime | None = None) -> dict[int, SchoolCalendar]:
    """The calendar of each unit, by id, in three queries.

    Terms come from the nearest unit upward that has any; a declared day from the nearest unit upward that declared it
    and did not withdraw it. A later term of the same unit and name, and a later word about the same day, replace the
    earlier. School weekdays are the setting `people.school_weekdays` as last set.
    """
    listed = list(units)
    wanted = {i for unit in listed for i in unit.ancestor_ids}
    terms = _terms(wanted, known_at)
    days = _declared_days(wanted, known_at)
    weekdays = settings_for(listed, SCHOOL_WEEKDAYS.key, date.max, known_at)
    answers = {}
    for unit in listed:
        upward = list(reversed(unit.ancestor_ids))
        own_terms = next((terms[i] for i in upward if terms.get(i)), ())
        chosen: dict[date, DayException] = {}
        for ancestor in upward:
            for day, declared in days.get(ancestor, {}).items():
                if declared.kind is not DayKind.WITHDRAWN:
                    chosen.setdefault(day, declared)
        answers[unit.pk] = SchoolCalendar(
            weekdays=frozenset(int(d) for d in weekdays[unit.pk].value),
            terms=tuple(own_terms),
            exceptions=tuple(chosen[day] for day in sorted(chosen)),
        )
    return answers


def _terms(unit_ids: set[int], known_at: datetime | None) -> dict[int, list[Period]]:
    rows = Term.objects.filter(unit_id__in=unit_ids)
    if known_at is not None:
        rows = rows.filter(known_at__lte=known_at)
    latest: dict[tuple[int, str], Term] = {}
    for row in rows.order_by("known_at", "pk"):
        latest[row.unit_id, row.name] = row
    found: dict[int, list[Period]] = {}
    for row in sorted(latest.values(), key=lambda t: t.begins):
        found.setdefault(row.unit_id, []).append(Period(row.begins, row.ends))
    return found


def _declared_days(unit_ids: set[int], known_at: datetime | None) -> dict[int, dict[date, DayException]]:
    rows = CalendarException.objects.filter(unit_id__in=unit_ids)
    if known_at is not None:
        rows = rows.filter(known_at__lte=known_at)
    found: dict[int, dict[date, DayException]] = {}
    for unit_id, day, kind, reason, at in rows.order_by("known_at", "pk").values_list(
        "unit_id", "day", "kind", "reason", "known_at"
    ):
        found.setdefault(unit_id, {})[day] = DayException(day, DayKind(kind), reason, at)
    return found


def accounts_holding(unit_id: int, role: str, now: datetime, *, nearest: bool = False) -> list[int]:
    """Ids of active accounts that hold a role at the unit itself at an instant, longest-serving first.

    With `nearest`, when nobody holds it there: at the nearest unit upward, as far as the institution.
    """
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        return []
    upward = [unit_id]
    if nearest:
        levels = dict(Unit.objects.filter(pk__in=unit.ancestor_ids).values_list("pk", "level"))
        for ancestor in reversed(unit.ancestor_ids[:-1]):
            if levels.get(upward[-1]) in ("institution", "authority"):
                break
            upward.append(ancestor)
    rows = Grant.objects.filter(unit_id__in=upward, role=role, begins__lte=now, account__is_active=True)
    held: dict[int, list[int]] = {}
    for at_unit, account_id in (
        rows.filter(Q(ends=None) | Q(ends__gt=now)).order_by("begins", "pk").values_list("unit_id", "account_id")
    ):
        held.setdefault(at_unit, []).append(account_id)
    return next((list(dict.fromkeys(held[i])) for i in upward if i in held), [])
