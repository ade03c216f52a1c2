"""Whose rolls are mine today: keeper, lesson teacher, head of an office, bus attendant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from lianfang.daily.models import RollCheck
from lianfang.daily.perms import OWN_ROLL_ROLES, ROLL_VIEW
from lianfang.daily.queries.figures import CheckState, check_state
from lianfang.daily.reach import reach_of
from lianfang.daily.rules import session_label, session_now, session_rank
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date
from lianfang.kernel.clock import zone as clock_zone
from lianfang.kernel.labels import Label
from lianfang.people.models import Lesson
from lianfang.people.reading import classes_below, with_rolls

LEVELS = ("class", "dormitory", "department", "vehicle")
DAILY = {"dormitory": ("evening",), "vehicle": ("morning", "afternoon")}
ASIDE = frozenset({"homeroom_teacher"})  # has a duty for it


@dataclass(frozen=True, slots=True)
class OwnRoll:
    """A unit's roll at a session of today, and the check if it was called."""

    unit: Unit
    day: date
    session: str
    check: CheckState | None

    @property
    def label(self) -> Label:
        """The session's name for this group."""
        return session_label(self.session, self.unit.level)

    @property
    def link(self) -> str:
        return f"/daily/roll/{self.unit.pk}/{self.session}/?day={self.day.isoformat()}"


def rolls_within(actor: Actor, now: datetime) -> list[OwnRoll]:
    """Every unit with a roll within reach of the actor, each at its session of this hour, in tree order."""
    within = Unit.objects.filter(reach_of(actor, ROLL_VIEW).unit_q(), realm_id=actor.realm)
    return _with_checks(_sessions(with_rolls(within, local_date(now), LEVELS), now, only_now=True))


def own_rolls(actor: Actor, now: datetime) -> list[OwnRoll]:
    """Today's rolls of the groups that are the actor's own to call, except those of a class teacher, who owes a duty."""
    found: dict[int, Unit] = {}
    for level, roles in OWN_ROLL_ROLES.items():
        held = actor.units_of(*(role for role in roles if role not in ASIDE))
        for top in Unit.objects.filter(pk__in=held):
            found.update({u.pk: u for u in classes_below(top, local_date(now), (level,))})
    return _with_checks(_sessions(found.values(), now, only_now=False))


def _sessions(units: Iterable[Unit], now: datetime, *, only_now: bool) -> list[tuple[Unit, date, str]]:
    listed = list(units)
    zones = time_zones(listed)
    local = {unit.pk: timezone.localtime(now, clock_zone(zones[unit.pk])) for unit in listed}
    lessons: dict[int, list[Lesson]] = {}
    for row in Lesson.objects.filter(unit__in=[u for u in listed if u.level == "class"]).order_by("period"):
        if row.weekday == local[row.unit_id].weekday():
            lessons.setdefault(row.unit_id, []).append(row)
    homes = _training(listed)
    found = []
    for unit in listed:
        at = local[unit.pk]
        sessions: Sequence[str] = (session_now(unit.level, at.time()),)
        if unit.pk in homes and lessons.get(unit.pk):
            taught = [row for row in lessons[unit.pk] if row.period <= 9]
            begun = [row for row in taught if row.begins <= at.time()]
            chosen = (begun or taught)[-1:] if only_now and begun else taught[:1] if only_now else taught
            sessions = [f"lesson-{row.period}" for row in chosen]
        elif not only_now:
            sessions = DAILY.get(unit.level, sessions)
        found += [(unit, at.date(), session) for session in sessions]
    return found


def _training(units: Iterable[Unit]) -> set[int]:
    """Ids of classes that belong to a training institution: their rolls are called lesson by lesson."""
    listed = [u for u in units if u.level == "class"]
    above = {i for u in listed for i in u.ancestor_ids}
    homes = set(Unit.objects.filter(pk__in=above, kind="training_institution").values_list("pk", flat=True))
    return {u.pk for u in listed if homes & set(u.ancestor_ids)}


def lesson_now(unit: Unit, now: datetime) -> str | None:
    """The lesson of this hour of a training group by its timetable; None for other units or without one."""
    (found,) = _sessions([unit], now, only_now=True) or [(unit, local_date(now), "")]
    return found[2] if found[2].startswith("lesson-") else None


def _with_checks(asked: list[tuple[Unit, date, str]]) -> list[OwnRoll]:
    if not asked:
        return []
    rows = RollCheck.objects.get_queryset().effective()
    rows = rows.filter(unit_id__in={u.pk for u, _d, _s in asked}, day__in={d for _u, d, _s in asked})
    kept = {(row.unit_id, row.day, row.session): check_state(row) for row in rows}
    listed = [OwnRoll(unit, day, session, kept.get((unit.pk, day, session))) for unit, day, session in asked]
    order = {unit.pk: n for n, (unit, _d, _s) in enumerate(asked)}
    return sorted(listed, key=lambda r: (order[r.unit.pk], session_rank(r.session)))
