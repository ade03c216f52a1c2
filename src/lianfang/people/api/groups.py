"""Who answers for what in the API: the same actions as the pages."""

from __future__ import annotations

from typing import Any

from ninja import Status

from lianfang.foundation.access import access, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.people import actions, perms, queries
from lianfang.people.actions.following import today_at
from lianfang.people.api import router
from lianfang.people.models import Group, GroupMember
from lianfang.people.queries.groups import group_for, responsibility
from lianfang.people.schemas import Day, EndIn, Id
from lianfang.people.schemas import responsibility as s


def _member(row: GroupMember, in_post: bool = True) -> dict[str, Any]:
    names = ("id", "person_id", "part", "task", "begins", "ends")
    return {**{name: getattr(row, name) for name in names}, "name": row.person.name, "in_post": in_post}


def _group(row: Group, members: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    names = ("id", "kind", "name", "task", "begins", "ends")
    return {**{name: getattr(row, name) for name in names}, "members": members or []}


@router.get("/units/{unit_id}/responsibility", response={200: s.ResponsibilityOut, **ERRORS})
@access(perms.GROUP_VIEW)
def sheet(request: Any, unit_id: Id, on: Day | None = None) -> dict[str, Any]:
    """Posts, groups and their members of a unit on a day (today)."""
    unit = unit_for(request.actor, perms.GROUP_VIEW, unit_id)
    day = on or today_at(unit, request.now)
    found = responsibility(request.actor, unit_id, day)
    return {
        "unit_id": unit.pk,
        "on": day,
        "posts": [{"role": p.role, "names": list(p.names)} for p in found.posts],
        "groups": [_group(g.group, [_member(m.row, m.in_post) for m in g.members]) for g in found.groups],
    }


@router.post("/units/{unit_id}/groups", response={201: s.GroupOut, **ERRORS})
@access(perms.GROUP_MANAGE)
def add(request: Any, unit_id: Id, body: s.GroupIn) -> Status[dict[str, Any]]:
    """A new group of a unit."""
    unit = unit_for(request.actor, perms.GROUP_MANAGE, unit_id)
    return Status(201, _group(actions.form_group(request.actor, request.now, unit=unit, **body.dict())))


@router.post("/groups/{group_id}/end", response={200: s.GroupOut, **ERRORS})
@access(perms.GROUP_MANAGE)
def end(request: Any, group_id: Id, body: EndIn) -> dict[str, Any]:
    """A group is dissolved from a day on."""
    return _group(actions.end_group(request.actor, request.now, group_id=group_id, ends=body.ends))


@router.post("/groups/{group_id}/members", response={201: s.GroupMemberOut, **ERRORS})
@access(perms.GROUP_MANAGE)
def add_member(request: Any, group_id: Id, body: s.GroupMemberIn) -> Status[dict[str, Any]]:
    """Somebody has a part in a group from a day on."""
    group_for(request.actor, group_id)
    given = body.dict()
    today = today_at(None, request.now)
    person = queries.person_for(request.actor, perms.GROUP_MANAGE, given.pop("person_id"), today)
    return Status(
        201, _member(actions.add_group_member(request.actor, request.now, group_id=group_id, person=person, **given))
    )


@router.post("/group-members/{member_id}/end", response={200: s.GroupMemberOut, **ERRORS})
@access(perms.GROUP_MANAGE)
def end_member(request: Any, member_id: Id, body: EndIn) -> dict[str, Any]:
    """Somebody has no part in a group any more from a day on."""
    return _member(actions.end_group_member(request.actor, request.now, member_id=member_id, ends=body.ends))
