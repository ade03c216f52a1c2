"""/api/daily: what the pages do, through the same actions and queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field

from lianfang.daily import queries
from lianfang.daily.actions import (
    print_sheet,
    record_early_leave,
    save_check,
    save_checks,
    submit_report,
    submit_reports,
)
from lianfang.daily.perms import CHECK_SAVE, COVERAGE_VIEW, LEAVE_RECORD, REPORT_OWN, REPORT_SUBMIT, ROLL_VIEW
from lianfang.daily.queries import SheetView
from lianfang.daily.rules import Mark, Statement
from lianfang.daily.schemas import (
    MOST,
    CheckIn,
    CheckOut,
    CheckResult,
    HealthReportOut,
    LeaveIn,
    LeaveOut,
    OwnRollOut,
    ReportIn,
    ReportResult,
    RollOut,
    Sent,
    SheetIn,
    SheetOut,
    SubjectOut,
    UnitChangesOut,
    UnitCoverageOut,
    UnitDayOut,
)
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.apischemas import ERRORS, Day, Instant
from lianfang.foundation.errors import ActionError, Conflict, Forbidden, Invalid, NotFound, invalid
from lianfang.foundation.shortway import short_way
from lianfang.kernel.clock import instant_from

router = Router(tags=["daily"])


def client_id_of(request: HttpRequest, sent: Sent) -> UUID:
    """The submission's id, from the body or the header Idempotency-Key. Raises Invalid when there is none."""
    if sent.client_id is not None:
        return sent.client_id
    try:
        return UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        raise invalid("client_id", "required", _("缺少提交编号（client_id 或 Idempotency-Key）。")) from None


def client_now_of(request: HttpRequest) -> datetime | None:
    """The phone's clock at sending (header X-Client-Now), None when it is missing or unreadable."""
    return instant_from(request.headers.get("X-Client-Now", ""))


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _own_id(sent: Sent, index: int) -> UUID:
    if sent.client_id is None:
        raise invalid(f"{index}.client_id", "required", _("批量提交时每一项都要有自己的 client_id。"))
    return sent.client_id


def _problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, Invalid):
        fields = [{"field": e.field, "code": e.code, "message": str(e.message)} for e in error.errors]
        return {"code": "invalid", "message": _("有内容需要改正，已填的内容没有丢失。"), "errors": fields}
    if isinstance(error, Conflict):
        return {"code": "conflict", "message": str(error.message), "errors": []}
    if isinstance(error, NotFound):
        return {"code": "not_found", "message": _("没有找到，或不在您的范围内。"), "errors": []}
    if isinstance(error, Forbidden):
        return {"code": "forbidden", "message": _("您的岗位没有这项权限。"), "errors": []}
    raise error


def _results(results: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"status": r.status, "problem": _problem(r)}
        if isinstance(r, ActionError)
        else {"status": 500, "problem": _problem(r)}
        if isinstance(r, Exception)
        else {"status": 200, "answer": r.as_json()}
        for r in results
    ]


@router.post("/checks", response={200: CheckOut | list[CheckResult], **ERRORS})
@access(CHECK_SAVE)
@short_way(CheckIn.model_validate, save_check)
def save_roll_checks(
    request: HttpRequest, body: CheckIn | Annotated[list[CheckIn], Field(max_length=MOST)]
) -> dict[str, Any] | list[dict[str, Any]]:
    """Save one roll, or a list of rolls; a list answers item by item with a status each."""
    actor, client_now = _actor(request), client_now_of(request)
    if isinstance(body, CheckIn):
        return save_check(body.item(actor, client_id_of(request, body), client_now)).as_json()
    items = [sent.item(actor, _own_id(sent, index), client_now) for index, sent in enumerate(body)]
    return _results(save_checks(items))


@router.post("/reports", response={200: HealthReportOut | list[ReportResult], **ERRORS})
@access(REPORT_SUBMIT)
@short_way(ReportIn.model_validate, submit_report)
def submit_health_reports(
    request: HttpRequest, body: ReportIn | Annotated[list[ReportIn], Field(max_length=MOST)]
) -> dict[str, Any] | list[dict[str, Any]]:
    """Report one's own or a child's health, or that of members of one's class; a list answers item by item."""
    actor, client_now = _actor(request), client_now_of(request)
    if isinstance(body, ReportIn):
        return submit_report(body.item(actor, client_id_of(request, body), client_now)).as_json()
    items = [sent.item(actor, _own_id(sent, index), client_now) for index, sent in enumerate(body)]
    return _results(submit_reports(items))


@router.post("/early-leaves", response={200: LeaveOut, **ERRORS})
@access(LEAVE_RECORD)
def record_leave(request: HttpRequest, body: LeaveIn) -> dict[str, Any]:
    """Record that somebody leaves before the end of the day."""
    item = body.item(_actor(request), client_id_of(request, body), client_now_of(request))
    (result,) = record_early_leave([item])
    if isinstance(result, Exception):
        raise result
    return result.as_json()


@router.get("/rolls/{unit_id}/{day}/{session}", response={200: RollOut, **ERRORS})
@access(ROLL_VIEW)
def get_roll(request: HttpRequest, unit_id: int, day: Day, session: str) -> dict[str, Any]:
    """The roll with known absences, this morning's reports and what is filled in."""
    roll = queries.roll(_actor(request), unit_id, day, session, request.now)  # type: ignore[attr-defined]
    return {
        "unit_id": roll.unit.pk,
        "unit": roll.unit.name,
        "day": roll.day,
        "session": roll.session,
        "expected": roll.expected,
        "check_id": roll.check.check_id if roll.check else None,
        "all_well": roll.check.all_well if roll.check else None,
        "received_at": roll.check.received_at if roll.check else None,
        "rows": [
            {
                "person_id": row.member.person_id,
                "name": row.member.name,
                "number": row.member.number,
                "order": row.member.order,
                "mark": _mark(row.mark) if row.mark else None,
                "known": {
                    "since": row.known.since,
                    "school_days": row.known.school_days,
                    "cause": row.known.mark.cause,
                }
                if row.known
                else None,
                "reports": [_statement(said) for said in row.reports],
                "open": [c.report_id for c in row.open],
                "left_at": row.left.at if row.left else None,
                "room": row.room,
                "absent_in_class": bool(row.said_in_class and row.said_in_class.mark and row.said_in_class.mark.absent),
            }
            for row in roll.rows
        ],
    }


@router.get("/own-rolls", response={200: list[OwnRollOut], **ERRORS})
@access(ROLL_VIEW)
def get_own_rolls(request: HttpRequest) -> list[dict[str, Any]]:
    """Today's rolls of one's own dormitory, lesson, office or bus."""
    return [
        {
            "unit_id": r.unit.pk,
            "unit": r.unit.name,
            "day": r.day,
            "session": r.session,
            "check_id": r.check.check_id if r.check else None,
            "link": r.link,
        }
        for r in queries.own_rolls(_actor(request), request.now)  # type: ignore[attr-defined]
    ]


@router.post("/sheets", response={201: SheetOut, **ERRORS})
@access(ROLL_VIEW)
def make_sheet(request: HttpRequest, body: SheetIn) -> Status[dict[str, Any]]:
    """A roll to print; what is written on it is entered as a check that names it."""
    now = request.now  # type: ignore[attr-defined]
    made = print_sheet(_actor(request), now, unit_id=body.unit_id, session=body.session, day=body.day, week=body.week)
    return Status(201, _sheet(queries.sheet_view(_actor(request), made.uid, now)))


@router.get("/sheets/{uid}", response={200: SheetOut, **ERRORS})
@access(ROLL_VIEW)
def get_sheet(request: HttpRequest, uid: UUID) -> dict[str, Any]:
    """A printed roll and which of its days are still to be entered."""
    return _sheet(queries.sheet_view(_actor(request), uid, request.now))  # type: ignore[attr-defined]


def _sheet(view: SheetView) -> dict[str, Any]:
    names = ("uid", "unit_id", "session", "first", "last")
    return {**{name: getattr(view.sheet, name) for name in names}, "due": view.due}


def _mark(mark: Mark) -> dict[str, Any]:
    return asdict(mark)


def _statement(said: Statement) -> dict[str, Any]:
    return asdict(said)


@router.get("/subjects", response={200: list[SubjectOut], **ERRORS})
@access(REPORT_OWN)
def get_subjects(request: HttpRequest) -> list[dict[str, Any]]:
    """For whom the signed-in account reports: children and itself."""
    listed = queries.own_subjects(_actor(request), request.now)  # type: ignore[attr-defined]
    return [
        {
            "person_id": s.person_id,
            "name": s.name,
            "relation": s.relation,
            "unit_id": s.unit.pk,
            "unit": s.unit.name,
            "institution": s.institution,
            "day": s.day,
            "report_ids": [r.pk for r in s.reports],
        }
        for s in listed
    ]


@router.get("/changes/{unit_id}", response={200: list[UnitChangesOut], **ERRORS})
@access(ROLL_VIEW)
def get_changes(request: HttpRequest, unit_id: int, day: Day) -> list[dict[str, Any]]:
    """What changed since the last checked day, class by class."""
    listed = queries.changes_since_yesterday(_actor(request), unit_id, day)
    return [
        {
            "unit_id": item.unit.pk,
            "unit": item.unit.name,
            "session": item.session,
            "before": item.before,
            "changes": [
                {
                    "kind": kind,
                    "person_id": member.person_id,
                    "name": member.name,
                    "number": member.number,
                    "cause": mark.cause if mark else "",
                    "since": mark.since if mark else None,
                }
                for kind, member, mark in item.rows()
            ],
        }
        for item in listed
    ]


@router.get("/coverage/{unit_id}", response={200: list[UnitCoverageOut], **ERRORS})
@access(COVERAGE_VIEW)
def get_coverage(request: HttpRequest, unit_id: int, day: Day) -> list[dict[str, Any]]:
    """Who has not answered, class by class; names only for whoever may see the roll."""
    return [
        {
            "unit_id": item.unit.pk,
            "unit": item.unit.name,
            "expected": item.expected,
            "answered": item.answered,
            "unanswered": item.unanswered,
            "sessions": list(item.sessions),
            "missing": None
            if item.missing is None
            else [{"person_id": m.person_id, "name": m.name, "number": m.number} for m in item.missing],
        }
        for item in queries.report_coverage(_actor(request), unit_id, day)
    ]


@router.get("/days/{unit_id}/{day}", response={200: UnitDayOut, **ERRORS})
@access(ROLL_VIEW)
def get_day(
    request: HttpRequest, unit_id: int, day: Day, known_at: Annotated[Instant | None, Query()] = None
) -> dict[str, Any]:
    """A class's day: each person's status and every check with its corrections, as known at an instant."""
    view = queries.unit_day(_actor(request), unit_id, day, request.now, known_at)  # type: ignore[attr-defined]
    return {
        "unit_id": view.unit.pk,
        "unit": view.unit.name,
        "day": view.day,
        "known_at": view.known_at,
        "rows": [
            {
                "person_id": row.member.person_id,
                "name": row.member.name,
                "number": row.member.number,
                "status": row.status.value,
                "why": row.status.reasons[0].text_key,
            }
            for row in view.rows
        ],
        "checks": [
            {
                "id": v.check.pk,
                "session": v.check.session,
                "state": "all_well" if v.check.all_well else "exceptions",
                "by": v.by,
                "true_at": v.check.true_at,
                "received_at": v.check.received_at,
                "replaced_at": v.replaced_at,
                "reason": v.check.correction_reason,
                "stand_in": v.check.stand_in,
                "on_paper": v.check.on_paper,
            }
            for v in view.versions
        ],
    }
