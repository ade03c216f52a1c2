"""Printed rolls: choose and print, then enter what was written. Plain forms, made for a keyboard."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import segno
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lianfang.daily import queries, words
from lianfang.daily.actions import CheckItem, print_sheet, save_check
from lianfang.daily.forms import PRESENCES, SheetRowForm, day_of
from lianfang.daily.perms import CHECK_SAVE, ROLL_VIEW
from lianfang.daily.queries.roll import Roll
from lianfang.daily.queries.sheets import SheetView
from lianfang.daily.reach import reach_of
from lianfang.daily.rules import MarkInput, Vocabulary, session_label
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local


@require_http_methods(["GET", "HEAD", "POST"])
@access(ROLL_VIEW)
def sheet(request: HttpRequest, unit_id: int, session: str) -> HttpResponse:
    """Choose the day or the week; a POST makes the sheet and goes to it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    roll = queries.roll(actor, unit_id, None, session, now)
    errors: list[str] = []
    if request.method == "POST":
        try:
            made = print_sheet(
                actor, now, unit_id=unit_id, session=session, day=day_of(request.POST), week="week" in request.POST
            )
            return redirect("daily:sheet_print", made.uid)
        except Invalid as refused:
            errors = [str(e.message) for e in refused.errors]
    context = {
        "roll": roll,
        "session": words.say(session_label(session, roll.unit.level)),
        "errors": [{"href": "#id_day", "text": text} for text in errors],
        "day": day_of(request.POST or request.GET) or roll.day,
    }
    return render(request, "daily/sheet_new.html", context, status=422 if errors else 200)


@require_safe
@access(ROLL_VIEW)
def paper(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The sheet to print: names to be ticked, and the code that leads to where it is entered."""
    view = queries.sheet_view(request.actor, uid, request.now)  # type: ignore[attr-defined]
    address = request.build_absolute_uri(reverse("daily:sheet_entry", args=[uid]))
    context = {
        "view": view,
        "session": words.say(session_label(view.sheet.session, view.unit.level)),
        "week": len(view.days) > 1,
        "code": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        "short": str(uid)[:8].upper(),
        "rooms": any(room for _member, room in view.members),
    }
    return render(request, "daily/sheet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(ROLL_VIEW)
def entry(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Enter a day of the sheet: one row for each person, everybody here unless something is chosen."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    view = queries.sheet_view(actor, uid, now)
    chosen = day_of(request.POST or request.GET)
    latest = (view.due or [d for d in view.days if d <= view.today] or view.days[:1])[-1]
    day: date = chosen if chosen is not None and chosen in view.days else latest
    context: dict[str, Any] = {
        "view": view,
        "day": day,
        "session": words.say(session_label(view.sheet.session, view.unit.level)),
        "days": [{"day": d, "check": view.checks.get(d), "coming": d > view.today} for d in view.days],
        "check": view.checks.get(day),
        "roll_link": f"{reverse('daily:roll', args=[view.unit.pk, view.sheet.session])}?day={day.isoformat()}",
    }
    if day > view.today or day in view.checks:
        return render(request, "daily/sheet_entry.html", context)
    roll = queries.roll(actor, view.unit.pk, day, view.sheet.session, now)
    vocabulary = vocabulary_at(roll.unit, day)
    may_save = reach_of(actor, CHECK_SAVE).covers(view.unit.path, view.unit.level)
    if request.method == "POST" and may_save:
        return _saved(request, actor, view, roll, vocabulary, context)
    return _form(request, roll, vocabulary, {**context, "may_save": may_save})


def _forms(roll: Roll, vocabulary: Vocabulary, data: Any = None) -> dict[int, SheetRowForm]:
    return {
        row.member.person_id: SheetRowForm(
            data, prefix=f"p{row.member.person_id}", words=vocabulary, initial=SheetRowForm.initial_of(row.mark)
        )
        for row in roll.rows
    }


def _form(
    request: HttpRequest,
    roll: Roll,
    vocabulary: Vocabulary,
    context: dict[str, Any],
    forms: dict[int, SheetRowForm] | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    drawn = forms or _forms(roll, vocabulary)
    rows = []
    for place, row in enumerate(roll.rows, 1):
        lines = [words.statement_words(s, vocabulary, roll.time_zone) for s in row.reports if s.kinds]
        lines += words.earlier_lines(row, vocabulary, roll.time_zone)
        rows.append(
            {
                "member": row.member,
                "room": row.room,
                "place": row.member.order or place,
                "form": drawn[row.member.person_id],
                "lines": lines,
                "open": bool(row.open),
                "answerable": bool(row.answerable),
                "quick": [s.id for s in vocabulary.symptoms.values() if s.quick],
            }
        )
    whole = {
        **context,
        "rows": rows,
        "rooms": any(row["room"] for row in rows),
        "presences": PRESENCES,
        "errors": [{"href": "", "text": text} for text in errors or []],
        "client_id": request.POST.get("client_id") or uuid.uuid4(),
        "paper_time": request.POST.get("paper_time", ""),
    }
    return render(request, "daily/sheet_entry.html", {"may_save": True, **whole}, status=status)


def _saved(
    request: HttpRequest, actor: Actor, view: SheetView, roll: Roll, vocabulary: Vocabulary, context: dict[str, Any]
) -> HttpResponse:
    forms = _forms(roll, vocabulary, request.POST)
    told = _time(request, roll.day, time_zone_of(view.unit))
    if told is None:
        wrong = [_("请填写纸上写的检查时间。")]
        return _form(request, roll, vocabulary, context, forms, wrong, 422)
    if not all(form.is_valid() for form in forms.values()):
        return _form(request, roll, vocabulary, context, forms, [_("有内容看不明白，请按标出的地方改正。")], 422)
    answers = {row.member.person_id: row.answerable for row in roll.rows}
    given: list[MarkInput] = []
    for person_id, form in forms.items():
        looked = answers[person_id] if f"looked{person_id}" in request.POST else []
        mark = form.mark(person_id, looked)
        if mark is not None:
            given.append(mark)
    try:
        save_check(
            CheckItem(
                actor=actor,
                client_id=uuid.UUID(request.POST.get("client_id", "")),
                unit_id=view.unit.pk,
                day=roll.day,
                session=roll.session,
                marks=given,
                all_well=not given,
                true_at=told,
                client_now=timezone.localtime(actor.now),
                on_paper=True,
                sheet=view.sheet.uid,
            )
        )
    except ValueError:
        raise BadRequest("client_id") from None
    except (Invalid, Conflict) as error:
        rest = [str(error.message)] if isinstance(error, Conflict) else []
        for fault in error.errors if isinstance(error, Invalid) else ():
            parts = fault.field.split(".")
            index = int(parts[1]) if parts[0] == "marks" and parts[1].isdecimal() else None
            if index is not None and index < len(given) and parts[-1] in forms[given[index].person_id].fields:
                forms[given[index].person_id].add_error(parts[-1], str(fault.message))
            rest.append(str(fault.message))
        return _form(request, roll, vocabulary, context, forms, rest, error.status)
    return redirect(f"{request.path}?day={roll.day.isoformat()}")


def _time(request: HttpRequest, day: date, tz: str) -> Any:
    try:
        return at_local(day, request.POST.get("paper_time", ""), tz)
    except ValueError:
        return None
