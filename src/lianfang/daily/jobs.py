"""Rolls that a timetable asks for: one duty for each lesson of a training institution. May run twice; catches up."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lianfang.duties.actions import NewDuty, owe
from lianfang.duties.planning import asked_by_event
from lianfang.duties.templates import link_for
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Realm, Unit
from lianfang.foundation.realm import in_realm
from lianfang.foundation.units import time_zones
from lianfang.kernel.calendar import DayBasis, SchoolCalendar
from lianfang.kernel.clock import at_local, local_date
from lianfang.people.models import Lesson
from lianfang.people.reading import calendars_of
from lianfang.rulepacks import packs

HOMES = "training_institution"
OPENS_BEFORE = timedelta(minutes=30)


def raise_lesson_duties(actor: Actor, now: datetime) -> int:
    """Enter today's lesson rolls of every training institution in every realm; returns how many are new."""
    entered = 0
    for realm in Realm.objects.order_by("key"):
        at = realm.clock_at or now
        with in_realm(realm.key):
            entered += _raise(system_actor(actor.agent, at), at, realm.key)
    return entered


def _raise(actor: Actor, now: datetime, realm: str) -> int:
    homes = Unit.objects.filter(realm_id=realm, kind=HOMES, ends=None)
    units = {u.pk: u for home in homes for u in Unit.objects.within(home).filter(level="class", ends=None)}
    rows = list(Lesson.objects.filter(unit_id__in=units).order_by("unit_id", "period"))
    if not rows:
        return 0
    zones = time_zones(units.values())
    calendars = calendars_of({row.unit_id: units[row.unit_id] for row in rows}.values())
    asked = []
    for row in rows:
        day = local_date(now, zones[row.unit_id])
        if row.weekday == day.weekday() and 1 <= row.period <= 9 and taught_on(calendars[row.unit_id], day):
            asked.append(_duty(row, day, zones[row.unit_id]))
    return owe(actor, now, asked)


def taught_on(calendar: SchoolCalendar, day: date) -> bool:
    """Whether the timetable holds on a day: also at weekends and in holidays of the schools, when training goes on; not
    on a day that was declared free or suspended."""
    answer = calendar.reason(day)
    return answer.is_school_day or answer.basis is not DayBasis.EXCEPTION


def _duty(row: Lesson, day: date, zone: str) -> NewDuty:
    template = packs().duty_templates[f"lesson-{row.period}-check"]
    begins = at_local(day, row.begins, zone)
    due_at = begins + timedelta(minutes=int(template.extra.get("minutes", "10")))
    closes_at = max(at_local(day, "24:00", zone), due_at)
    opens_at = begins - OPENS_BEFORE
    return asked_by_event(template, row.unit_id, day, opens_at, due_at, closes_at, link_for(template, row.unit_id, day))
