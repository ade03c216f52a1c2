"""What is owed, chasing, delegations."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import get_language
from ninja import Status
from pydantic import Field

from lianfang.duties import actions, perms, queries, schemas
from lianfang.duties.api.routing import router
from lianfang.foundation.access import access
from lianfang.foundation.apischemas import ERRORS, Day

Limit = Annotated[int, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]


def owed_out(item: queries.Owed) -> dict[str, Any]:
    """A duty as JSON, in the reader's language."""
    language = get_language() or ""
    return {
        "id": item.id,
        "kind": item.kind,
        "label": item.label.text(language),
        "text": item.text.text(language),
        "unit_id": item.unit_id,
        "unit_name": item.unit_name,
        "period": item.period,
        "day": item.day,
        "opens_at": item.opens_at,
        "due_at": item.due_at,
        "done_at": item.done_at,
        "state": item.state,
        "changes_at": item.decision.changes_at,
        "link": item.link,
        "holder_role": item.holder_role,
        "deputy": item.deputy,
        "stand_in": item.stand_in,
    }


@router.get("/mine", response={200: schemas.OwedList, **ERRORS})
@access(perms.OWN_DUTIES)
def mine(request: Any, include_done: bool = False) -> dict[str, Any]:
    """What the caller owes now, most urgent first."""
    rows = queries.owed_by(request.actor, request.now, include_done=include_done)
    return {"items": [owed_out(row) for row in rows]}


@router.get("/late", response={200: schemas.OwedList, **ERRORS})
@access(perms.CHASE_VIEW)
def late(request: Any) -> dict[str, Any]:
    """What is overdue below the caller, longest overdue first; 200 at most."""
    return {"items": [owed_out(row) for row in queries.late_below(request.actor, request.now)]}


@router.get("/chase", response={200: schemas.ChaseOut, **ERRORS})
@access(perms.CHASE_VIEW)
def chase(
    request: Any,
    day: Day,
    kind: str = "",
    unit_id: schemas.RowId | None = None,
    state: str = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Duties of a day within reach, by kind, unit (with all below it) and state."""
    found = queries.chase_list(request.actor, request.now, day=day, kind=kind, unit_id=unit_id, state=state)
    rows = queries.chase_rows(request.actor, request.now, found.rows[offset : offset + limit])
    language = get_language() or ""
    return {
        "day": found.day,
        "kind": found.kind,
        "state": found.state,
        "unit_id": found.unit.pk if found.unit else None,
        "kinds": {key: label.text(language) for key, label in found.kinds.items()},
        "counts": found.counts,
        "on_time": found.on_time,
        "items": [
            {
                "duty": owed_out(row.duty),
                "holder": row.holder,
                "above": row.above,
                "sent": row.sent,
                "last_sent_at": row.last_sent_at,
            }
            for row in rows
        ],
        "count": found.counts[state] if state else found.total,
    }


@router.get("/rates", response={200: schemas.RatesOut, **ERRORS})
@access(perms.CHASE_VIEW)
def rates(request: Any, kind: str, first: Day, last: Day) -> dict[str, Any]:
    """Share done in time per unit, for duties of a kind in a span of days (a year at most)."""
    found = queries.on_time_rates(request.actor, request.now, kind=kind, first=first, last=last)
    return {
        "items": [
            {"unit_id": r.unit_id, "unit_name": r.unit_name, "counts": r.counts, "on_time": r.on_time} for r in found
        ]
    }


@router.post("/remind", response={200: schemas.RemindedOut, **ERRORS})
@access(perms.REMIND)
def remind(request: Any, body: schemas.RemindIn) -> actions.Reminded:
    """Remind the holders at once; each duty at most every ten minutes."""
    return actions.remind_now(request.actor, request.now, duty_ids=body.duty_ids)


@router.get("/delegations", response={200: schemas.DelegationList, **ERRORS})
@access(perms.DELEGATE)
def delegations(request: Any) -> dict[str, Any]:
    """Delegations of now and later that concern the caller or posts below them."""
    return {"items": [_delegation(row) for row in queries.delegations(request.actor, request.now)]}


@router.post("/delegations", response={201: schemas.DelegationOut, **ERRORS})
@access(perms.DELEGATE)
def delegate(request: Any, body: schemas.DelegationIn) -> Status[dict[str, Any]]:
    """Let somebody else hold a post's duties for some days."""
    return Status(201, _delegation(actions.delegate(request.actor, request.now, **body.dict())))


@router.post("/delegations/{delegation_id}/end", response={200: schemas.DelegationOut, **ERRORS})
@access(perms.DELEGATE)
def end_delegation(request: Any, delegation_id: schemas.RowId) -> dict[str, Any]:
    """End a delegation at once."""
    return _delegation(actions.end_delegation(request.actor, request.now, delegation_id=delegation_id))


@router.get("/{duty_id}", response={200: schemas.DetailOut, **ERRORS})
@access(perms.OWN_DUTIES)
def detail(request: Any, duty_id: schemas.RowId) -> dict[str, Any]:
    """A duty with its reasons, and what was sent when."""
    return _detail(request, duty_id)


@router.post("/{duty_id}/excuse", response={200: schemas.DetailOut, **ERRORS})
@access(perms.EXCUSE)
def excuse(request: Any, duty_id: schemas.RowId, body: schemas.DutyExcuseIn) -> dict[str, Any]:
    """Excuse an open duty with a reason."""
    actions.excuse_duty(request.actor, request.now, duty_id=duty_id, reason=body.reason)
    return _detail(request, duty_id)


@router.post("/{duty_id}/owe-again", response={200: schemas.DetailOut, **ERRORS})
@access(perms.EXCUSE)
def owe_again(request: Any, duty_id: schemas.RowId) -> dict[str, Any]:
    """Take an excuse back."""
    actions.take_back_excuse(request.actor, request.now, duty_id=duty_id)
    return _detail(request, duty_id)


def _detail(request: Any, duty_id: int) -> dict[str, Any]:
    found = queries.duty_detail(request.actor, request.now, duty_id)
    return {
        "duty": owed_out(found.duty),
        "reasons": [reason.as_json() for reason in found.reasons],
        "holders": found.holders,
        "excuse": found.excuse,
        "excuse_fact": found.excuse_fact,
        "excused_at": found.excused_at,
        "version": found.version,
        "steps": found.steps,
        "mine": found.mine,
        "may_remind": found.may_remind,
        "may_excuse": found.may_excuse,
    }


def _delegation(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit_id": row.unit_id,
        "unit_name": row.unit.name,
        "role": row.role,
        "from_account_id": row.from_account_id,
        "to_account_id": row.to_account_id,
        "from_name": row.from_account.display_name,
        "to_name": row.to_account.display_name,
        "begins": row.begins,
        "ends": row.ends,
        "reason": row.reason,
    }
