"""Personal reports: one's own and one's children's in one tap, and the class teacher's entry for a pupil."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lianfang.daily import queries, words
from lianfang.daily.actions import ReportItem, submit_report
from lianfang.daily.forms import ReportForm, row_id
from lianfang.daily.models import HealthReport
from lianfang.daily.perms import REPORT_OWN, REPORT_SUBMIT
from lianfang.daily.queries.roll import roll_unit
from lianfang.daily.queries.subjects import Subject
from lianfang.daily.reading import UnitDay, rolls
from lianfang.daily.rules import SaidInput, Vocabulary
from lianfang.daily.vocabularies import vocabularies, vocabulary_at
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid, NotFound
from lianfang.foundation.units import time_zone_of, time_zones
from lianfang.kernel.clock import at_local, local_date
from lianfang.people.queries import consents


@require_http_methods(["GET", "HEAD", "POST"])
@access(REPORT_OWN)
def own(request: HttpRequest) -> HttpResponse:
    """One card for each child and for oneself. Nothing of yesterday is filled in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    subjects = queries.own_subjects(actor, actor.now)
    wrong: tuple[int, ReportForm, list[str]] | None = None
    if request.method == "POST":
        person_id = _number(request, "person_id")
        named = next((s for s in subjects if s.person_id == person_id), None)
        if named is None:
            raise NotFound("person")
        form = ReportForm(request.POST, words=vocabulary_at(named.unit, named.day))
        rest = _submit(request, actor, person_id, form, None)
        if rest is None:
            messages.success(request, _("已收到，谢谢。"))
            return redirect("daily:report")
        wrong = (person_id, form, rest)
    zones = time_zones([s.unit for s in subjects]) if subjects else {}
    by_day = {day: vocabularies([s.unit for s in subjects if s.day == day], day) for day in {s.day for s in subjects}}
    cards = [_card(s, zones[s.unit.pk], by_day[s.day][s.unit.pk], wrong) for s in subjects]
    tracks = consents.allowed([s.person_id for s in subjects], "tracks", local_date(actor.now))
    for card in cards:
        card["tracks"] = tracks[card["subject"].person_id]
    return render(request, "daily/report.html", {"cards": cards}, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(REPORT_SUBMIT)
def for_class(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The class teacher enters what a pupil or a guardian told her, also later from paper."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = roll_unit(actor, REPORT_SUBMIT, unit_id)
    tz = time_zone_of(unit)
    day = local_date(actor.now, tz)
    members = rolls([unit], [day])[UnitDay(unit.pk, day)]
    vocabulary = vocabulary_at(unit, day)
    form = ReportForm(request.POST or None, words=vocabulary)
    rest: list[str] | None = []
    chosen = 0
    if request.method == "POST":
        chosen = _number(request, "person_id")
        told = request.POST.get("paper_time", "")
        try:
            true_at = at_local(day, told, tz) if told else None
        except ValueError:
            raise BadRequest("paper_time") from None
        rest = _submit(request, actor, chosen, form, true_at)
        if rest is None:
            messages.success(request, _("已收到，谢谢。"))
            return redirect("daily:class_report", unit.pk)
    context = {
        "unit": unit,
        "day": day,
        "members": members,
        "chosen": chosen,
        "form": form,
        "errors": [{"href": "", "text": text} for text in rest or []],
        "client_id": uuid.uuid4(),
    }
    return render(request, "daily/class_report.html", context, status=422 if rest else 200)


def _submit(
    request: HttpRequest, actor: Actor, person_id: int, form: ReportForm, true_at: datetime | None
) -> list[str] | None:
    """None when the report was taken; else what is wrong that no field shows (fields are marked on the form)."""
    if not form.is_valid():
        return [str(text) for texts in form.errors.values() for text in texts]
    typed = form.cleaned_data
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
        corrects = row_id(request.POST.get("corrects", ""))
    except ValueError:
        raise BadRequest("client_id") from None
    item = ReportItem(
        actor=actor,
        client_id=client_id,
        person_id=person_id,
        true_at=true_at,
        on_paper="on_paper" in request.POST,
        corrects=corrects,
        said=SaidInput(
            typed["temperature"] or None,
            typed["site"],
            typed["instrument"],
            tuple(typed["symptoms"]),
            typed["absent"],
            typed["cause"],
        ),
        contact_case=typed["contact_case"],
        contact_region=typed["contact_region"],
        track=typed["track"],
    )
    try:
        submit_report(item)
    except Invalid as error:
        form.take(error)
        return [str(e.message) for e in error.errors]
    except Conflict as error:
        return [str(error.message)]
    return None


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdecimal() or len(text) > 18:
        raise NotFound("person")
    return int(text)


def _card(
    subject: Subject, tz: str, vocabulary: Vocabulary, wrong: tuple[int, ReportForm, list[str]] | None
) -> dict[str, Any]:
    mine = wrong if wrong is not None and wrong[0] == subject.person_id else None
    return {
        "subject": subject,
        "said": [(report, _line(report, vocabulary, tz)) for report in subject.reports],
        "latest": subject.reports[0] if subject.reports else None,
        "at": words.clock(subject.reports[0].received_at, tz) if subject.reports else "",
        "errors": [{"href": "", "text": text} for text in mine[2]] if mine else [],
        "typed": mine[1].data if mine else {},
        "symptoms": mine[1].data.getlist("symptoms") if mine and hasattr(mine[1].data, "getlist") else [],
        "client_id": uuid.uuid4(),
        **_options(vocabulary),
    }


def _line(report: HealthReport, vocabulary: Vocabulary, tz: str) -> str:
    """What was reported, in one line."""
    parts = [words.clock(report.received_at, tz)]
    if report.absent:
        parts.append(_("今天不到校（%(cause)s）") % {"cause": words.cause_word(report.cause, vocabulary)})
    body = words.body_words(report.symptoms, report.temperature, report.fever, vocabulary)
    parts.append(body or ("" if report.absent else _("一切正常")))
    return " ".join(p for p in parts if p)


def _options(vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "quick": words.symptom_options(vocabulary, quick=True),
        "more": words.symptom_options(vocabulary, quick=False),
        "causes": words.cause_options(vocabulary),
        "sites": words.site_options(),
        "instruments": words.instrument_options(),
        "fever_from": vocabulary.limit(""),
    }
