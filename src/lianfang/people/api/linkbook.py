"""The link book in the API: the same actions as the pages."""

from __future__ import annotations

from typing import Any

from ninja import Status

from lianfang.foundation.access import access, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.people import actions, perms
from lianfang.people.actions.following import today_at
from lianfang.people.api import router
from lianfang.people.models import LinkCall
from lianfang.people.queries.linkbook import LinkLine, line, link_book
from lianfang.people.schemas import Id
from lianfang.people.schemas import responsibility as s


def _call(row: LinkCall | None) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in ("id", "outcome", "note", "called_at")} if row is not None else None


def _link(item: LinkLine) -> dict[str, Any]:
    names = ("id", "kind", "name", "contact", "private", "note")
    own = {name: getattr(item.entry, name) for name in names}
    return {**own, "number": item.number, "wrong": item.wrong, "call": _call(item.call)}


@router.get("/units/{unit_id}/links", response={200: s.LinkBookOut, **ERRORS})
@access(perms.LINKBOOK_VIEW)
def book(request: Any, unit_id: Id, wrong: bool = False) -> dict[str, Any]:
    """The link book of a unit; with `wrong` only numbers to be mended."""
    unit = unit_for(request.actor, perms.LINKBOOK_VIEW, unit_id)
    found = link_book(request.actor, unit_id, today_at(unit, request.now), wrong_only=wrong)
    return {"items": [_link(item) for item in found.lines], "wrong": found.wrong}


@router.post("/units/{unit_id}/links", response={201: s.LinkOut, **ERRORS})
@access(perms.LINKBOOK_MANAGE)
def add(request: Any, unit_id: Id, body: s.LinkIn) -> Status[dict[str, Any]]:
    """A new entry from today on."""
    unit = unit_for(request.actor, perms.LINKBOOK_MANAGE, unit_id)
    return Status(201, _link(line(actions.add_link(request.actor, request.now, unit=unit, **body.dict()), None, True)))


@router.post("/links/{entry_id}/mend", response={200: s.LinkOut, **ERRORS})
@access(perms.LINKBOOK_MANAGE)
def mend(request: Any, entry_id: Id, body: s.LinkIn) -> dict[str, Any]:
    """Correct an entry; answers with the new one, which replaces it."""
    return _link(line(actions.mend_link(request.actor, request.now, entry_id=entry_id, **body.dict()), None, True))


@router.post("/links/{entry_id}/end", response={200: s.LinkOut, **ERRORS})
@access(perms.LINKBOOK_MANAGE)
def end(request: Any, entry_id: Id) -> dict[str, Any]:
    """Take an entry out of the book."""
    return _link(line(actions.end_link(request.actor, request.now, entry_id=entry_id), None, True))


@router.post("/links/{entry_id}/calls", response={201: s.LinkCallOut, **ERRORS})
@access(perms.LINKBOOK_CALL)
def called(request: Any, entry_id: Id, body: s.LinkCallIn) -> Status[Any]:
    """What came of calling an entry."""
    return Status(201, _call(actions.record_call(request.actor, request.now, entry_id=entry_id, **body.dict())))
