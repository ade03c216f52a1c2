"""Meetings in the API: the same actions as the pages."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Status
from pydantic import Field

from lianfang.duties import actions, perms, queries
from lianfang.duties.api.routing import router
from lianfang.duties.schemas import RowId
from lianfang.duties.schemas import responsibility as s
from lianfang.foundation.access import access
from lianfang.foundation.apischemas import ERRORS

_MEETING = ("id", "unit_id", "title", "begins_at", "place", "agenda", "group_id")
_DECISION = ("id", "meeting_id", "text", "unit_id", "role", "due_on", "duty_id", "outcome", "withdrawn_at")


def _decision(line: Any) -> dict[str, Any]:
    return {**{name: getattr(line.row, name) for name in _DECISION}, "state": line.state}


def _meeting(request: Any, meeting_id: int) -> dict[str, Any]:
    found = queries.meeting_sheet(request.actor, request.now, meeting_id)
    return {
        **{name: getattr(found.meeting, name) for name in _MEETING},
        "attendances": [{"person_id": a.person_id, "name": a.person.name, "state": a.state} for a in found.attendances],
        "minutes": list(found.minutes),
        "decisions": [_decision(line) for line in found.decisions],
    }


@router.get("/meetings/of/{unit_id}", response={200: s.MeetingsOut, **ERRORS})
@access(perms.MEETING_VIEW)
def meetings(
    request: Any,
    unit_id: RowId,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """Meetings of a unit, newest first, with how many decisions there are and how many are done."""
    _unit, rows = queries.meetings_of(request.actor, unit_id)
    return {"items": list(rows[offset : offset + limit]), "count": rows.count()}


@router.post("/meetings/of/{unit_id}", response={201: s.MeetingOut, **ERRORS})
@access(perms.MEETING_MANAGE)
def call(request: Any, unit_id: RowId, body: s.MeetingIn) -> Status[dict[str, Any]]:
    """Enter a meeting."""
    row = actions.call_meeting(request.actor, request.now, unit_id=unit_id, **body.dict())
    return Status(201, _meeting(request, row.pk))


@router.get("/meetings/{meeting_id}/sheet", response={200: s.MeetingOut, **ERRORS})
@access(perms.MEETING_VIEW)
def meeting(request: Any, meeting_id: RowId) -> dict[str, Any]:
    """One meeting with people, minutes in their versions and decisions."""
    return _meeting(request, meeting_id)


@router.post("/meetings/{meeting_id}/attendance", response={200: s.MeetingOut, **ERRORS})
@access(perms.MEETING_MANAGE)
def attendance(request: Any, meeting_id: RowId, body: s.AttendancesIn) -> dict[str, Any]:
    """Note who was there."""
    states = {item.person_id: item.state for item in body.items}
    actions.note_attendance(request.actor, request.now, meeting_id=meeting_id, states=states, more=list(states))
    return _meeting(request, meeting_id)


@router.post("/meetings/{meeting_id}/minutes", response={201: s.MinutesOut, **ERRORS})
@access(perms.MEETING_MANAGE)
def minutes(request: Any, meeting_id: RowId, body: s.MinutesIn) -> Status[Any]:
    """Write or correct the minutes; earlier versions stay."""
    return Status(201, actions.write_minutes(request.actor, request.now, meeting_id=meeting_id, **body.dict()))


@router.post("/meetings/{meeting_id}/decisions", response={201: s.DecisionOut, **ERRORS})
@access(perms.MEETING_MANAGE)
def decide(request: Any, meeting_id: RowId, body: s.DecisionIn) -> Status[dict[str, Any]]:
    """Enter a decision; it raises exactly one duty."""
    row = actions.decide(request.actor, request.now, meeting_id=meeting_id, **body.dict())
    return Status(201, _of(request, row.pk))


def _of(request: Any, decision_id: int) -> dict[str, Any]:
    line, _mine = queries.decision_sheet(request.actor, request.now, decision_id)
    return _decision(line)


@router.get("/decisions/{decision_id}", response={200: s.DecisionOut, **ERRORS})
@access(perms.DECISION_OWN)
def decision(request: Any, decision_id: RowId) -> dict[str, Any]:
    """One decision, for who carries it out and who sees the meeting."""
    return _of(request, decision_id)


@router.post("/decisions/{decision_id}/done", response={200: s.DecisionOut, **ERRORS})
@access(perms.DECISION_OWN)
def carry_out(request: Any, decision_id: RowId, body: s.OutcomeIn) -> dict[str, Any]:
    """Say what was done; the duty is fulfilled."""
    actions.carry_out(request.actor, request.now, decision_id=decision_id, outcome=body.outcome)
    return _of(request, decision_id)


@router.post("/decisions/{decision_id}/withdraw", response={200: s.DecisionOut, **ERRORS})
@access(perms.MEETING_MANAGE)
def withdraw(request: Any, decision_id: RowId, body: s.WithdrawIn) -> dict[str, Any]:
    """A decision holds no more; its duty is excused."""
    actions.withdraw_decision(request.actor, request.now, decision_id=decision_id, reason=body.reason)
    return _of(request, decision_id)
