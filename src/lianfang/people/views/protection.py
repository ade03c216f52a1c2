"""Data protection pages of an institution: requests to answer, terms and their preview, erasure, the year's report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lianfang.foundation.access import access
from lianfang.foundation.errors import Conflict
from lianfang.foundation.retention import items
from lianfang.kernel.clock import local_date
from lianfang.people import perms, queries
from lianfang.people.actions import privacy as asking
from lianfang.people.actions.terms import shorten_term
from lianfang.people.copying import workbook
from lianfang.people.forms import carried_out
from lianfang.people.forms.privacy import AnswerForm, EraseForm, TermForm
from lianfang.people.privacywords import BASIS, DECISION, REQUEST_KIND
from lianfang.people.queries import privacy
from lianfang.people.views.privacy import shown_term
from lianfang.people.words import role_words, text_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@access(perms.PRIVACY_MANAGE)
def home(request: Any) -> HttpResponse:
    """The institutions whose data one answers for."""
    units = queries.institutions(request.actor, perms.PRIVACY_MANAGE)
    if len(units) == 1:
        return redirect("people:retention", units[0].pk)
    return render(request, "people/privacy/units.html", {"units": units})


@access(perms.PRIVACY_MANAGE)
def requests(request: Any, unit_id: int) -> HttpResponse:
    """Requests of guardians and persons."""
    unit, rows = privacy.requests_of(request.actor, unit_id)
    listed = [{"row": row, "kind": REQUEST_KIND[row.kind], "decision": DECISION.get(row.decision, "")} for row in rows]
    return render(request, "people/privacy/requests.html", {"unit": unit, "rows": listed, "now": request.now})


@access(perms.PRIVACY_MANAGE)
def answer(request: Any, request_id: int) -> HttpResponse:
    """One request with its answer."""
    row = privacy.request_for(request.actor, request_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = carried_out(
                form,
                lambda: asking.answer_request(request.actor, request.now, request_id=row.pk, **form.cleaned_data),
            )
        except Conflict as refused:
            messages.error(request, refused.message)
            return redirect("people:request", row.pk)
        if done is not None:
            messages.success(request, _("已答复，并通知了提出请求的人。"))
            return redirect("people:requests", row.unit_id)
    context = {"row": row, "kind": REQUEST_KIND[row.kind], "decision": DECISION.get(row.decision, ""), "form": form}
    return render(request, "people/privacy/request.html", context, status=422 if form.errors else 200)


@access(perms.PRIVACY_MANAGE)
def retention(request: Any, unit_id: int) -> HttpResponse:
    """Terms, what the next night would remove, the last runs; POST shortens one term or takes that back."""
    unit, rows, runs = privacy.retention_preview(request.actor, unit_id, request.now)
    form = TermForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if carried_out(form, lambda: shorten_term(request.actor, request.now, unit_id=unit.pk, **given)):
            messages.success(request, _("已保存，今晚起按新的天数删除。"))
            return redirect("people:retention", unit.pk)
    context = {
        "unit": unit,
        "rows": [{**shown_term(row.term), "held": row.held, "due": row.due} for row in rows],
        "runs": runs,
        "form": form,
    }
    return render(request, "people/privacy/retention.html", context, status=422 if form.errors else 200)


@access(perms.PRIVACY_MANAGE)
def erase(request: Any, person_id: int) -> HttpResponse:
    """What an erasure would do, and the erasure."""
    sheet = privacy.erasure_sheet(request.actor, person_id)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = carried_out(
                form,
                lambda: asking.erase_person(
                    request.actor, request.now, person_id=person_id, reason=form.cleaned_data["reason"]
                ),
            )
        except Conflict as refused:
            messages.error(request, refused.message)
            return redirect("people:erase", person_id)
        if done is not None:
            return render(request, "people/privacy/erased.html", {"done": done, "held": _held(done.held_back)})
    context = {
        "sheet": sheet,
        "person": sheet.person,
        "removed": [text_of(kept.label) for _purpose, kept in sheet.removed],
        "held": [(text_of(kept.label), BASIS[purpose.basis]) for purpose, kept in sheet.held],
        "form": form,
    }
    return render(request, "people/privacy/erase.html", context, status=422 if form.errors else 200)


def _held(names: list[str]) -> list[str]:
    known = items()
    return [text_of(known[name][1].label) for name in names if name in known]


def _year(request: Any) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and 2000 <= int(text[:5]) <= 2200 else local_date(request.now).year


@access(perms.PRIVACY_MANAGE)
def compliance(request: Any, unit_id: int) -> HttpResponse:
    """The year's report."""
    report = privacy.year_report(request.actor, unit_id, _year(request))
    context = {
        "report": report,
        "unit": report.unit,
        "rows": [{**row, "label": text_of(row["purpose"].label)} for row in report.rows],
        "looks": [(role_words(role) if role else "—", number) for role, number in report.looks],
        "requests": [(DECISION.get(name, _("未答复")), number) for name, number in report.requests.items()],
        "before": report.year - 1,
    }
    return render(request, "people/privacy/compliance.html", context)


@access(perms.PRIVACY_MANAGE)
def compliance_sheet(request: Any, unit_id: int) -> HttpResponse:
    """The same as a workbook."""
    report = privacy.year_report(request.actor, unit_id, _year(request))
    content = workbook(
        [
            (
                _("用途"),
                [
                    [_("用途"), _("法律依据"), _("现存记录"), _("已删除"), _("同意"), _("不同意"), _("撤回")],
                    *(
                        [
                            text_of(row["purpose"].label),
                            BASIS[row["purpose"].basis],
                            *(row[name] for name in ("held", "removed", "given", "refused", "withdrawn")),
                        ]
                        for row in report.rows
                    ),
                ],
            ),
            (
                _("查看"),
                [
                    [_("岗位"), _("次数")],
                    *([role_words(role) if role else "—", number] for role, number in report.looks),
                ],
            ),
            (
                _("其他"),
                [
                    [_("单位"), report.unit.name],
                    [_("年份"), report.year],
                    *(
                        [_("请求：%(state)s") % {"state": DECISION.get(name, _("未答复"))}, number]
                        for name, number in report.requests.items()
                    ),
                    [_("答复天数（中位数）"), "" if report.answer_days is None else report.answer_days],
                    [_("到期删除的次数"), report.runs],
                    [_("按请求删除的人数"), report.erasures],
                    [_("个人数据导出次数"), report.copies],
                ],
            ),
        ]
    )
    reply = HttpResponse(content, content_type=XLSX)
    reply.headers["Content-Disposition"] = f'attachment; filename="data-protection-{report.year}.xlsx"'
    return reply
