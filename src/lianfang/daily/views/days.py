"""Looking back: changes since the last check, a class's whole day, and who has not answered."""

from __future__ import annotations

from datetime import date, datetime, time

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lianfang.daily import queries, words
from lianfang.daily.forms import day_of
from lianfang.daily.perms import COVERAGE_VIEW, ROLL_VIEW
from lianfang.daily.queries.changes import quiet
from lianfang.daily.reach import unit_within
from lianfang.daily.rules import Vocabulary, session_label
from lianfang.daily.rules.marks import Mark
from lianfang.daily.vocabularies import vocabularies, vocabulary_at
from lianfang.foundation.access import access
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import Permission
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local, local_date

KINDS = {
    "new_fever": (_("新增发热"), "danger", "temperature"),
    "new_absence": (_("新增缺勤"), "attention", "user-off"),
    "returned": (_("已返校"), "ok", "user-check"),
    "still_absent": (_("仍缺勤"), "excused", "bed"),
}


def _unit_and_day(request: HttpRequest, permission: Permission, unit_id: int) -> tuple[Unit, date, str]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit = unit_within(actor, permission, unit_id)
    tz = time_zone_of(unit)
    return unit, day_of(request.GET) or local_date(actor.now, tz), tz


@require_safe
@access(ROLL_VIEW)
def changes(request: HttpRequest, unit_id: int) -> HttpResponse:
    """New fever, new absence, returned, still absent, class by class."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit, day, _tz = _unit_and_day(request, ROLL_VIEW, unit_id)
    listed = queries.changes_since_yesterday(actor, unit.pk, day)
    known = vocabularies([item.unit for item in listed], day)
    classes = [
        {
            "unit": item.unit,
            "session": words.say(session_label(item.session, item.unit.level)) if item.session else "",
            "before": words.short_day(item.before) if item.before else "",
            "rows": [
                {
                    "kind": KINDS[kind],
                    "member": member,
                    "detail": words.mark_detail(kept.mark, known[item.unit.pk]) if kept else "",
                    "since": words.short_day(kept.since) if kept and kept.since and kind == "still_absent" else "",
                }
                for kind, member, kept in item.rows()
            ],
        }
        for item in listed
    ]
    return render(
        request,
        "daily/changes.html",
        {
            "unit": unit,
            "day": day,
            "classes": [c for c in classes if c["rows"] or len(classes) == 1],
            "unchecked": [item.unit for item in listed if not item.session],
            "quiet": quiet(listed),
            "total": len(classes),
        },
    )


@require_safe
@access(ROLL_VIEW)
def day(request: HttpRequest, unit_id: int) -> HttpResponse:
    """A class's day: every person's status, every check with its corrections; `?at=HH:MM` as known at that time."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit, on, tz = _unit_and_day(request, ROLL_VIEW, unit_id)
    at = request.GET.get("at", "")
    try:
        known_at: datetime | None = at_local(on, time.fromisoformat(at), tz) if at else None
    except ValueError:
        raise BadRequest("at") from None
    view = queries.unit_day(actor, unit.pk, on, actor.now, known_at)
    vocabulary = vocabulary_at(unit, on)
    rows = [
        {
            "member": row.member,
            "status": row.status.value,
            "detail": words.mark_detail(row.mark, vocabulary) if row.mark else "",
            "left": words.clock(row.left_at, tz) if row.left_at else "",
        }
        for row in view.rows
    ]
    versions = [
        {
            "check": v.check,
            "session": words.say(session_label(v.check.session, view.unit.level)),
            "by": v.by,
            "true_at": words.clock(v.check.true_at, tz),
            "received_at": words.clock(v.check.received_at, tz),
            "received_later": local_date(v.check.received_at, tz) > on,
            "replaced_at": words.clock(v.replaced_at, tz) if v.replaced_at else "",
            "marks": [(name, _mark_line(mark, vocabulary)) for name, mark in v.marks],
        }
        for v in view.versions
    ]
    context = {
        "unit": unit,
        "day": on,
        "at": at,
        "special": [r for r in rows if r["status"] not in ("well", "unanswered")],
        "rest": [r for r in rows if r["status"] in ("well", "unanswered")],
        "counts": sorted(view.counts().items(), key=lambda item: -item[1]),
        "versions": versions,
    }
    return render(request, "daily/day.html", context)


def _mark_line(mark: Mark, vocabulary: Vocabulary) -> str:
    word = words.mark_word(mark, vocabulary)
    detail = words.mark_detail(mark, vocabulary)
    return f"{word.text} · {detail}" if detail else word.text


@require_safe
@access(COVERAGE_VIEW)
def coverage(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Who has not answered: reports of the families and checks, class by class."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    unit, on, _tz = _unit_and_day(request, COVERAGE_VIEW, unit_id)
    listed = queries.report_coverage(actor, unit.pk, on)
    rows = [
        {
            "item": item,
            "sessions": [words.say(session_label(s, item.unit.level)) for s in item.sessions],
            "missing": item.missing,
        }
        for item in listed
    ]
    context = {
        "unit": unit,
        "day": on,
        "rows": rows,
        "expected": sum(item.expected for item in listed),
        "answered": sum(item.answered for item in listed),
        "checked": sum(bool(item.sessions) for item in listed),
    }
    return render(request, "daily/coverage.html", context)
