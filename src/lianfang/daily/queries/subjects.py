"""For whom somebody reports: themselves and their children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.conf import settings

from lianfang.daily.models import HealthReport
from lianfang.daily.perms import REPORT_OWN
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date
from lianfang.people.models import Person
from lianfang.people.reading import units_of_person


@dataclass(frozen=True, slots=True)
class Subject:
    """One person to report for, with today's effective reports of the family, newest first.

    `unit` is where the report counts, `institution` the school it belongs to ("" where the tree has none).
    """

    person_id: int
    name: str
    relation: Literal["self", "child"]
    unit: Unit
    institution: str
    day: date
    reports: Sequence[HealthReport]


def own_subjects(actor: Actor, now: datetime) -> list[Subject]:
    """The actor's children in the order of their names, then the actor; only who is on a roll today.

    Five queries, however many children.
    """
    if not actor.can(REPORT_OWN):
        raise Forbidden(REPORT_OWN.name)
    own = {actor.person_id} if actor.person_id is not None else set()
    wanted = sorted(actor.family | own)
    units = {
        p: listed[0] for p, listed in units_of_person(wanted, local_date(now, settings.TIME_ZONE)).items() if listed
    }
    zones = time_zones(units.values()) if units else {}
    names = dict(Person.objects.filter(pk__in=units, erased_at=None).values_list("pk", "name"))
    above = {i for unit in units.values() for i in unit.ancestor_ids}
    schools = dict(Unit.objects.filter(pk__in=above, level="institution").values_list("pk", "name"))
    days = {p: local_date(now, zones[unit.pk]) for p, unit in units.items()}
    reports: dict[int, list[HealthReport]] = {}
    rows = HealthReport.objects.get_queryset().effective().filter(person_id__in=units, day__in=set(days.values()))
    for row in rows.exclude(channel=HealthReport.Channel.CLASS).order_by("-received_at", "-pk"):
        if row.day == days[row.person_id]:
            reports.setdefault(row.person_id, []).append(row)
    found = [
        Subject(
            person_id=p,
            name=names[p],
            relation="self" if p in own else "child",
            unit=units[p],
            institution=next((schools[i] for i in reversed(units[p].ancestor_ids) if i in schools), ""),
            day=days[p],
            reports=reports.get(p, []),
        )
        for p in wanted
        if p in names
    ]
    return sorted(found, key=lambda s: (s.relation == "self", s.name, s.person_id))
