"""Data protection in the API: the same actions and queries as the pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from ninja import Status

from lianfang.foundation.access import access, public
from lianfang.foundation.apischemas import ERRORS
from lianfang.foundation.files import read_file
from lianfang.kernel.clock import local_date
from lianfang.people import perms
from lianfang.people.actions import consents as saying
from lianfang.people.actions import privacy as asking
from lianfang.people.actions.terms import shorten_term
from lianfang.people.api import router
from lianfang.people.models import DataRequest
from lianfang.people.queries import consents
from lianfang.people.queries import privacy as queries
from lianfang.people.schemas import Id, Limit, Offset
from lianfang.people.schemas import privacy as s
from lianfang.people.words import text_of

ARCHIVE = {
    "responses": {
        200: {"description": "OK", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
    }
}


def _term(row: queries.TermRow, **more: Any) -> dict[str, Any]:
    return {
        "item": row.item,
        "label": text_of(row.kept.label),
        "start": row.kept.start,
        "days": row.days,
        "most": row.kept.days,
        "least": row.kept.at_least,
        "needs_review": row.kept.needs_review or row.purpose.needs_review,
        **more,
    }


def _request(row: DataRequest) -> dict[str, Any]:
    names = ("id", "person_id", "unit_id", "kind", "asked_at", "due_at", "decision", "answered_at")
    return {**{name: getattr(row, name) for name in names}, "text": row.text or "", "answer": row.answer or ""}


@router.get("/privacy/purposes", response={200: s.PurposesOut, **ERRORS}, auth=None)
@public
def purposes(request: Any) -> dict[str, Any]:
    """What is kept, why, on which basis, who sees it and how long."""
    table = queries.purpose_table(None, local_date(request.now, settings.TIME_ZONE))
    items = [
        {
            "id": purpose.id,
            "label": text_of(purpose.label),
            "text": text_of(purpose.text),
            "basis": purpose.basis,
            "source": list(purpose.source),
            "seen_by": list(purpose.seen_by),
            "needs_review": purpose.needs_review,
            "terms": [_term(row) for row in rows],
        }
        for purpose, rows in table
    ]
    return {"version": consents.notice_version(), "items": items}


@router.get("/privacy/persons/{person_id}", response={200: s.PrivacyOut, **ERRORS})
@access(perms.PRIVACY_OWN)
def own_sheet(request: Any, person_id: Id) -> dict[str, Any]:
    """One's own or one's child's data: who looked, what is kept, consents, requests."""
    sheet = queries.privacy_sheet(request.actor, person_id, request.now)
    looks = [
        {
            "at": look.at,
            "who": look.who,
            "roles": look.roles,
            "unit": look.unit,
            "purpose": look.purpose.id if look.purpose else "",
        }
        for look in sheet.looks
    ]
    return {
        "person_id": sheet.person.pk,
        "notice_seen": sheet.notice_seen,
        "looks": looks,
        "kept": [_term(row, rows=row.rows, until=row.until) for row in sheet.kept],
        "consents": [{"purpose": r.purpose.id, "allowed": r.allowed, "mine": r.mine} for r in sheet.consents],
        "requests": [_request(row) for row in sheet.requests],
    }


@router.post("/privacy/seen", response={200: s.SeenOut, **ERRORS})
@access(perms.PRIVACY_OWN)
def notice_seen(request: Any) -> dict[str, Any]:
    """The actor has seen the notice in its present version."""
    saying.see_notice(request.actor, request.now)
    return {"version": consents.notice_version()}


@router.post("/privacy/persons/{person_id}/consents", response={200: s.ConsentOut, **ERRORS})
@access(perms.PRIVACY_OWN)
def say_consent(request: Any, person_id: Id, body: s.ConsentIn) -> dict[str, Any]:
    """Give, refuse or withdraw consent."""
    row = saying.say_consent(request.actor, request.now, person_id=person_id, **body.dict())
    today = local_date(request.now, settings.TIME_ZONE)
    return {"purpose": row.purpose, "mine": row.word, "allowed": consents.allows(person_id, row.purpose, today)}


@router.post("/privacy/persons/{person_id}/requests", response={201: s.RequestOut, **ERRORS})
@access(perms.PRIVACY_OWN)
def ask_about_data(request: Any, person_id: Id, body: s.RequestIn) -> Any:
    """Ask the school to correct, erase or explain."""
    return Status(201, _request(asking.ask_about_data(request.actor, request.now, person_id=person_id, **body.dict())))


@router.post("/privacy/copies", response={201: s.CopyOut, **ERRORS})
@access(perms.PRIVACY_OWN)
def copy_own_data(request: Any) -> Any:
    """Make an archive of one's own and one's children's data."""
    row = asking.copy_own_data(request.actor, request.now)
    return Status(201, {"id": row.pk, "made_at": row.made_at})


@router.get("/privacy/copies/{copy_id}", response=ERRORS, openapi_extra=ARCHIVE)
@access(perms.PRIVACY_OWN)
def own_copy(request: Any, copy_id: Id) -> HttpResponse:
    """The archive (application/zip)."""
    content = read_file(queries.copy_file(request.actor, copy_id))
    return HttpResponse(content, content_type="application/zip", headers={"Cache-Control": "no-store"})


@router.get("/privacy/units/{unit_id}/requests", response={200: s.RequestsOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def requests_of_unit(request: Any, unit_id: Id, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Requests that the institution has to answer, the open ones first."""
    _unit, rows = queries.requests_of(request.actor, unit_id)
    return {"items": [_request(row) for row in rows[offset : offset + limit]], "count": len(rows)}


@router.post("/privacy/requests/{request_id}/answer", response={200: s.RequestOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def answer_request(request: Any, request_id: Id, body: s.AnswerIn) -> dict[str, Any]:
    """Decide a request and answer it in words."""
    return _request(asking.answer_request(request.actor, request.now, request_id=request_id, **body.dict()))


@router.get("/privacy/units/{unit_id}/retention", response={200: s.RetentionOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def retention(request: Any, unit_id: Id) -> dict[str, Any]:
    """Terms as they hold here, how many rows there are, and how many the next night would remove."""
    unit, rows, _runs = queries.retention_preview(request.actor, unit_id, request.now)
    return {"unit_id": unit.pk, "items": [_term(row.term, held=row.held, due=row.due) for row in rows]}


@router.post("/privacy/units/{unit_id}/retention", response={200: s.RetentionOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def shorten(request: Any, unit_id: Id, body: s.ShortenIn) -> dict[str, Any]:
    """Shorten one term (days null: as inherited)."""
    shorten_term(request.actor, request.now, unit_id=unit_id, **body.dict())
    return retention(request, unit_id)


@router.post("/privacy/persons/{person_id}/erase", response={200: s.ErasureOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def erase(request: Any, person_id: Id, body: s.EraseIn) -> Any:
    """Erase one person, as far as no duty to keep stands against it."""
    row = asking.erase_person(request.actor, request.now, person_id=person_id, reason=body.reason)
    return {"person_id": row.person_id, "whole": row.whole, "removed": row.removed, "held_back": row.held_back}


@router.get("/privacy/units/{unit_id}/years/{year}", response={200: s.YearOut, **ERRORS})
@access(perms.PRIVACY_MANAGE)
def compliance(request: Any, unit_id: Id, year: s.Year) -> dict[str, Any]:
    """The year's compliance report."""
    report = queries.year_report(request.actor, unit_id, year)
    names = ("year", "requests", "answer_days", "runs", "erasures", "copies")
    return {
        **{name: getattr(report, name) for name in names},
        "unit_id": report.unit.pk,
        "items": [{**row, "purpose": row["purpose"].id} for row in report.rows],
        "looks": {role or "none": number for role, number in report.looks},
    }
