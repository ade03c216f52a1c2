"""/api/people: what the pages do, through the same actions and queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from lianfang.foundation.access import access, one, permit, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.foundation.errors import invalid
from lianfang.people import actions, perms, queries
from lianfang.people import schemas as s
from lianfang.people.actions.following import today_at
from lianfang.people.models import Guardianship, Membership, Place, Post
from lianfang.people.reaching import persons_reached
from lianfang.people.reading import calendar_of

router = Router(tags=["people"])
LONGEST_SPAN = 400


def _membership(row: Membership) -> dict[str, Any]:
    names = ("id", "unit_id", "kind", "number", "begins", "ends")
    return {**{name: getattr(row, name) for name in names}, "unit": row.unit.name}


def _post(row: Post) -> dict[str, Any]:
    names = ("id", "unit_id", "role", "begins", "ends")
    return {**{name: getattr(row, name) for name in names}, "unit": row.unit.name}


def _link(row: Guardianship, other: str) -> dict[str, Any]:
    person = getattr(row, other)
    return {
        "id": row.pk,
        "person_id": person.pk,
        "name": person.name,
        "relation": row.relation,
        "confirmed": row.confirmed_at is not None,
        "begins": row.begins,
        "ends": row.ends,
    }


def _person(request: Any, person_id: int) -> dict[str, Any]:
    sheet = queries.person_sheet(request.actor, person_id, today_at(None, request.now))
    person = sheet.person
    return {
        "id": person.pk,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "id_type": person.id_type,
        "id_number_masked": sheet.id_masked,
        "phone_masked": sheet.phone_masked,
        "account": person.account.username if person.account else "",
        "memberships": [_membership(row) for row in sheet.memberships],
        "memberships_elsewhere": sheet.elsewhere,
        "posts": [_post(row) for row in sheet.posts],
        "guardians": [_link(row, "guardian") for row in sheet.guardians],
        "wards": [_link(row, "child") for row in sheet.wards],
    }


@router.get("/units", response={200: s.UnitsOut, **ERRORS})
@access(perms.ROSTER_VIEW)
def units(request: Any, limit: s.Limit = 100, offset: s.Offset = 0) -> dict[str, Any]:
    """Units within reach in tree order with the numbers of their subtrees."""
    nodes = queries.unit_tree(request.actor, today_at(None, request.now))
    items = [
        {
            **{name: getattr(node.unit, name) for name in ("id", "parent_id", "name", "kind", "level", "grade")},
            **{name: getattr(node, name) for name in ("students", "staff", "residents", "heads")},
        }
        for node in nodes[offset : offset + limit]
    ]
    return {"items": items, "count": len(nodes)}


@router.get("/units/{unit_id}/members", response={200: s.MembersOut, **ERRORS})
@access(perms.ROSTER_VIEW)
def members(request: Any, unit_id: s.Id, kind: str = "", limit: s.Limit = 60, offset: s.Offset = 0) -> dict[str, Any]:
    """Members of a unit and everything below it today."""
    return _members(request, unit_id, kind, "", limit, offset)


@router.post("/units/{unit_id}/members/search", response={200: s.MembersOut, **ERRORS})
@access(perms.ROSTER_VIEW)
def find_members(request: Any, unit_id: s.Id, body: s.FindIn) -> dict[str, Any]:
    """Members of a unit and everything below it today who match; nothing of the search stands in the address."""
    return _members(request, unit_id, body.kind, body.q, body.limit, body.offset)


def _members(request: Any, unit_id: int, kind: str, search: str, limit: int, offset: int) -> dict[str, Any]:
    if kind not in ("", *Membership.Kind.values):
        raise invalid("kind", "unknown", _("没有这种人员类别。"))
    _unit, rows = queries.members(request.actor, unit_id, today_at(None, request.now), kind=kind, search=search)
    items = [
        {
            "id": row.pk,
            "person_id": row.person_id,
            "name": row.person.name,
            "sex": row.person.sex,
            "number": row.number,
            "order": row.order,
            "unit_id": row.unit_id,
            "unit": row.unit.name,
            "kind": row.kind,
            "begins": row.begins,
        }
        for row in rows[offset : offset + limit]
    ]
    return {"items": items, "count": rows.count()}


@router.get("/persons", response={200: s.PersonsOut, **ERRORS})
@access(perms.PERSON_VIEW)
def persons(request: Any, limit: s.Limit = 60, offset: s.Offset = 0) -> dict[str, Any]:
    """Everybody within reach."""
    return _persons(request, "", limit, offset)


@router.post("/persons/search", response={200: s.PersonsOut, **ERRORS})
@access(perms.PERSON_VIEW)
def find_persons(request: Any, body: s.FindIn) -> dict[str, Any]:
    """Everybody within reach who matches; nothing of the search stands in the address."""
    return _persons(request, body.q, body.limit, body.offset)


def _persons(request: Any, search: str, limit: int, offset: int) -> dict[str, Any]:
    rows = queries.persons(request.actor, today_at(None, request.now), search=search)
    columns = ("pk", "name", "sex", "birth_date")
    items = [
        dict(zip(("id", *columns[1:]), row, strict=True)) for row in rows.values_list(*columns)[offset : offset + limit]
    ]
    return {"items": items, "count": rows.count()}


@router.post("/persons", response={201: s.PersonOut, **ERRORS})
@access(perms.PERSON_MANAGE)
def enrol(request: Any, body: s.EnrolIn) -> Status[dict[str, Any]]:
    """A new person with a first membership."""
    given = body.dict()
    unit = unit_for(request.actor, perms.ROSTER_MANAGE, given.pop("unit_id"))
    row = actions.enrol_person(request.actor, request.now, unit=unit, **given)
    return Status(201, _person(request, row.person_id))


@router.get("/persons/{person_id}", response={200: s.PersonOut, **ERRORS})
@access(perms.PERSON_VIEW)
def person(request: HttpRequest, person_id: s.Id) -> dict[str, Any]:
    """One person; numbers masked."""
    return _person(request, person_id)


@router.patch("/persons/{person_id}", response={200: s.PersonOut, **ERRORS})
@access(perms.PERSON_MANAGE)
def update(request: Any, person_id: s.Id, body: s.PersonIn) -> dict[str, Any]:
    """Change what is named; null means unchanged."""
    kept = queries.person_for(request.actor, perms.PERSON_MANAGE, person_id, today_at(None, request.now))
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    actions.update_person(request.actor, request.now, person=kept, **given)
    return _person(request, person_id)


@router.post("/persons/{person_id}/memberships", response={201: s.MembershipOut, **ERRORS})
@access(perms.ROSTER_MANAGE)
def join(request: Any, person_id: s.Id, body: s.MembershipIn) -> Status[dict[str, Any]]:
    """A person within reach belongs to a further unit."""
    kept = queries.person_for(request.actor, perms.ROSTER_MANAGE, person_id, today_at(None, request.now))
    unit = unit_for(request.actor, perms.ROSTER_MANAGE, body.unit_id)
    row = actions.add_membership(
        request.actor, request.now, person=kept, unit=unit, kind=body.kind, begins=body.begins, number=body.number
    )
    return Status(201, _membership(row))


def _own_membership(request: Any, membership_id: int) -> Membership:
    scope = permit(request.actor, perms.ROSTER_MANAGE)
    row: Membership = one(Membership.objects.in_scope(scope).filter(void_at=None), pk=membership_id)
    return row


@router.post("/memberships/{membership_id}/move", response={200: s.MembershipOut, **ERRORS})
@access(perms.ROSTER_MANAGE)
def move(request: Any, membership_id: s.Id, body: s.MoveIn) -> dict[str, Any]:
    """Another class of the same institution from a day on; answers with the new membership."""
    row = _own_membership(request, membership_id)
    unit = unit_for(request.actor, perms.ROSTER_MANAGE, body.to_unit_id)
    return _membership(actions.move_member(request.actor, request.now, membership=row, to_unit=unit, on=body.on))


@router.post("/memberships/{membership_id}/end", response={200: s.MembershipOut, **ERRORS})
@access(perms.ROSTER_MANAGE)
def leave(request: Any, membership_id: s.Id, body: s.EndIn) -> dict[str, Any]:
    """No longer here from a day on."""
    row = _own_membership(request, membership_id)
    return _membership(actions.end_membership(request.actor, request.now, membership=row, ends=body.ends))


@router.post("/persons/{person_id}/posts", response={201: s.PostOut, **ERRORS})
@access(perms.POST_MANAGE)
def assign(request: Any, person_id: s.Id, body: s.PostIn) -> Status[dict[str, Any]]:
    """A role at a unit."""
    kept = queries.person_for(request.actor, perms.POST_MANAGE, person_id, today_at(None, request.now))
    unit = unit_for(request.actor, perms.POST_MANAGE, body.unit_id)
    row = actions.assign_post(
        request.actor, request.now, person=kept, unit=unit, role=body.role, begins=body.begins, ends=body.ends
    )
    return Status(201, _post(row))


@router.post("/posts/{post_id}/end", response={200: s.PostOut, **ERRORS})
@access(perms.POST_MANAGE)
def end_post(request: Any, post_id: s.Id, body: s.EndIn) -> dict[str, Any]:
    """A role ends; the right goes with it."""
    row: Post = one(Post.objects.in_scope(permit(request.actor, perms.POST_MANAGE)).filter(void_at=None), pk=post_id)
    return _post(actions.end_post(request.actor, request.now, post=row, ends=body.ends))


@router.post("/persons/{person_id}/account", response={201: s.AccountOut, **ERRORS})
@access(perms.ACCOUNT_OPEN)
def open_account(request: Any, person_id: s.Id) -> Status[dict[str, Any]]:
    """A sign-in with a one-time password."""
    kept = queries.person_for(request.actor, perms.ACCOUNT_OPEN, person_id, today_at(None, request.now))
    account, secret = actions.open_account(request.actor, request.now, person=kept)
    return Status(201, {"username": account.username, "one_time_password": secret})


@router.post("/persons/{person_id}/guardians", response={201: s.GuardianOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def add_guardian(request: Any, person_id: s.Id, body: s.GuardianIn) -> Status[dict[str, Any]]:
    """A guardian of a child, confirmed by the school that writes it down."""
    child = queries.person_for(request.actor, perms.GUARDIAN_MANAGE, person_id, today_at(None, request.now))
    row = actions.register_guardian(request.actor, request.now, child=child, **body.dict())
    return Status(201, _link(row, "guardian"))


def _own_link(request: Any, guardianship_id: int) -> Guardianship:
    reached = persons_reached(permit(request.actor, perms.GUARDIAN_MANAGE), today_at(None, request.now))
    row: Guardianship = one(Guardianship.objects.filter(child__in=reached), pk=guardianship_id)
    return row


@router.post("/guardians/{guardianship_id}/confirm", response={200: s.GuardianOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def confirm_guardian(request: Any, guardianship_id: s.Id) -> dict[str, Any]:
    """The school confirms a link."""
    row = actions.confirm_guardian(request.actor, request.now, guardianship=_own_link(request, guardianship_id))
    return _link(row, "guardian")


@router.post("/guardians/{guardianship_id}/end", response={200: s.GuardianOut, **ERRORS})
@access(perms.GUARDIAN_MANAGE)
def end_guardian(request: Any, guardianship_id: s.Id, body: s.EndIn) -> dict[str, Any]:
    """A link ends."""
    row = _own_link(request, guardianship_id)
    return _link(actions.end_guardian(request.actor, request.now, guardianship=row, ends=body.ends), "guardian")


@router.get("/calendar/{unit_id}", response={200: s.CalendarOut, **ERRORS})
@access(perms.CALENDAR_VIEW)
def calendar(request: Any, unit_id: s.Id, first: s.Day | None = None, last: s.Day | None = None) -> dict[str, Any]:
    """Each day from `first` (today) to `last` (30 days later), at most 400 days, with what the answer rests on."""
    unit = unit_for(request.actor, perms.CALENDAR_VIEW, unit_id)
    begins: date = first or today_at(unit, request.now)
    ends: date = last or begins + timedelta(days=30)
    if not 0 <= (ends - begins).days < LONGEST_SPAN:
        raise invalid("last", "range", _("日期范围应在 1 到 400 天之间。"))
    year = calendar_of(unit)
    items = []
    for n in range((ends - begins).days + 1):
        reason = year.reason(begins + timedelta(days=n))
        said = reason.exception
        items.append(
            {
                "day": begins + timedelta(days=n),
                "is_school_day": reason.is_school_day,
                "basis": reason.basis.value,
                "kind": said.kind.value if said else "",
                "reason": said.source if said else "",
            }
        )
    return {"items": items, "count": len(items)}


@router.post("/calendar/{unit_id}/days", response={201: s.CalendarDayOut, **ERRORS})
@access(perms.CALENDAR_MANAGE)
def declare_day(request: Any, unit_id: s.Id, body: s.DayIn) -> Status[dict[str, Any]]:
    """A holiday, a make-up day, a suspension, or the withdrawal of an earlier word."""
    unit = unit_for(request.actor, perms.CALENDAR_MANAGE, unit_id)
    actions.declare_day(request.actor, request.now, unit=unit, **body.dict())
    return Status(201, calendar(request, unit_id, body.day, body.day)["items"][0])


@router.post("/calendar/{unit_id}/terms", response={201: s.TermOut, **ERRORS})
@access(perms.CALENDAR_MANAGE)
def declare_term(request: Any, unit_id: s.Id, body: s.TermIn) -> Status[Any]:
    """A term; the same name again replaces it."""
    unit = unit_for(request.actor, perms.CALENDAR_MANAGE, unit_id)
    return Status(201, actions.declare_term(request.actor, request.now, unit=unit, **body.dict()))


def _place(place: Place, occupants: int = 0) -> dict[str, Any]:
    names = ("id", "parent_id", "kind", "name", "area_m2", "capacity", "taps", "used_by_id")
    return {**{name: getattr(place, name) for name in names}, "occupants": occupants}


@router.get("/places/{unit_id}", response={200: s.PlacesOut, **ERRORS})
@access(perms.PLACE_VIEW)
def places(request: Any, unit_id: s.Id, limit: s.Limit = 100, offset: s.Offset = 0) -> dict[str, Any]:
    """Places of an institution in tree order."""
    _unit, rows = queries.places(request.actor, unit_id, today_at(None, request.now))
    return {"items": [_place(r.place, r.occupants) for r in rows[offset : offset + limit]], "count": len(rows)}


@router.post("/places/{unit_id}", response={201: s.PlaceOut, **ERRORS})
@access(perms.PLACE_MANAGE)
def add_place(request: Any, unit_id: s.Id, body: s.PlaceIn) -> Status[dict[str, Any]]:
    """One more place."""
    unit = unit_for(request.actor, perms.PLACE_MANAGE, unit_id)
    given = body.dict()
    parent_id, used_by_id = given.pop("parent_id"), given.pop("used_by_id")
    parent = one(Place.objects.filter(unit=unit), pk=parent_id) if parent_id is not None else None
    used_by = unit_for(request.actor, perms.PLACE_MANAGE, used_by_id) if used_by_id is not None else None
    return Status(
        201, _place(actions.add_place(request.actor, request.now, unit=unit, parent=parent, used_by=used_by, **given))
    )


from lianfang.people.api import doors, groups, joining, linkbook, privacy  # noqa: E402, F401 - operations that share the router
