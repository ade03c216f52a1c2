"""The school calendar of a unit: terms, and days that depart from the week."""

from __future__ import annotations

from calendar import Calendar
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, unit_for
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import today_at
from lianfang.people.forms import DayForm, TermForm, carried_out
from lianfang.people.models import CalendarException, Term
from lianfang.people.reading import calendar_of
from lianfang.people.views.units import unit_path


def _month(text: str, today: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if 2000 <= month.year <= 2200 else today.replace(day=1)


@access(perms.CALENDAR_VIEW)
def home(request: Any) -> HttpResponse:
    """The calendar of the first institution within reach, or a choice of them."""
    homes = queries.institutions(request.actor, perms.CALENDAR_VIEW)
    if len(homes) == 1:
        return redirect("people:calendar", homes[0].pk)
    return render(request, "people/choose.html", {"homes": homes, "target": "people:calendar", "what": _("校历")})


@access(perms.CALENDAR_VIEW)
def calendar(request: Any, unit_id: int) -> HttpResponse:
    """One month and the terms; the forms for those who may declare."""
    return _draw(request, unit_id)


def _draw(request: Any, unit_id: int, day_form: Any = None, term_form: Any = None, status: int = 200) -> HttpResponse:
    unit = unit_for(request.actor, perms.CALENDAR_VIEW, unit_id)
    today = today_at(unit, request.now)
    first = _month(request.GET.get("month", ""), today)
    year = calendar_of(unit)
    weeks = [
        [_cell(year, day, first, today) for day in week]
        for week in Calendar().monthdatescalendar(first.year, first.month)
    ]
    declared = CalendarException.objects.filter(unit_id__in=unit.ancestor_ids, day__gte=first - timedelta(days=31))
    rows = list(declared.select_related("unit").order_by("-day", "-known_at")[:60])
    for row in rows:
        row.kind_words = words.DAY_KIND[row.kind]  # type: ignore[attr-defined]
    terms = list(Term.objects.filter(unit_id__in=unit.ancestor_ids).select_related("unit").order_by("-begins")[:20])
    for term in terms:
        term.last = term.ends - timedelta(days=1)  # type: ignore[attr-defined]
    context = {
        "unit": unit,
        "unit_path": unit_path(request.actor, unit, "people:calendar"),
        "weeks": weeks,
        "weekdays": words.WEEKDAYS,
        "month": first,
        "before": first - timedelta(days=1),
        "after": first + timedelta(days=32),
        "declared": rows,
        "terms": terms,
        "day_form": day_form or DayForm(initial={"day": today}),
        "term_form": term_form or TermForm(),
        "may_manage": request.actor.scope(perms.CALENDAR_MANAGE).covers_path(unit.path),
    }
    return render(request, "people/calendar.html", context, status=status)


def _cell(year: Any, day: date, first: date, today: date) -> dict[str, Any]:
    reason = year.reason(day)
    kind = reason.exception.kind if reason.exception else ""
    unsaid = {"vacation": _("假期"), "fallback": _("按周")}
    note = (reason.exception.source if kind else "") or words.DAY_KIND.get(kind) or unsaid.get(reason.basis, "")
    return {
        "day": day,
        "school": reason.is_school_day,
        "kind": kind,
        "note": note,
        "outside": day.month != first.month,
        "today": day == today,
    }


@access(perms.CALENDAR_MANAGE)
@require_POST
def declare_day(request: Any, unit_id: int) -> HttpResponse:
    """A holiday, a make-up day, a suspension."""
    unit = unit_for(request.actor, perms.CALENDAR_MANAGE, unit_id)
    form = DayForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: actions.declare_day(request.actor, request.now, unit=unit, **form.cleaned_data)
    ):
        messages.success(request, _("校历已更新，相关任务随之调整。"))
        return redirect("people:calendar", unit.pk)
    return _draw(request, unit.pk, day_form=form, status=422)


@access(perms.CALENDAR_MANAGE)
@require_POST
def declare_term(request: Any, unit_id: int) -> HttpResponse:
    """A term from its first to its last day."""
    unit = unit_for(request.actor, perms.CALENDAR_MANAGE, unit_id)
    form = TermForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        if carried_out(
            form,
            lambda: actions.declare_term(
                request.actor,
                request.now,
                unit=unit,
                name=data["name"],
                begins=data["begins"],
                ends=data["last"] + timedelta(days=1),
            ),
        ):
            messages.success(request, _("学期已保存。"))
            return redirect("people:calendar", unit.pk)
    return _draw(request, unit.pk, term_form=form, status=422)
