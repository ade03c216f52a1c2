"""Pages of the import: upload, preview with decisions, progress, result; the sheets to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.exchange import actions, perms, progress, queries, rules, words
from lianfang.exchange.export import roster_sheet, template_sheet
from lianfang.exchange.faults import short_words
from lianfang.exchange.forms import UploadForm
from lianfang.exchange.models import RosterImport
from lianfang.exchange.sheets import MAX_BYTES
from lianfang.foundation.access import access, unit_for
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.models import Unit

PAGE = 50
AT_ONCE = 400  # rows that are committed while the person waits; more go to the worker
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(content: bytes, name: str) -> HttpResponse:
    """An XLSX to keep, never to be cached."""
    answer = HttpResponse(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@access(perms.ROSTER_IMPORT)
def home(request: Any) -> HttpResponse:
    """Upload a roster; earlier imports."""
    units = Unit.objects.filter(pk__in=[unit.pk for unit in queries.institutions(request.actor)])
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    if request.method == "POST" and form.is_valid():
        row = _upload(request, form)
        if row is not None:
            return redirect("exchange:preview", row.pk)
    page = Paginator(queries.imports(request.actor), 20).get_page(request.GET.get("page"))
    for row in page:
        row.state_words = words.STATE[row.state]  # type: ignore[attr-defined]
    context = {"form": form, "page": page, "units": units}
    return render(request, "exchange/home.html", context, status=422 if form.errors else 200)


def _upload(request: Any, form: UploadForm) -> RosterImport | None:
    data, file = form.cleaned_data, form.cleaned_data["file"]
    row: RosterImport | None = None
    try:
        row = actions.upload_roster(
            request.actor,
            request.now,
            institution=data["unit"],
            name=file.name,
            content=file.read(MAX_BYTES + 1),
            effective=data["effective"],
        )
        return actions.preview(request.actor, request.now, roster_import=row)
    except Invalid as refused:
        if row is not None and any(error.code == "file.no_header" for error in refused.errors):
            return row  # it can be said what the columns are
        for error in refused.errors:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _tabs(row: RosterImport, chosen: str) -> list[dict[str, Any]]:
    tabs = [
        {"label": _("全部"), "url": "?", "active": not chosen, "count": sum(row.counts.get(k, 0) for k in words.KIND)}
    ]
    for kind in queries.ORDER:
        if row.counts.get(kind):
            tabs.append(
                {
                    "label": words.KIND[kind],
                    "url": f"?kind={kind}",
                    "active": kind == chosen,
                    "count": row.counts[kind],
                }
            )
    return tabs


@access(perms.ROSTER_IMPORT)
def preview(request: Any, import_id: int) -> HttpResponse:
    """The changeset: errors first, then what wants a decision; after the commit the result."""
    row = queries.import_for(request.actor, import_id)
    if row.state in ("queued", "committing"):
        return redirect("exchange:progress", row.pk)
    if row.state == RosterImport.State.UPLOADED:
        return redirect("exchange:columns", row.pk)
    if row.state != RosterImport.State.PREVIEW:
        return _result(request, row)
    return draw(request, row)


@access(perms.ROSTER_IMPORT)
@require_POST
def search(request: Any, import_id: int) -> HttpResponse:
    """Rows of a name or number. What is looked for is a person, so it stays out of addresses and logs."""
    row = queries.import_for(request.actor, import_id)
    if row.state != RosterImport.State.PREVIEW:
        return redirect("exchange:preview", row.pk)
    return draw(request, row, wanted=request.POST.get("q", ""))


FILTERS = ("kind", "where", "fault", "subject")


def draw(request: Any, row: RosterImport, problem: str = "", status: int = 200, wanted: str = "") -> HttpResponse:
    """The changeset of an import, as far as it was asked for."""
    chosen = {name: request.GET.get(name, "")[:60].replace("\0", "") for name in FILTERS}
    if chosen["kind"] not in words.KIND:
        chosen["kind"] = ""
    changes: Any = queries.changeset(request.actor, row, **chosen)
    number = request.GET.get("page")
    if wanted.strip():
        changes, number = queries.found_in(changes, wanted), request.POST.get("page")
    page = Paginator(changes, PAGE).get_page(number)
    shown = [
        {
            "view": view,
            "kind_words": words.KIND[view.kind],
            "subject_words": words.SUBJECT[view.subject],
            "tone": words.TONE[view.kind],
            "icon": words.ICON[view.kind],
            "asks": view.kind in rules.DECIDED_BY_A_PERSON,
            "can_decline": view.kind in ("create", "update", "second", "promote", "graduate"),
            "carried_out": rules.is_carried_out(view.kind, view.decision),
        }
        for view in queries.shown(page)
    ]
    decided = queries.decisions(row)
    good = sum(rules.is_carried_out(kind, decision) * n for kind, decision, n in decided)
    asked = rules.DECIDED_BY_A_PERSON
    context = {
        "row": row,
        "rolling": row.source == RosterImport.Source.ROLLOVER,
        "page": page,
        "shown": shown,
        "tabs": _tabs(row, chosen["kind"]),
        "kind": chosen["kind"],
        "chosen": chosen,
        "choices": _choices(row),
        "wanted": wanted[: queries.LONGEST_SEARCH],
        "good": good,
        "bad": row.counts.get("error", 0),
        "asking": chosen["kind"] in asked and not wanted,
        "undecided": sum(n for kind, decision, n in decided if kind in asked and not decision),
        "new_units": [{**unit, "level_words": words.LEVEL[unit["level"]]} for unit in row.new_units],
        "unused": _unused(row),
        "left": row.mapping.get("left", []) if row.source == RosterImport.Source.ROLLOVER else [],
        "problem": problem or words.failure_words(row.failure),
    }
    return render(request, "exchange/preview.html", context, status=status)


def _choices(row: RosterImport) -> dict[str, list[dict[str, Any]]]:
    named: dict[str, Callable[[str], Any]] = {"fault": short_words, "subject": words.SUBJECT.__getitem__, "where": str}
    return {
        name: [{"value": value, "label": named[name](value), "count": n} for value, n in found]
        for name, found in queries.choices(row).items()
    }


def _unused(row: RosterImport) -> list[str]:
    """Headers of columns that nobody reads."""
    if row.source != RosterImport.Source.SHEET:
        return []
    return [header for sheet in row.mapping.values() for header in sheet.get("unused", ())]


def _result(request: Any, row: RosterImport) -> HttpResponse:
    always = ("created", "updated", "begun", "moved", "ended", "guardians", "posts")
    outcome = [
        {"label": label, "value": row.progress.get(name, 0)}
        for name, label in words.OUTCOME.items()
        if name in always or row.progress.get(name)
    ]
    context = {"row": row, "outcome": outcome, "bad": row.counts.get("error", 0), "state": words.STATE[row.state]}
    return render(request, "exchange/result.html", context)


@access(perms.ROSTER_IMPORT)
@require_POST
def again(request: Any, import_id: int) -> HttpResponse:
    """Preview once more, against the roster as it is now."""
    row = queries.import_for(request.actor, import_id)
    actions.preview(request.actor, request.now, roster_import=row)
    messages.success(request, _("已按现在的名册重新预览。"))
    return redirect("exchange:preview", row.pk)


@access(perms.ROSTER_IMPORT)
@require_POST
def decide(request: Any, import_id: int) -> HttpResponse:
    """Accept or decline one row, or all of a kind."""
    row = queries.import_for(request.actor, import_id)
    kind = request.POST.get("kind", "")
    chosen = request.POST.get("change", "")
    actions.decide(
        request.actor,
        request.now,
        roster_import=row,
        decision=request.POST.get("decision", ""),
        kind=kind if not chosen else "",
        change_ids=[int(chosen)] if chosen.isascii() and chosen.isdigit() else [],
    )
    back = redirect("exchange:preview", row.pk)
    back["Location"] += "?" + request.GET.urlencode() if request.GET else ""
    return back


@access(perms.ROSTER_IMPORT)
@require_POST
def commit(request: Any, import_id: int) -> HttpResponse:
    """Import the good rows and leave the bad ones, as the button said."""
    row = queries.import_for(request.actor, import_id)
    typed = request.POST.get("leave", "")
    leave = int(typed) if typed.isascii() and typed.isdigit() else None
    try:
        if sum(row.counts.get(kind, 0) for kind in words.KIND) > AT_ONCE:
            actions.request_commit(request.actor, request.now, roster_import=row, leave=leave)
            return redirect("exchange:progress", row.pk)
        actions.commit_import(request.actor, request.now, roster_import=row, leave=leave)
    except Conflict as refused:
        if row.state == RosterImport.State.PREVIEW:
            return draw(request, row, refused.message, 409)
        raise
    except Invalid as refused:
        return draw(request, row, " ".join(str(error.message) for error in refused.errors[:5]), 422)
    messages.success(request, _("导入完成。"))
    return redirect("exchange:preview", row.pk)


@access(perms.ROSTER_IMPORT)
def watch(request: Any, import_id: int) -> HttpResponse:
    """How far a large import has come; the page asks again every two seconds."""
    row = queries.import_for(request.actor, import_id)
    if row.state not in ("queued", "committing"):
        answer = redirect("exchange:preview", row.pk)
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": answer["Location"]})
        return answer
    said = progress.told(row.pk)
    context = {"row": row, "done": said.get("done", 0), "total": said.get("total") or row.counts.get("rows", 1)}
    part = "#bar" if request.htmx else ""
    return render(request, f"exchange/progress.html{part}", context)


@access(perms.ROSTER_IMPORT)
@require_POST
def cancel(request: Any, import_id: int) -> HttpResponse:
    """Give it up."""
    row = queries.import_for(request.actor, import_id)
    actions.cancel_import(request.actor, request.now, roster_import=row)
    messages.success(request, _("已取消，上传的文件已删除，名册没有改动。"))
    return redirect("exchange:home")


@access(perms.ROSTER_IMPORT)
def bad_rows(request: Any, import_id: int) -> HttpResponse:
    """Rows with errors as a sheet."""
    row = queries.import_for(request.actor, import_id)
    return download(queries.bad_rows_sheet(request.actor, row), f"import-{row.pk}-errors.xlsx")


@access(perms.ROSTER_IMPORT)
def template(request: Any) -> HttpResponse:
    """An empty sheet with the columns that are understood."""
    return download(template_sheet(), "roster-template.xlsx")


@access(perms.ROSTER_EXPORT)
def export(request: Any, unit_id: int) -> HttpResponse:
    """The roster of a unit in the same shape."""
    unit = unit_for(request.actor, perms.ROSTER_EXPORT, unit_id)
    return download(roster_sheet(request.actor, unit), f"roster-{unit.pk}.xlsx")
