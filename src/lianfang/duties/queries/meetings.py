"""Meetings and their decisions as the actor may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from lianfang.duties import holders, perms
from lianfang.duties.models import Decision, Meeting
from lianfang.duties.queries.own import any_of, state_of
from lianfang.foundation.access import one, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Grant, Unit
from lianfang.rulepacks import packs


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision with the state of its duty (status group `duty`)."""

    row: Any
    state: str
    done_at: datetime | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MeetingSheet:
    """A meeting with everything about it; `minutes` newest first."""

    meeting: Any
    attendances: tuple[Any, ...]
    minutes: tuple[Any, ...]
    decisions: tuple[DecisionLine, ...]
    may_manage: bool


def _reach(actor: Actor) -> Q:
    """Meetings of units within reach, and those that the actor was asked to."""
    conditions = [actor.scope(perms.MEETING_VIEW).unit_q("unit__path")]
    if actor.person_id is not None:
        conditions.append(Q(attendances__person_id=actor.person_id))
    return any_of(conditions)


def meetings_of(actor: Actor, unit_id: int) -> tuple[Unit, Any]:
    """Meetings of a unit, newest first, with counts of decisions; a queryset to be paged. Raises Forbidden, NotFound."""
    unit = unit_for(actor, perms.MEETING_VIEW, unit_id)
    rows = Meeting.objects.filter(unit=unit).select_related("group")
    done = Count("decisions", filter=Q(decisions__duty__done_at__isnull=False), distinct=True)
    kept = Count("decisions", filter=Q(decisions__withdrawn_at=None), distinct=True)
    return unit, rows.annotate(decided=kept, done=done).order_by("-begins_at", "-pk")


def own_meetings(actor: Actor, now: datetime) -> list[Any]:
    """The last 50 meetings that the actor was asked to."""
    if actor.person_id is None:
        return []
    rows = Meeting.objects.filter(attendances__person_id=actor.person_id)
    return list(rows.select_related("unit").order_by("-begins_at", "-pk")[:50])


def meeting_sheet(actor: Actor, now: datetime, meeting_id: int) -> MeetingSheet:
    """One meeting. Raises NotFound. The queries do not grow with people, versions or decisions."""
    rows = Meeting.objects.filter(_reach(actor)).select_related("unit", "group", "recorded_by").distinct()
    row: Any = one(rows, pk=meeting_id)
    decisions = row.decisions.select_related("duty", "unit").order_by("due_on", "pk")
    return MeetingSheet(
        meeting=row,
        attendances=tuple(row.attendances.select_related("person").order_by("person__name_key", "pk")),
        minutes=tuple(row.minutes.select_related("written_by").order_by("-number")),
        decisions=tuple(_line(d, now) for d in decisions),
        may_manage=actor.scope(perms.MEETING_MANAGE).covers_path(row.unit.path),
    )


def _line(row: Any, now: datetime) -> DecisionLine:
    return DecisionLine(row, state_of(row.duty, now).value, row.duty.done_at, row.duty.due_at)


def decision_sheet(actor: Actor, now: datetime, decision_id: int) -> tuple[DecisionLine, bool]:
    """A decision, and whether the actor carries it out. Open to who does, and to who sees the meeting. Raises NotFound."""
    row: Any = one(Decision.objects.select_related("duty", "unit", "meeting__unit"), pk=decision_id)
    mine = actor.account_id in holders.book([row.unit], [row.role], now).at(row.unit_id, row.role)
    invited = actor.person_id is not None and row.meeting.attendances.filter(person_id=actor.person_id).exists()
    if not (mine or invited or actor.scope(perms.MEETING_VIEW).covers_path(row.meeting.unit.path)):
        raise NotFound("decision")
    return _line(row, now), mine


def posts_to_charge(unit: Unit, now: datetime) -> list[tuple[Unit, str, str]]:
    """Posts at or below a unit that somebody holds, as (unit, role, names): whom a decision can be given to."""
    staff = [r.id for r in packs().roles.values() if r.family not in ("pupil", "guardian")]
    grants = Grant.objects.filter(
        Q(ends=None) | Q(ends__gt=now), unit__path__startswith=unit.path or "", role__in=staff, begins__lte=now
    ).filter(account__is_active=True)
    found: dict[tuple[int, str], tuple[Unit, list[str]]] = {}
    for grant in grants.select_related("unit", "account").order_by("unit__path", "role", "pk")[:2000]:
        _unit, names = found.setdefault((grant.unit_id, grant.role), (grant.unit, []))
        if grant.account.display_name not in names:
            names.append(grant.account.display_name)
    return [(at, role, "、".join(names[:3])) for (_id, role), (at, names) in found.items()]


def units_with_meetings(actor: Actor) -> list[Unit]:
    """Units whose meetings the actor may see as a list: institutions and divisions within reach."""
    scope = actor.scope(perms.MEETING_VIEW)
    if not scope.paths:
        return []
    rows = Unit.objects.in_scope(scope).filter(level__in=("institution", "division", "department"), ends=None)
    return list(rows.order_by("path")[:300])
