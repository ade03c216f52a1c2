"""The duty roster as the actor may see it: a week of a unit, one's own shifts, one shift with all about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from lianfang.duties import perms
from lianfang.duties.actions.delegations import deputies
from lianfang.duties.actions.shifts import covers, following, held, slot_of
from lianfang.duties.models import HandOver, Shift, ShiftChange, ShiftPlan
from lianfang.duties.queries.own import any_of
from lianfang.duties.rules import shifts as rules
from lianfang.foundation.access import one, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Account, Grant, Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local
from lianfang.people.reading import calendar_of

MOST = 100


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A shift with what is wrong about it: `empty` (its holder is in post no more), `doubled` (on duty twice at once)."""

    row: Any
    empty: bool = False
    doubled: bool = False


@dataclass(frozen=True, slots=True)
class RosterDay:
    """A local day of the roster: its shifts, and stretches of planned hours that nobody has."""

    day: date
    is_school_day: bool
    lines: tuple[ShiftLine, ...]
    gaps: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class RosterRole:
    """One role's week."""

    role: str
    days: tuple[RosterDay, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """A week of a unit, from Monday."""

    unit: Unit
    monday: date
    roles: tuple[RosterRole, ...]
    plans: tuple[Any, ...]
    on_duty: tuple[Any, ...]
    problems: int
    may_manage: bool


def roster(actor: Actor, now: datetime, unit_id: int, day: date) -> Roster:
    """The week that a local day lies in. Raises Forbidden, NotFound. The queries do not grow with the shifts."""
    unit = unit_for(actor, perms.SHIFT_VIEW, unit_id)
    zone = time_zone_of(unit)
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    begins, ends = at_local(days[0], "00:00", zone), at_local(days[-1] + timedelta(days=1), "00:00", zone)
    plans = tuple(ShiftPlan.objects.filter(unit=unit, withdrawn_at=None, ends__gt=monday).order_by("begins", "pk"))
    rows = list(
        Shift.objects.filter(unit=unit, begins__lt=ends, ends__gt=begins, cancelled_at=None)
        .select_related("account")
        .order_by("begins", "pk")
    )
    lines = {line.row.pk: line for line in _lines(rows)}
    calendar = calendar_of(unit)
    roles = []
    wanted = {p.role for p in plans if p.begins <= days[-1]} | {r.role for r in rows}
    for role in (r for r in rules.SHIFT_ROLES if r in wanted):
        own = [r for r in rows if r.role == role]
        listed = []
        for one_day in days:
            of_day = [lines[r.pk] for r in own if r.day == one_day]
            listed.append(
                RosterDay(
                    one_day,
                    calendar.is_school_day(one_day),
                    tuple(of_day),
                    _gaps(plans, role, one_day, own, calendar, zone),
                )
            )
        roles.append(RosterRole(role, tuple(listed)))
    problems = sum(line.empty or line.doubled for line in lines.values())
    problems += sum(len(d.gaps) for r in roles for d in r.days)
    return Roster(
        unit,
        monday,
        tuple(roles),
        plans,
        tuple(r for r in rows if r.begins <= now < r.ends),
        problems,
        actor.scope(perms.SHIFT_MANAGE).covers_path(unit.path),
    )


def _gaps(
    plans: Sequence[Any], role: str, day: date, rows: Sequence[Any], calendar: Any, zone: str
) -> tuple[tuple[datetime, datetime], ...]:
    """Hours of the day that a plan of the role asks for and no shift covers."""
    found: list[tuple[datetime, datetime]] = []
    for plan in plans:
        if plan.role != role or not plan.begins <= day < plan.ends:
            continue
        if not rules.wanted_days(plan.days, calendar, day, day + timedelta(days=1)):
            continue
        for body in plan.slots:
            found += rules.gaps([held(r) for r in rows], *rules.slot_hours(slot_of(body), day, zone))
    return tuple(found)


def _lines(rows: Sequence[Any]) -> list[ShiftLine]:
    """Shifts with their faults. Two queries."""
    if not rows:
        return []
    people = {r.account_id for r in rows}
    first, last = min(r.begins for r in rows), max(r.ends for r in rows)
    around = Shift.objects.filter(account_id__in=people, cancelled_at=None, begins__lt=last, ends__gt=first)
    twice = rules.doubled([held(s) for s in around])
    stretches: dict[tuple[int, str, int], list[tuple[datetime, datetime | None]]] = {}
    grants = Grant.objects.filter(
        unit_id__in={r.unit_id for r in rows}, role__in={r.role for r in rows}, account_id__in=people
    ).filter(account__is_active=True)
    for unit_id, role, account_id, begins, ends in grants.values_list(
        "unit_id", "role", "account_id", "begins", "ends"
    ):
        stretches.setdefault((unit_id, role, account_id), []).append((begins, ends))
    return [
        ShiftLine(r, not covers(stretches.get((r.unit_id, r.role, r.account_id), []), r.begins, r.ends), r.pk in twice)
        for r in rows
    ]


@dataclass(frozen=True, slots=True)
class OwnShifts:
    """What the actor holds now and next, what was asked of them, and notes of the shift before to read."""

    current: tuple[Any, ...]
    coming: tuple[Any, ...]
    asked: tuple[Any, ...]
    notes: tuple[Any, ...]
    past: tuple[Any, ...] = field(default=())


def own_shifts(actor: Actor, now: datetime) -> OwnShifts:
    """The actor's shifts from yesterday on, 100 at most."""
    if actor.account_id is None:
        return OwnShifts((), (), (), ())
    rows = list(
        Shift.objects.filter(account_id=actor.account_id, cancelled_at=None, ends__gt=now - rules.AFTERWARDS)
        .select_related("unit")
        .order_by("begins", "pk")[:MOST]
    )
    asked = ShiftChange.objects.filter(to_account_id=actor.account_id, outcome="", shift__begins__gt=now)
    current = tuple(r for r in rows if r.begins - rules.EARLY <= now < r.ends)
    notes: list[Any] = []
    for row in current:
        before = Shift.objects.filter(unit_id=row.unit_id, role=row.role, cancelled_at=None, ends__lte=row.begins)
        last = before.order_by("-ends", "-pk").first()
        if last is not None:
            notes += last.notes.filter(seen_at=None).select_related("shift__unit", "written_by").order_by("pk")
    return OwnShifts(
        current,
        tuple(r for r in rows if r.begins - rules.EARLY > now),
        tuple(asked.select_related("shift__unit", "other", "from_account").order_by("asked_at", "pk")[:MOST]),
        tuple(notes),
        tuple(r for r in rows if r.ends <= now),
    )


@dataclass(frozen=True, slots=True)
class ShiftDetail:
    """One shift with its changes and notes, and what the actor may do about it."""

    line: ShiftLine
    changes: tuple[Any, ...]
    notes: tuple[HandOver, ...]
    waiting: Any
    mine: bool
    may_confirm: bool
    may_ask: bool
    may_hand_over: bool
    may_acknowledge: bool
    may_order: bool


def shift_detail(actor: Actor, now: datetime, shift_id: int) -> ShiftDetail:
    """A shift within reach, held by the actor, or asked of them. Raises NotFound."""
    scope = actor.scope(perms.SHIFT_VIEW)
    asked = ShiftChange.objects.filter(to_account_id=actor.account_id).values("shift_id")
    conditions = [scope.unit_q("unit__path")]
    if actor.account_id is not None:
        conditions += [Q(account_id=actor.account_id), Q(pk__in=asked)]
    rows = Shift.objects.filter(any_of(conditions), cancelled_at=None)
    row: Any = one(rows.select_related("unit", "account", "planned", "plan"), pk=shift_id)
    changes = tuple(
        row.changes.select_related("from_account", "to_account", "other", "asked_by").order_by("-asked_at", "-pk")[:50]
    )
    mine = actor.account_id is not None and row.account_id == actor.account_id
    after = following(row)
    reads = mine or scope.covers_path(row.unit.path) or (after is not None and after.account_id == actor.account_id)
    notes = tuple(row.notes.select_related("written_by", "seen_by").order_by("pk")) if reads else ()
    (line,) = _lines([row])
    return ShiftDetail(
        line=line,
        changes=changes,
        notes=notes,
        waiting=next((c for c in changes if not c.outcome), None),
        mine=mine,
        may_confirm=mine and row.on_post_at is None and rules.may_confirm(held(row), now),
        may_ask=mine and row.begins > now,
        may_hand_over=mine and rules.may_hand_over(held(row), now),
        may_acknowledge=after is not None and after.account_id == actor.account_id,
        may_order=row.ends > now and actor.scope(perms.SHIFT_MANAGE).covers_path(row.unit.path),
    )


def shifts_to_swap(shift: Any, now: datetime) -> list[Any]:
    """Shifts of others in the same role that could be given in return: the next 60."""
    rows = Shift.objects.filter(unit_id=shift.unit_id, role=shift.role, cancelled_at=None, begins__gt=now)
    return list(rows.exclude(account_id=shift.account_id).select_related("account").order_by("begins", "pk")[:60])


def stand_ins(shift: Any) -> list[Account]:
    """Who could take a shift without return: staff of the institution, by name."""
    rows = deputies(shift.unit, shift.begins).exclude(pk=shift.account_id)
    return list(rows.order_by("display_name", "pk")[:500])


def people_of_role(unit: Unit, role: str, on: datetime) -> list[Account]:
    """Who holds a role at a unit by a post at an instant, longest-serving first."""
    grants = Grant.objects.filter(unit=unit, role=role, begins__lte=on).filter(Q(ends=None) | Q(ends__gt=on))
    ids = list(
        dict.fromkeys(
            grants.exclude(source__startswith="shift:").order_by("begins", "pk").values_list("account_id", flat=True)
        )
    )
    known = Account.objects.filter(is_active=True).in_bulk(ids)
    return [known[i] for i in ids if i in known]


def units_with_shifts(actor: Actor) -> list[Unit]:
    """Institutions and campuses whose roster the actor may see, in tree order."""
    scope = actor.scope(perms.SHIFT_VIEW)
    if not scope.paths:
        return []
    rows = Unit.objects.in_scope(scope).filter(level__in=("institution", "campus"), ends=None)
    return list(rows.order_by("path")[:200])
