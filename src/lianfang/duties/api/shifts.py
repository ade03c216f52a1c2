"""The duty roster in the API: the same actions as the pages."""

from __future__ import annotations

from datetime import time
from typing import Any

from ninja import Status

from lianfang.duties import actions, perms, queries
from lianfang.duties.api.routing import router
from lianfang.duties.rules.shifts import Slot
from lianfang.duties.schemas import RowId
from lianfang.duties.schemas import responsibility as s
from lianfang.foundation.access import access, unit_for
from lianfang.foundation.apischemas import ERRORS, Day
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date

_SHIFT = ("id", "unit_id", "role", "name", "day", "begins", "ends", "account_id", "planned_id", "on_post_at")


def _shift(row: Any, **more: Any) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _SHIFT}, "holder": row.account.display_name, **more}


def _line(line: Any) -> dict[str, Any]:
    return _shift(line.row, empty=line.empty, doubled=line.doubled)


@router.get("/shifts/mine", response={200: s.OwnShiftsOut, **ERRORS})
@access(perms.SHIFT_OWN)
def own(request: Any) -> dict[str, Any]:
    """My shifts now and to come, what was asked of me, and notes of the shift before."""
    found = queries.own_shifts(request.actor, request.now)
    return {
        "current": [_shift(row) for row in found.current],
        "coming": [_shift(row) for row in found.coming],
        "asked": list(found.asked),
        "notes": list(found.notes),
    }


@router.get("/shifts/of/{unit_id}", response={200: s.RosterOut, **ERRORS})
@access(perms.SHIFT_VIEW)
def roster(request: Any, unit_id: RowId, day: Day | None = None) -> dict[str, Any]:
    """The week that a day (today) lies in."""
    unit = unit_for(request.actor, perms.SHIFT_VIEW, unit_id)
    found = queries.roster(request.actor, request.now, unit_id, day or local_date(request.now, time_zone_of(unit)))
    days = [(role.role, one) for role in found.roles for one in role.days]
    return {
        "unit_id": unit_id,
        "monday": found.monday,
        "items": [_line(line) for _role, one in days for line in one.lines],
        "gaps": [{"role": role, "begins": a, "ends": b} for role, one in days for a, b in one.gaps],
        "on_duty": [row.pk for row in found.on_duty],
        "problems": found.problems,
    }


@router.post("/shifts/of/{unit_id}", response={201: s.PlanOut, **ERRORS})
@access(perms.SHIFT_MANAGE)
def plan(request: Any, unit_id: RowId, body: s.PlanIn) -> Status[Any]:
    """Give out shifts by rotation."""
    given = body.dict()
    slots = tuple(
        Slot(one["name"], time.fromisoformat(one["begins"]), time.fromisoformat(one["ends"]))
        for one in given.pop("slots")
    )
    new = actions.NewPlan(slots=slots, people=tuple(given.pop("account_ids")), **given)
    return Status(201, actions.plan_shifts(request.actor, request.now, unit_id=unit_id, plan=new))


@router.post("/shifts/plans/{plan_id}/withdraw", response={200: s.WithdrawnOut, **ERRORS})
@access(perms.SHIFT_MANAGE)
def withdraw(request: Any, plan_id: RowId) -> dict[str, Any]:
    """Cancel what has not begun of a plan."""
    return {"cancelled": actions.withdraw_plan(request.actor, request.now, plan_id=plan_id)}


@router.get("/shifts/{shift_id}/detail", response={200: s.ShiftDetailOut, **ERRORS})
@access(perms.SHIFT_VIEW)
def detail(request: Any, shift_id: RowId) -> dict[str, Any]:
    """One shift with its changes and notes."""
    found = queries.shift_detail(request.actor, request.now, shift_id)
    names = ("mine", "may_confirm", "may_ask", "may_order")
    return {
        "shift": _line(found.line),
        "changes": list(found.changes),
        "notes": list(found.notes),
        **{name: getattr(found, name) for name in names},
    }


@router.post("/shifts/{shift_id}/ask", response={201: s.ShiftChangeOut, **ERRORS})
@access(perms.SHIFT_OWN)
def ask(request: Any, shift_id: RowId, body: s.ChangeIn) -> Status[Any]:
    """Ask somebody to swap or to stand in for my shift."""
    return Status(201, actions.ask_change(request.actor, request.now, shift_id=shift_id, **body.dict()))


@router.post("/shifts/{shift_id}/order", response={201: s.ShiftChangeOut, **ERRORS})
@access(perms.SHIFT_MANAGE)
def order(request: Any, shift_id: RowId, body: s.ChangeIn) -> Status[Any]:
    """Give a shift to somebody else without asking."""
    return Status(201, actions.order_change(request.actor, request.now, shift_id=shift_id, **body.dict()))


@router.post("/shifts/changes/{change_id}/answer", response={200: s.ShiftChangeOut, **ERRORS})
@access(perms.SHIFT_OWN)
def answer(request: Any, change_id: RowId, body: s.ShiftAnswerIn) -> Any:
    """Accept or decline what was asked of me."""
    return actions.answer_change(request.actor, request.now, change_id=change_id, accept=body.accept)


@router.post("/shifts/changes/{change_id}/take-back", response={200: s.ShiftChangeOut, **ERRORS})
@access(perms.SHIFT_OWN)
def take_back(request: Any, change_id: RowId) -> Any:
    """Ask no more."""
    return actions.take_back_change(request.actor, request.now, change_id=change_id)


@router.post("/shifts/{shift_id}/on-post", response={200: s.ShiftOut, **ERRORS})
@access(perms.SHIFT_OWN)
def on_post(request: Any, shift_id: RowId) -> dict[str, Any]:
    """I am on post."""
    return _shift(actions.confirm_on_post(request.actor, request.now, shift_id=shift_id))


@router.post("/shifts/{shift_id}/notes", response={201: s.NoteOut, **ERRORS})
@access(perms.SHIFT_OWN)
def hand_over(request: Any, shift_id: RowId, body: s.NoteIn) -> Status[Any]:
    """Write what the next one has to know."""
    return Status(201, actions.hand_over(request.actor, request.now, shift_id=shift_id, text=body.text))


@router.post("/shifts/notes/{note_id}/seen", response={200: s.NoteOut, **ERRORS})
@access(perms.SHIFT_OWN)
def acknowledge(request: Any, note_id: RowId) -> Any:
    """I have read the note of the shift before mine."""
    return actions.acknowledge(request.actor, request.now, note_id=note_id)
