"""Pages of reporting: board, signing, one report with its amendments, history, the rule behind a state, the table."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lianfang.foundation.access import access
from lianfang.foundation.errors import Conflict, Invalid, NotFound
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import instant_from, local_date
from lianfang.reporting import actions, perms, queries, rules, tables
from lianfang.reporting.forms import AmendForm, ExcuseForm, StatementForm, fresh_id, put_errors
from lianfang.reporting.kinds import kinds_for, lowest_level
from lianfang.reporting.presenting import (
    address,
    board_view,
    cells,
    columns,
    differences,
    exact_text,
    in_language,
    level_views,
    recipient_words,
    unit_views,
    version_views,
)
from lianfang.reporting.wording import instant_words, reason_words

PAGE = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def day_of(text: str) -> date:
    """The day in an address. Raises NotFound for anything but an ISO date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound("day") from None
    if not 2000 <= day.year <= 2200:
        raise NotFound("day")
    return day


@require_GET
@access(perms.REPORT_VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """Where reports begin for somebody: straight to today's board where there is one only."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    links = []
    for unit in queries.own_units(actor):
        today = local_date(now, time_zone_of(unit))
        for kind in kinds_for(unit, today):
            links.append(
                {"unit": unit, "label": in_language(kind.label), "url": address("board", kind.id, unit.pk, today)}
            )
    for unit, kind_id, label in _authority_boards(request):
        today = local_date(now, time_zone_of(unit))
        links.append({"unit": unit, "label": label, "url": address("board", kind_id, unit.pk, today)})
    if len(links) == 1:
        return redirect(str(links[0]["url"]))
    return render(request, "reporting/index.html", {"links": links, "now": now})


def _authority_boards(request: Any) -> list[tuple[Unit, str, str]]:
    """Boards of other authorities that send their reports to the actor's (the CDC beside the bureau)."""
    received = queries.boards_received(request.actor, request.now)
    return [(unit, kind.id, in_language(kind.label)) for unit, kind in received]


@require_GET
@access(perms.REPORT_VIEW)
def board(request: Any, kind_id: str, unit_id: int, day: str) -> HttpResponse:
    """A unit's report of a day and the units below it, now or as known at an earlier instant."""
    shown, wrong = _board(request, kind_id, unit_id, day_of(day))
    context = board_view(request.actor, shown, request.now)
    context["known_wrong"] = wrong
    context["excuse_form"] = ExcuseForm()
    context["can_excuse"] = (
        shown.may_excuse
        and shown.line.lateness.late
        and shown.line.excuse is None
        and not (shown.report is not None and shown.report.signed_by_id == request.actor.account_id)
    )
    return render(request, "reporting/board.html", context)


def _board(request: Any, kind_id: str, unit_id: int, day: date) -> tuple[queries.Board, bool]:
    asked = request.GET.get("known_at", "")
    shown = queries.board(request.actor, kind_id, unit_id, day, request.now)
    if not asked:
        return shown, False
    known_at = instant_from(asked, shown.line.owed.time_zone)
    if known_at is None:
        return shown, True
    return queries.board(request.actor, kind_id, unit_id, day, request.now, known_at), False


@require_http_methods(["GET", "POST"])
@access(perms.REPORT_SIGN)
def sign(request: Any, kind_id: str, unit_id: int, day: str) -> HttpResponse:
    """Look over what came from below, then sign. What was signed already leads to its page."""
    on = day_of(day)
    form = StatementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            signed = actions.sign_report(
                request.actor, request.now, kind_id=kind_id, unit_id=unit_id, day=on, statement=form.statement()
            )
        except (Invalid, Conflict) as error:
            put_errors(form, error)
            return _sign_page(request, form, kind_id, unit_id, on, status=error.status)
        messages.success(request, _("已签发并封存。"))
        return redirect("reporting:report", signed.pk)
    return _sign_page(request, form, kind_id, unit_id, on, status=422 if form.errors else 200)


def _sign_page(
    request: Any, form: StatementForm, kind_id: str, unit_id: int, day: date, status: int = 200
) -> HttpResponse:
    shown = queries.form(request.actor, kind_id, unit_id, day, request.now)
    if shown.report is not None and not form.errors:
        return redirect("reporting:report", shown.report.pk)
    context = board_view(request.actor, shown, request.now)
    context |= {
        "form": form,
        "client_id": form.data.get("client_id") or fresh_id(),
        "not_open": request.now < shown.line.owed.hours.opens_at,
        "opens_words": instant_words(shown.line.owed.hours.opens_at, shown.line.owed.time_zone),
        "is_late": request.now > shown.line.owed.hours.late_after,
        "already": shown.report,
    }
    return render(request, "reporting/sign.html", context, status=status)


@require_GET
@access(perms.REPORT_VIEW)
def report(request: Any, report_id: int) -> HttpResponse:
    """One signed report: figures, signature, receipt, what it rests on, its amendments beside it."""
    row, sight = queries.report(request.actor, report_id)
    versions = queries.versions(row)
    zone_name = row.basis["hours"]["time_zone"]
    standing = versions[-1]
    facts_differ = {}
    if sight.plain and row.pk == standing.pk:
        now_board = queries.board(request.actor, row.kind, row.unit_id, row.day, request.now)
        facts_differ = rules.difference(row.figures, now_board.picture.gathered.figures)
    lateness = row.first_signed_at - row.due_at
    context = {
        "report": row,
        "unit": row.unit,
        "kind": sight.kind,
        "kind_label": in_language(sight.kind.label),
        "columns": columns(sight.kind),
        "figures": cells(sight.kind, row.figures),
        "versions": version_views(sight.kind, versions, zone_name),
        "standing": standing,
        "signed_words": instant_words(row.signed_at, zone_name),
        "first_signed_words": instant_words(row.first_signed_at, zone_name),
        "true_words": instant_words(row.true_at, zone_name),
        "due_words": instant_words(row.due_at, zone_name),
        "late": lateness.total_seconds() > row.grace_minutes * 60,
        "who": row.signed_by.display_name or row.signed_by.username,
        "excuse": queries.excuse_of(row),
        "units": unit_views(sight.kind, queries.basis_units(sight, row), row.day, linked=sight.plain),
        "facts_differ": differences(sight.kind, facts_differ),
        "may_amend": row.pk == standing.pk
        and sight.only is None
        and actions.may_sign(request.actor, row.unit, sight.kind, row.level)
        and row.level != lowest_level(sight.kind),
        "known_at": exact_text(row.signed_at),
        "recipients": recipient_words(sight.kind.levels[row.level].recipients),
        "board_url": address("board", row.kind, row.unit_id, row.day),
        "history_url": address("history", row.kind, row.unit_id, row.day),
        "rule_url": address("rule", row.kind, row.unit_id, row.day),
        "now": request.now,
    }
    return render(request, "reporting/report.html", context)


@require_http_methods(["GET", "POST"])
@access(perms.REPORT_SIGN)
def amend(request: Any, report_id: int) -> HttpResponse:
    """Put an amendment beside a signed report: the figures as they are now, with a reason."""
    row, _sight = queries.report(request.actor, report_id)
    form = AmendForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                amended = actions.amend_report(
                    request.actor, request.now, report_id=report_id, statement=form.statement()
                )
            except (Invalid, Conflict) as error:
                put_errors(form, error)
                status = error.status
            else:
                messages.success(request, _("更正件已签发，原件保留在旁边。"))
                return redirect("reporting:report", amended.pk)
    shown = queries.form(request.actor, row.kind, row.unit_id, row.day, request.now)
    context = board_view(request.actor, shown, request.now)
    changed = rules.difference(row.figures, shown.picture.gathered.figures)
    context |= {
        "form": form,
        "client_id": form.data.get("client_id") or fresh_id(),
        "original": row,
        "standing": shown.report,
        "changed": differences(shown.kind, changed),
        "signed_words": instant_words(row.signed_at, shown.line.owed.time_zone),
        "now_figures": cells(shown.kind, dict(shown.picture.gathered.figures)),
    }
    return render(request, "reporting/amend.html", context, status=status)


@require_POST
@access(perms.LATENESS_EXCUSE)
def excuse(request: Any, kind_id: str, unit_id: int, day: str) -> HttpResponse:
    """Accept the reason of a late report, then back to its board."""
    on = day_of(day)
    try:
        actions.excuse_lateness(
            request.actor, request.now, kind_id=kind_id, unit_id=unit_id, day=on, reason=request.POST.get("reason", "")
        )
        messages.success(request, _("已记下认可的原因；迟报标记照样保留。"))
    except Invalid as error:
        messages.error(request, " ".join(str(item.message) for item in error.errors))
    except Conflict as error:
        messages.error(request, error.message)
    return redirect(address("board", kind_id, unit_id, on))


@require_GET
@access(perms.REPORT_VIEW)
def history(request: Any, kind_id: str, unit_id: int, day: str) -> HttpResponse:
    """The signed reports of a unit, newest first."""
    sight, rows = queries.report_history(request.actor, kind_id, unit_id, day_of(day))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    zone_name = time_zone_of(sight.unit)
    lines = [
        {
            "report": row,
            "signed": instant_words(row.first_signed_at, zone_name),
            "late": (row.first_signed_at - row.due_at).total_seconds() > row.grace_minutes * 60,
            "who": row.signed_by.display_name or row.signed_by.username,
            "main": [c for c in cells(sight.kind, row.figures) if c.column.case and c.value],
        }
        for row in page.object_list
    ]
    context = {
        "unit": sight.unit,
        "kind_label": in_language(sight.kind.label),
        "page": page,
        "lines": lines,
        "board_url": address("board", kind_id, sight.unit.pk, day_of(day)),
    }
    return render(request, "reporting/history.html", context)


@require_GET
@access(perms.REPORT_VIEW)
def rule(request: Any, kind_id: str, unit_id: int, day: str) -> HttpResponse:
    """The rule behind a state: levels, hours, signers and fields as they hold for the unit on the day, with version."""
    shown, _wrong = _board(request, kind_id, unit_id, day_of(day))
    kind, line = shown.kind, shown.line
    zone_name = line.owed.time_zone
    context = {
        "unit": shown.unit,
        "kind": kind,
        "kind_label": in_language(kind.label),
        "day": shown.picture.day,
        "levels": level_views(kind, shown.level_id),
        "columns": columns(kind),
        "checks": [in_language(check.label) for check in kind.checks],
        "state": line.state.value,
        "decision": line.state.as_json(),
        "why": [reason_words(reason, zone_name) for reason in line.state.reasons],
        "changes_at": instant_words(line.state.changes_at, zone_name) if line.state.changes_at else "",
        "set_by": Unit.objects.filter(pk=line.owed.rules_set_by).first() if line.owed.rules_set_by else None,
        "day_basis": line.day_reason.basis,
        "code_version": rules.RULES_VERSION,
        "time_zone": zone_name,
        "board_url": address("board", kind.id, shown.unit.pk, shown.picture.day),
    }
    return render(request, "reporting/rule.html", context)


@require_GET
@access(perms.REPORT_VIEW)
def table(request: Any, kind_id: str, unit_id: int, day: str, layout_id: str) -> HttpResponse:
    """The bureau's table as XLSX."""
    on = day_of(day)
    content = tables.bureau_table(request.actor, layout_id, unit_id, on, request.now, kind_id=kind_id)
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{layout_id}-{unit_id}-{on.isoformat()}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
