"""Pages of meetings: a unit's list, a new one, one with minutes and decisions; one decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lianfang.duties import actions, perms, queries
from lianfang.duties.forms.meetings import DecisionForm, MeetingForm, MinutesForm, OutcomeForm, WithdrawForm
from lianfang.duties.views.shifts import said, tried
from lianfang.foundation.access import access, unit_for
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.models import Group
from lianfang.people.queries.groups import staff_of
from lianfang.people.words import role_words

PAGE = 30


@require_GET
@access(perms.MEETING_VIEW)
def home(request: Any) -> HttpResponse:
    """Meetings of the only unit within reach, or a choice with the meetings I was asked to."""
    homes = queries.units_with_meetings(request.actor)
    own = queries.own_meetings(request.actor, request.now)
    if len(homes) == 1 and not own:
        return redirect("duties:meetings_of", homes[0].pk)
    context = {"homes": homes, "own": own, "now": request.now}
    return render(request, "duties/meetings/home.html", context)


@require_GET
@access(perms.MEETING_VIEW)
def meetings(request: Any, unit_id: int) -> HttpResponse:
    """Meetings of a unit, newest first."""
    unit, rows = queries.meetings_of(request.actor, unit_id)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    may = request.actor.scope(perms.MEETING_MANAGE).covers_path(unit.path)
    return render(request, "duties/meetings/list.html", {"unit": unit, "page": page, "may_manage": may})


@require_http_methods(["GET", "POST"])
@access(perms.MEETING_MANAGE)
def new(request: Any, unit_id: int) -> HttpResponse:
    """Call a meeting."""
    unit = unit_for(request.actor, perms.MEETING_MANAGE, unit_id)
    today = local_date(request.now, time_zone_of(unit))
    groups = [(str(g.pk), g.name) for g in Group.objects.in_force(today).filter(unit=unit).order_by("pk")]
    people = [(str(p.pk), p.name) for p in staff_of(unit, today)]
    at = timezone.localtime(request.now).replace(second=0, microsecond=0)
    form = MeetingForm(request.POST or None, groups=groups, people=people, initial={"begins_at": at})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        row = tried(
            form,
            lambda: actions.call_meeting(
                request.actor,
                request.now,
                unit_id=unit_id,
                title=data["title"],
                begins_at=data["begins_at"],
                place=data["place"],
                agenda=data["agenda"],
                group_id=int(data["group"]) if data["group"] else None,
                person_ids=[int(pk) for pk in data["people"]],
            ),
            {"person_ids": "people"},
        )
        if row is not None:
            messages.success(request, _("会议已登记。"))
            return redirect("duties:meeting", row.pk)
    return render(request, "duties/meetings/new.html", {"form": form, "unit": unit}, status=422 if form.errors else 200)


def _sheet(request: Any, meeting_id: int, *, minutes: Any = None, decision: Any = None) -> HttpResponse:
    found = queries.meeting_sheet(request.actor, request.now, meeting_id)
    unit = found.meeting.unit
    last = found.minutes[0] if found.minutes else None
    context: dict[str, Any] = {"found": found, "meeting": found.meeting, "last": last, "now": request.now}
    if found.may_manage:
        start = {"text": last.text if last else "", "seen": last.number if last else 0}
        due = local_date(request.now, time_zone_of(unit)) + timedelta(days=7)
        context |= {
            "minutes_form": minutes or MinutesForm(correcting=last is not None, initial=start),
            "decision_form": decision
            or DecisionForm(posts=_posts(request, unit), initial={"client_id": uuid4(), "due_on": due}),
            "withdraw_form": WithdrawForm(),
        }
    return render(request, "duties/meetings/meeting.html", context, status=422 if minutes or decision else 200)


def _posts(request: Any, unit: Any) -> list[tuple[str, str]]:
    return [
        (f"{at.pk}.{role}", f"{at.name} · {role_words(role)} · {names}")
        for at, role, names in queries.posts_to_charge(unit, request.now)
    ]


@require_GET
@access(perms.MEETING_VIEW)
def meeting(request: Any, meeting_id: int) -> HttpResponse:
    """One meeting: agenda, who was there, minutes in their versions, decisions with their state."""
    return _sheet(request, meeting_id)


@require_POST
@access(perms.MEETING_MANAGE)
def attendance(request: Any, meeting_id: int) -> HttpResponse:
    """Note who was there."""
    states = {
        int(name[1:]): value
        for name, value in request.POST.items()
        if name[:1] == "p" and name[1:].isdecimal() and len(name) < 20
    }
    said(
        request,
        lambda: actions.note_attendance(request.actor, request.now, meeting_id=meeting_id, states=states),
        _("到会情况已记下。"),
    )
    return redirect("duties:meeting", meeting_id)


@require_POST
@access(perms.MEETING_MANAGE)
def minutes(request: Any, meeting_id: int) -> HttpResponse:
    """Write or correct the minutes."""
    found = queries.meeting_sheet(request.actor, request.now, meeting_id)
    form = MinutesForm(request.POST, correcting=bool(found.minutes))
    if form.is_valid() and tried(
        form,
        lambda: actions.write_minutes(request.actor, request.now, meeting_id=meeting_id, **form.cleaned_data),
    ):
        messages.success(request, _("纪要已保存，原来的版本保留。") if found.minutes else _("纪要已保存。"))
        return redirect("duties:meeting", meeting_id)
    return _sheet(request, meeting_id, minutes=form)


@require_POST
@access(perms.MEETING_MANAGE)
def decide(request: Any, meeting_id: int) -> HttpResponse:
    """Enter a decision, which becomes a duty."""
    found = queries.meeting_sheet(request.actor, request.now, meeting_id)
    form = DecisionForm(request.POST, posts=_posts(request, found.meeting.unit))
    if form.is_valid():
        data = form.cleaned_data
        unit_id, role = data["post"].split(".")
        row = tried(
            form,
            lambda: actions.decide(
                request.actor,
                request.now,
                meeting_id=meeting_id,
                client_id=data["client_id"],
                text=data["text"],
                unit_id=int(unit_id),
                role=role,
                due_on=data["due_on"],
            ),
            {"unit_id": "post", "role": "post"},
        )
        if row is not None:
            messages.success(request, _("决定已登记，承办人的待办里会出现。"))
            return redirect("duties:meeting", meeting_id)
    return _sheet(request, meeting_id, decision=form)


def _decision(request: Any, decision_id: int, form: Any = None) -> HttpResponse:
    line, mine = queries.decision_sheet(request.actor, request.now, decision_id)
    open_ = line.row.withdrawn_at is None and not line.row.outcome
    sees = bool(request.actor.scope(perms.MEETING_VIEW).covers_path(line.row.meeting.unit.path))
    context = {
        "line": line,
        "decision": line.row,
        "form": (form or OutcomeForm()) if mine and open_ else None,
        "sees_meeting": sees,
        "now": request.now,
    }
    return render(request, "duties/meetings/decision.html", context, status=422 if form else 200)


@require_GET
@access(perms.DECISION_OWN)
def decision(request: Any, decision_id: int) -> HttpResponse:
    """A decision as whoever carries it out sees it."""
    return _decision(request, decision_id)


@require_POST
@access(perms.DECISION_OWN)
def carry_out(request: Any, decision_id: int) -> HttpResponse:
    """Say what was done."""
    form = OutcomeForm(request.POST)
    text = request.POST.get("outcome", "").replace("\0", "")
    if form.is_valid() and tried(
        form, lambda: actions.carry_out(request.actor, request.now, decision_id=decision_id, outcome=text)
    ):
        messages.success(request, _("已办完，会议页面能看到结果。"))
        return redirect("duties:decision", decision_id)
    return _decision(request, decision_id, form)


@require_POST
@access(perms.MEETING_MANAGE)
def withdraw(request: Any, decision_id: int) -> HttpResponse:
    """A decision holds no more."""
    line, _mine = queries.decision_sheet(request.actor, request.now, decision_id)
    said(
        request,
        lambda: actions.withdraw_decision(
            request.actor, request.now, decision_id=decision_id, reason=request.POST.get("reason", "").replace("\0", "")
        ),
        _("决定已撤销，待办不再提醒。"),
    )
    return redirect("duties:meeting", line.row.meeting_id)
