"""/api/reporting: boards, signing, amending, reports, the bureau's table; the same actions as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from lianfang.foundation.access import access
from lianfang.foundation.apischemas import ERRORS, Day, Instant
from lianfang.foundation.errors import invalid
from lianfang.kernel.clock import instant_from
from lianfang.kernel.decisions import Reason
from lianfang.reporting import actions, perms, queries, rules, tables
from lianfang.reporting.actions import Statement
from lianfang.reporting.models import Report
from lianfang.reporting.presenting import in_language, received_at
from lianfang.reporting.queries import Board, Row
from lianfang.reporting.schemas import (
    BoardOut,
    ExcuseIn,
    ExcuseOut,
    FormOut,
    ReportDetailOut,
    ReportOut,
    ReportsOut,
    SignIn,
    StatementIn,
)
from lianfang.reporting.wording import reason_words

router = Router(tags=["reporting"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Limit = Annotated[int, Field(ge=1, le=500)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
FILE = {
    "responses": {200: {"description": "OK", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}}
}


@router.get("/boards/{kind_id}/{unit_id}/{day}", response={200: BoardOut, **ERRORS})
@access(perms.REPORT_VIEW)
def board(
    request: Any,
    kind_id: str,
    unit_id: Id,
    day: Day,
    known_at: Instant | None = None,
    limit: Limit = 200,
    offset: Offset = 0,
) -> dict[str, Any]:
    """A unit's report of a day with the units below it, now or as known at an earlier instant (with offset)."""
    shown = queries.board(request.actor, kind_id, unit_id, day, request.now, known_at)
    return _board(shown, limit, offset)


@router.get("/forms/{kind_id}/{unit_id}/{day}", response={200: FormOut, **ERRORS})
@access(perms.REPORT_SIGN)
def form(request: Any, kind_id: str, unit_id: Id, day: Day) -> dict[str, Any]:
    """What a signer looks over before signing, all rows at once."""
    shown = queries.form(request.actor, kind_id, unit_id, day, request.now)
    gathered = shown.picture.gathered
    return _board(shown, len(shown.rows), 0) | {
        "figures": dict(gathered.figures),
        "seen": shown.seen,
        "verdict": rules.verdict(shown.kind, gathered.figures).value,
        "broken_checks": [in_language(shown.kind.checks[i].label) for i in gathered.broken],
    }


@router.post("/reports", response={200: ReportOut, **ERRORS})
@access(perms.REPORT_SIGN)
def sign(request: Any, body: SignIn) -> dict[str, Any]:
    """Sign a unit's report. The same client id with the same content again answers with the same report."""
    signed = actions.sign_report(
        request.actor,
        request.now,
        kind_id=body.kind,
        unit_id=body.unit_id,
        day=body.day,
        statement=_statement(request, body),
    )
    return _report(signed)


@router.post("/reports/{report_id}/amendments", response={200: ReportOut, **ERRORS})
@access(perms.REPORT_SIGN)
def amend(request: Any, report_id: Id, body: StatementIn) -> dict[str, Any]:
    """Put an amendment beside a signed report; `reason` is asked for."""
    return _report(
        actions.amend_report(request.actor, request.now, report_id=report_id, statement=_statement(request, body))
    )


@router.get("/reports/{report_id}", response={200: ReportDetailOut, **ERRORS})
@access(perms.REPORT_VIEW)
def report(request: Any, report_id: Id) -> dict[str, Any]:
    """One signed report with what it rests on and its other versions."""
    row, sight = queries.report(request.actor, report_id)
    units = [
        {
            "unit_id": item["unit"],
            "unit": item["name"],
            "level": item["level"],
            "state": item["state"],
            "late": item["late"],
            "counts": item["counts"],
        }
        for item in queries.basis_units(sight, row)
    ]
    return _report(row) | {"units": units, "versions": [_report(v) for v in queries.versions(row)]}


@router.get("/units/{unit_id}/reports", response={200: ReportsOut, **ERRORS})
@access(perms.REPORT_VIEW)
def reports(
    request: Any,
    unit_id: Id,
    day: Day,
    kind: str = "daily-zero",
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """The reports in force of a unit, newest first. `day`: on which the kind and the right to see it are judged."""
    _sight, rows = queries.report_history(request.actor, kind, unit_id, day)
    return {"items": [_report(row) for row in rows[offset : offset + limit]], "count": rows.count()}


@router.post("/lateness", response={200: ExcuseOut, **ERRORS})
@access(perms.LATENESS_EXCUSE)
def excuse(request: Any, body: ExcuseIn) -> dict[str, Any]:
    """Accept the reason of a late report. It stays late."""
    row = actions.excuse_lateness(
        request.actor, request.now, kind_id=body.kind, unit_id=body.unit_id, day=body.day, reason=body.reason
    )
    return {"unit_id": row.unit_id, "day": row.day, "reason": row.reason, "excused_at": row.excused_at}


@router.get("/tables/{layout_id}/{unit_id}/{day}", response=ERRORS, openapi_extra=FILE)
@access(perms.REPORT_VIEW)
def table(request: Any, layout_id: str, unit_id: Id, day: Day) -> HttpResponse:
    """The bureau's table of a unit for a day, as XLSX."""
    content = tables.bureau_table(request.actor, layout_id, unit_id, day, request.now)
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{layout_id}-{unit_id}-{day.isoformat()}.xlsx"'
    return response


def _statement(request: Any, body: StatementIn) -> Statement:
    return Statement(
        client_id=body.client_id,
        seen=body.seen,
        states_zero=body.states_zero,
        accepted_unanswered=tuple(body.accepted_unanswered),
        reason=body.reason,
        true_at=body.true_at,
        client_now=_client_now(request),
    )


def _client_now(request: Any) -> datetime | None:
    """The sending clock's reading, from X-Client-Now."""
    text = request.headers.get("X-Client-Now", "")
    if not text:
        return None
    at = instant_from(text)
    if at is None:
        raise invalid("X-Client-Now", "format", _("手机时间的格式不对，没有保存。请刷新页面再试。"))
    return at


def _reasons(reasons: tuple[Reason, ...], time_zone: str) -> list[dict[str, Any]]:
    return [
        {
            "rule_id": r.rule_id,
            "version": r.version,
            "facts": r.as_json()["facts"],
            "text": reason_words(r, time_zone),
        }
        for r in reasons
    ]


def _board(shown: Board, limit: int, offset: int) -> dict[str, Any]:
    line, gathered, zone = shown.line, shown.picture.gathered, shown.line.owed.time_zone
    visible = {row.unit.pk for row in shown.rows} | set(shown.names)
    return {
        "kind": shown.kind.id,
        "kind_version": shown.kind.version,
        "unit_id": shown.unit.pk,
        "unit": shown.unit.name,
        "level": shown.level_id,
        "day": shown.picture.day,
        "at": shown.picture.at,
        "known_at": shown.picture.known_at,
        "opens_at": line.owed.hours.opens_at,
        "due_at": line.owed.hours.due_at,
        "time_zone": zone,
        "state": line.state.value,
        "late": line.lateness.late,
        "changes_at": line.state.changes_at,
        "reasons": _reasons(line.state.reasons, zone),
        "figures": dict(shown.figures) if shown.figures is not None else None,
        "report_id": shown.report.pk if shown.report is not None else None,
        "changes": dict(line.changes) if shown.sight.plain else {},
        "unanswered": [i for i in gathered.unanswered if i in visible],
        "unsigned": [i for i in gathered.unsigned if i in visible],
        "excused": [i for i in gathered.excused if i in visible],
        "items": [_row(row) for row in shown.rows[offset : offset + limit]],
        "count": len(shown.rows),
    }


def _row(row: Row) -> dict[str, Any]:
    line = row.line
    return {
        "unit_id": line.unit.pk,
        "unit": line.unit.name,
        "level": line.owed.level_id,
        "state": row.state,
        "late": line.lateness.late,
        "late_seconds": int(line.lateness.by.total_seconds()),
        "lateness_excuse": line.lateness.excuse,
        "received_at": received_at(line),
        "members": line.members,
        "counts": _counts(row.counts),
        "answered_below": row.answered,
        "units_below": row.below,
        "signed": line.part().signed,
        "changes": dict(row.changes),
        "reasons": [] if row.reduced else _reasons(line.state.reasons, line.owed.time_zone),
    }


def _counts(counts: Mapping[str, int | None] | None) -> dict[str, int | None] | None:
    return dict(counts) if counts is not None else None


def _report(row: Report) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "kind_version": row.kind_version,
        "level": row.level,
        "unit_id": row.unit_id,
        "unit": row.unit.name,
        "day": row.day,
        "verdict": row.verdict,
        "figures": row.figures,
        "due_at": row.due_at,
        "true_at": row.true_at,
        "signed_at": row.signed_at,
        "first_signed_at": row.first_signed_at,
        "late": (row.first_signed_at - row.due_at).total_seconds() > row.grace_minutes * 60,
        "late_reason": row.late_reason,
        "signed_by": row.signed_by.display_name or row.signed_by.username,
        "stand_in": row.stand_in,
        "journal_seq": row.journal_seq,
        "amends": row.amends_id,
        "reason": row.reason,
        "superseded_at": row.superseded_at,
    }
