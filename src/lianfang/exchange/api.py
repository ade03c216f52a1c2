"""/api/exchange: rosters in and out, through the same actions and queries as the pages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpResponse
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from lianfang.exchange import actions, perms, progress, queries, words
from lianfang.exchange import schemas as s
from lianfang.exchange.actions.mapping import SaidSheet
from lianfang.exchange.export import roster_sheet
from lianfang.exchange.models import RosterImport
from lianfang.exchange.sheets import MAX_BYTES
from lianfang.exchange.views import XLSX, download
from lianfang.foundation.access import access, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.foundation.errors import Invalid

router = Router(tags=["exchange"])
FILE = {
    "responses": {200: {"description": "OK", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}}
}


def _import(row: RosterImport) -> dict[str, Any]:
    names = ("id", "unit_id", "source", "state", "effective", "school_year", "counts", "new_units", "created_at")
    return {
        **{name: getattr(row, name) for name in names},
        "committed_at": row.committed_at,
        "failure": words.failure_words(row.failure),
        "unit": row.unit.name,
        "file": row.file.name if row.file is not None else "",
        "outcome": row.progress,
    }


@router.get("/imports", response={200: s.ImportsOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def imports(request: Any, limit: s.Limit = 20, offset: s.Offset = 0) -> dict[str, Any]:
    """Imports within reach, newest first."""
    rows = queries.imports(request.actor)
    return {"items": [_import(row) for row in rows[offset : offset + limit]], "count": rows.count()}


@router.post("/imports", response={201: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def upload(
    request: Any,
    unit_id: Form[s.Id],
    file: File[UploadedFile],
    effective: Form[date | None] = None,
) -> Status[dict[str, Any]]:
    """Upload an XLSX or CSV and preview it. Nothing of the roster changes. Where no header is understood the state stays
    `uploaded` until somebody has said what the columns are."""
    unit = unit_for(request.actor, perms.ROSTER_IMPORT, unit_id)
    row = actions.upload_roster(
        request.actor,
        request.now,
        institution=unit,
        name=file.name or "",
        content=file.read(MAX_BYTES + 1),
        effective=effective,
    )
    try:
        return Status(201, _import(actions.preview(request.actor, request.now, roster_import=row)))
    except Invalid as refused:
        if any(error.code == "file.no_header" for error in refused.errors):
            return Status(201, _import(row))  # state "uploaded": say what the columns are
        raise


@router.get("/imports/{import_id}", response={200: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def roster_import(request: Any, import_id: s.Id) -> dict[str, Any]:
    """One import."""
    return _import(queries.import_for(request.actor, import_id))


@router.get("/imports/{import_id}/changes", response={200: s.ChangesOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def changes(
    request: Any,
    import_id: s.Id,
    kind: s.Kind | None = None,
    subject: s.Subject | None = None,
    where: s.Choice = "",
    fault: s.Choice = "",
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> dict[str, Any]:
    """The changeset, errors first; chosen by kind, class, code of the first error, and what it is about."""
    row = queries.import_for(request.actor, import_id)
    rows = queries.changeset(request.actor, row, kind=kind or "", subject=subject or "", where=where, fault=fault)
    return {"items": [asdict(view) for view in queries.shown(rows[offset : offset + limit])], "count": rows.count()}


@router.post("/imports/{import_id}/search", response={200: s.ChangesOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def search(request: Any, import_id: s.Id, body: s.ChangeSearchIn) -> dict[str, Any]:
    """Rows of a name or number; posted, so that it stays out of addresses."""
    row = queries.import_for(request.actor, import_id)
    found = queries.found_in(queries.changeset(request.actor, row, kind=body.kind or ""), body.text)
    part = found[body.offset : body.offset + body.limit]
    return {"items": [asdict(view) for view in queries.shown(part)], "count": len(found)}


@router.get("/imports/{import_id}/columns", response={200: list[s.ImportSheetOut], **ERRORS})
@access(perms.ROSTER_IMPORT)
def columns(request: Any, import_id: s.Id) -> list[dict[str, Any]]:
    """How each sheet of the file is understood: its kind, header and columns."""
    return [asdict(view) for view in queries.sheets_seen(request.actor, queries.import_for(request.actor, import_id))]


@router.put("/imports/{import_id}/columns", response={200: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def say_columns(request: Any, import_id: s.Id, body: s.SaidIn) -> dict[str, Any]:
    """Say what the columns are; remembered for the school, and previewed again."""
    row = queries.import_for(request.actor, import_id)
    said = [SaidSheet(one.name, one.kind, one.row, {c.index: c.field for c in one.columns}) for one in body.sheets]
    return _import(actions.say_columns(request.actor, request.now, roster_import=row, sheets=said))


@router.post("/rollovers", response={201: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def rollover(request: Any, body: Form[s.RolloverIn], file: File[UploadedFile | None] = None) -> Status[dict[str, Any]]:
    """Rehearse a new school year; it is seen, decided, committed and cancelled like any import."""
    unit = unit_for(request.actor, perms.ROSTER_IMPORT, body.unit_id)
    row = actions.start_rollover(
        request.actor,
        request.now,
        institution=unit,
        effective=body.effective,
        last_grade=body.last_grade,
        first_classes=body.first_classes,
        reshuffle=tuple(body.reshuffle),
        teachers=body.teachers,
        name=(file.name or "") if file else "",
        content=file.read(MAX_BYTES + 1) if file else None,
    )
    return Status(201, _import(row))


@router.post("/imports/{import_id}/preview", response={200: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def preview(request: Any, import_id: s.Id) -> dict[str, Any]:
    """Preview again, against the roster as it is now."""
    row = queries.import_for(request.actor, import_id)
    return _import(actions.preview(request.actor, request.now, roster_import=row))


@router.post("/imports/{import_id}/decide", response={200: s.DecidedOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def decide(request: Any, import_id: s.Id, body: s.DecideIn) -> dict[str, int]:
    """Accept or decline rows."""
    row = queries.import_for(request.actor, import_id)
    number = actions.decide(
        request.actor,
        request.now,
        roster_import=row,
        decision=body.decision,
        change_ids=body.change_ids,
        kind=body.kind or "",
    )
    return {"decided": number}


@router.post("/imports/{import_id}/commit", response={200: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def commit(request: Any, import_id: s.Id, body: s.CommitIn) -> dict[str, Any]:
    """Carry out the good rows; all or nothing."""
    row = queries.import_for(request.actor, import_id)
    act = actions.request_commit if body.background else actions.commit_import
    return _import(act(request.actor, request.now, roster_import=row, leave=body.leave))


@router.get("/imports/{import_id}/progress", response={200: s.ProgressOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def watch(request: Any, import_id: s.Id) -> dict[str, Any]:
    """How far the worker has come."""
    row = queries.import_for(request.actor, import_id)
    said = progress.told(row.pk)
    total = int(said.get("total") or row.counts.get("rows", 0))
    return {"state": row.state, "done": total if row.state == "committed" else said.get("done", 0), "total": total}


@router.post("/imports/{import_id}/cancel", response={200: s.ImportOut, **ERRORS})
@access(perms.ROSTER_IMPORT)
def cancel(request: Any, import_id: s.Id) -> dict[str, Any]:
    """Give an import up; its rows and file are erased."""
    row = queries.import_for(request.actor, import_id)
    return _import(actions.cancel_import(request.actor, request.now, roster_import=row))


@router.get("/imports/{import_id}/errors.xlsx", response=ERRORS, openapi_extra=FILE)
@access(perms.ROSTER_IMPORT)
def bad_rows(request: Any, import_id: s.Id) -> HttpResponse:
    """Rows with errors as a sheet with a column saying why."""
    row = queries.import_for(request.actor, import_id)
    return download(queries.bad_rows_sheet(request.actor, row), f"import-{row.pk}-errors.xlsx")


@router.get("/rosters/{unit_id}.xlsx", response=ERRORS, openapi_extra=FILE)
@access(perms.ROSTER_EXPORT)
def export(request: Any, unit_id: s.Id) -> HttpResponse:
    """The roster of a unit in the shape in which it comes in; recorded."""
    unit = unit_for(request.actor, perms.ROSTER_EXPORT, unit_id)
    return download(roster_sheet(request.actor, unit), f"roster-{unit.pk}.xlsx")
