"""Invitations, claims and sign-in resets in the API: the same actions as the pages."""

from __future__ import annotations

from typing import Any

from ninja import Status

from lianfang.foundation.access import access, signed_in, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.people import actions, joining, perms, queries
from lianfang.people.actions.following import today_at
from lianfang.people.api import router
from lianfang.people.models import GuardianClaim, Invitation, Person
from lianfang.people.schemas import Id, Limit, Offset
from lianfang.people.schemas import joining as s


def _invitation(row: Invitation, now: Any) -> dict[str, Any]:
    names = ("id", "unit_id", "kind", "many", "child_id", "name", "created_at", "expires_at", "uses")
    return {**{name: getattr(row, name) for name in names}, "state": joining.state(row.facts(), now).value}


def _slips(slips: list[actions.Slip], now: Any) -> dict[str, Any]:
    items = [{**_invitation(slip.invitation, now), "code": slip.code} for slip in slips]
    return {"items": items, "count": len(items)}


def _claim(row: GuardianClaim) -> dict[str, Any]:
    names = ("id", "unit_id", "claimant_id", "child_id", "said_child", "relation", "created_at", "decided_at")
    more = {"claimant": row.claimant.name, "confirmed": row.confirmed, "reason": row.reason}
    return {**{name: getattr(row, name) for name in names}, **more}


@router.get("/units/{unit_id}/invitations", response={200: s.InvitationsOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def invitations(request: Any, unit_id: Id, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """The newest invitations of a unit, without their codes."""
    _unit, rows = queries.invitations(request.actor, unit_id, request.now)
    items = [_invitation(row.invitation, request.now) for row in rows[offset : offset + limit]]
    return {"items": items, "count": len(rows)}


@router.post("/units/{unit_id}/invitations", response={201: s.SlipsOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def invite_guardians(request: Any, unit_id: Id, body: s.GuardianInvitationsIn) -> Status[dict[str, Any]]:
    """Slips for guardians, or one code for the class; the codes are answered here only."""
    unit = unit_for(request.actor, perms.GUARDIAN_MANAGE, unit_id)
    if body.many:
        slips = [actions.invite_class(request.actor, request.now, unit=unit, days=body.days)]
    else:
        slips = actions.invite_guardians(
            request.actor, request.now, unit=unit, children=body.person_ids, copies=body.copies, days=body.days
        )
    return Status(201, _slips(slips, request.now))


@router.post("/units/{unit_id}/staff-invitations", response={201: s.SlipsOut, **ERRORS})
@access(perms.POST_MANAGE)
def invite_staff(request: Any, unit_id: Id, body: s.StaffInvitationIn) -> Status[dict[str, Any]]:
    """A slip for one member of staff."""
    unit = unit_for(request.actor, perms.POST_MANAGE, unit_id)
    posts = [actions.NewPost(post.unit_id, post.role, post.begins) for post in body.posts]
    slip = actions.invite_staff(request.actor, request.now, unit=unit, name=body.name, posts=posts, days=body.days)
    return Status(201, _slips([slip], request.now))


@router.post("/invitations/{invitation_id}/revoke", response={200: s.InvitationOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def revoke(request: Any, invitation_id: Id) -> dict[str, Any]:
    """Take an invitation back."""
    row = queries.invitation_for(request.actor, invitation_id)
    return _invitation(actions.revoke_invitation(request.actor, request.now, invitation=row), request.now)


@router.post("/join", response={201: s.JoinedOut, **ERRORS})
@signed_in
def join(request: Any, body: s.JoinIn) -> Status[dict[str, Any]]:
    """Accept an invitation with one's own account (another child, another school, another post)."""
    source = request.META.get("REMOTE_ADDR", "")
    row = actions.find_invitation(request.now, code=body.code, source=source)
    if row.kind == Invitation.Kind.STAFF:
        joined = actions.accept_as_staff(request.actor, request.now, invitation=row)
    else:
        joined = actions.accept_as_guardian(
            request.actor, request.now, invitation=row, child_name=body.child, relation=body.relation
        )
    return Status(201, {"unit_id": row.unit_id, "claim": _claim(joined.claim) if joined.claim else None})


@router.get("/claims", response={200: s.ClaimsOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def claims(request: Any, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Claims that wait for an answer, the oldest first."""
    rows = queries.waiting_claims(request.actor)
    return {"items": [_claim(row) for row in rows[offset : offset + limit]], "count": rows.count()}


@router.post("/claims/{claim_id}/confirm", response={200: s.ClaimOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def confirm(request: Any, claim_id: Id, body: s.ConfirmIn) -> dict[str, Any]:
    """The claimant is the guardian."""
    row = queries.claim_for(request.actor, claim_id)
    child: Person | None = None
    if body.person_id is not None:
        child = queries.person_for(request.actor, perms.GUARDIAN_MANAGE, body.person_id, today_at(None, request.now))
    actions.confirm_claim(request.actor, request.now, claim=row, child=child)
    return _claim(queries.claim_for(request.actor, claim_id))


@router.post("/claims/{claim_id}/refuse", response={200: s.ClaimOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def refuse(request: Any, claim_id: Id, body: s.ReasonIn) -> dict[str, Any]:
    """The claimant is not the guardian, and why."""
    row = queries.claim_for(request.actor, claim_id)
    actions.refuse_claim(request.actor, request.now, claim=row, reason=body.reason)
    return _claim(queries.claim_for(request.actor, claim_id))


@router.post("/persons/{person_id}/sign-in/reset", response={200: s.ResetOut, **ERRORS})
@access(perms.SIGN_IN_RESET)
def reset(request: Any, person_id: Id, body: s.ReasonIn) -> dict[str, Any]:
    """Take back a person's ways to sign in; the one-time password is answered here only."""
    today = today_at(None, request.now)
    person = queries.person_for(request.actor, perms.SIGN_IN_RESET, person_id, today)
    secret = actions.reset_sign_in(request.actor, request.now, person=person, reason=body.reason)
    username = person.account.username if person.account else ""
    return {"username": username, "one_time_password": secret, "day": today}
