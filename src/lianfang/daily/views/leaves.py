"""Leaving before the end of the day."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lianfang.daily import words
from lianfang.daily.actions import LeaveItem, record_early_leave
from lianfang.daily.forms import LeaveForm
from lianfang.daily.models import EarlyLeave
from lianfang.daily.perms import LEAVE_RECORD
from lianfang.daily.queries.roll import look, roll_unit
from lianfang.daily.reading import UnitDay, rolls
from lianfang.daily.rules import SaidInput
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local, local_date


@require_http_methods(["GET", "HEAD", "POST"])
@access(LEAVE_RECORD)
def leave(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Who leaves, when, why, with whom; below it who has left today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = roll_unit(actor, LEAVE_RECORD, unit_id)
    tz = time_zone_of(unit)
    day = local_date(actor.now, tz)
    vocabulary = vocabulary_at(unit, day)
    members = rolls([unit], [day])[UnitDay(unit.pk, day)]
    people = [(m.person_id, m.name) for m in members]
    initial = {"person_id": request.GET.get("person"), "cause": "illness"}
    form = LeaveForm(request.POST or None, initial=initial, words=vocabulary, people=people)
    status, errors = 200, []
    if request.method == "POST":
        errors = _record(request, actor, unit.pk, form, tz)
        if not errors and form.is_valid():
            messages.success(request, _("已登记离校。"))
            return redirect("daily:leave", unit.pk)
        status = 422
    names = dict(people)
    left = [
        {
            "name": names.get(row.person_id, ""),
            "at": words.clock(row.true_at, tz),
            "detail": " · ".join(
                part
                for part in (
                    words.cause_word(row.cause, vocabulary),
                    words.body_words(row.symptoms, row.temperature, row.fever, vocabulary),
                    row.fetched_by or "",
                    row.hospital,
                )
                if part
            ),
        }
        for row in EarlyLeave.objects.get_queryset().effective().filter(unit=unit, day=day).order_by("true_at")
    ]
    gone = EarlyLeave.objects.get_queryset().effective().filter(unit=unit, day=day).values_list("person_id", flat=True)
    look(actor, unit, list(gone) if left else [])
    context = {
        "unit": unit,
        "day": day,
        "form": form,
        "left": left,
        "errors": [{"href": "", "text": text} for text in errors],
        "client_id": uuid.uuid4(),
        "now_time": words.clock(actor.now, tz),
    }
    return render(request, "daily/leave.html", context, status=status)


def _record(request: HttpRequest, actor: Actor, unit_id: int, form: LeaveForm, tz: str) -> list[str]:
    """What is wrong that no field shows; fields are marked on the form."""
    if not form.is_valid():
        return []
    typed = form.cleaned_data
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        raise BadRequest("client_id") from None
    item = LeaveItem(
        actor=actor,
        client_id=client_id,
        person_id=typed["person_id"],
        unit_id=unit_id,
        true_at=at_local(local_date(actor.now, tz), typed["left_at"], tz) if typed["left_at"] else None,
        said=SaidInput(
            typed["temperature"] or None,
            typed["site"],
            typed["instrument"],
            tuple(typed["symptoms"]),
            True,
            typed["cause"],
        ),
        fetched_by=typed["fetched_by"],
        hospital=typed["hospital"],
        note=typed["note"],
    )
    (result,) = record_early_leave([item])
    if isinstance(result, Invalid):
        renamed = [e for e in result.errors if e.field == "true_at"]
        rest = form.take(result)
        for error in renamed:
            form.add_error("left_at", str(error.message))
            rest.remove(str(error.message))
        return rest
    if isinstance(result, Conflict):
        return [str(result.message)]
    if isinstance(result, Exception):
        raise result
    return []
