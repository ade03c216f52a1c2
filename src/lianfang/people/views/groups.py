"""Who answers for what: the sheet of a unit, and its groups with their members."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lianfang.foundation.access import access, one, permit, unit_for
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import instant_from
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import today_at
from lianfang.people.forms import carried_out
from lianfang.people.forms.groups import PARTS, GroupForm, LeaveForm, MemberForm
from lianfang.people.models import GroupMember, Person
from lianfang.people.queries.groups import group_for, responsibility, staff_of
from lianfang.people.views.units import unit_path


@require_GET
@access(perms.GROUP_VIEW)
def home(request: Any) -> HttpResponse:
    """The sheet of the only institution within reach, or a choice."""
    homes = queries.institutions(request.actor, perms.GROUP_VIEW)
    if len(homes) == 1:
        return redirect("people:groups", homes[0].pk)
    return render(request, "people/choose.html", {"homes": homes, "target": "people:groups", "what": _("职责分工")})


def _day(text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else default


def _sheet(request: Any, unit_id: int, form: Any = None, status: int = 200) -> HttpResponse:
    unit = unit_for(request.actor, perms.GROUP_VIEW, unit_id)
    today = today_at(unit, request.now)
    day = _day(request.GET.get("on", ""), today)
    known_at = instant_from(request.GET.get("known", ""), time_zone_of(unit))
    found = responsibility(request.actor, unit_id, day, known_at)
    groups = [
        {
            "group": sheet.group,
            "kind": words.group_kind_words(sheet.group.kind),
            "members": [{"line": line, "part": PARTS[line.row.part]} for line in sheet.members],
        }
        for sheet in found.groups
    ]
    context = {
        "unit": unit,
        "on": day,
        "known": request.GET.get("known", "") if known_at else "",
        "posts": [{"role": words.role_words(p.role), "names": p.names} for p in found.posts],
        "groups": groups,
        "form": form or GroupForm(unit=unit, initial={"begins": today}),
        "unit_path": unit_path(request.actor, unit, "people:groups"),
        "may_manage": request.actor.scope(perms.GROUP_MANAGE).covers_path(unit.path),
        "now": timezone.localtime(request.now),
    }
    return render(request, "people/groups/sheet.html", context, status=status)


@require_GET
@access(perms.GROUP_VIEW)
def sheet(request: Any, unit_id: int) -> HttpResponse:
    """Posts and groups of a unit on a day, as known now or at an instant; prints on one sheet."""
    return _sheet(request, unit_id)


@require_POST
@access(perms.GROUP_MANAGE)
def add(request: Any, unit_id: int) -> HttpResponse:
    """One more group."""
    unit = unit_for(request.actor, perms.GROUP_MANAGE, unit_id)
    form = GroupForm(request.POST, unit=unit)
    if form.is_valid():
        row = carried_out(form, lambda: actions.form_group(request.actor, request.now, unit=unit, **form.cleaned_data))
        if row is not None:
            messages.success(request, _("工作组已成立，请添加组长和组员。"))
            return redirect("people:group", row.pk)
    return _sheet(request, unit_id, form, 422)


def _group(request: Any, group_id: int, form: Any = None, status: int = 200) -> HttpResponse:
    row = group_for(request.actor, group_id)
    today = today_at(row.unit, request.now)
    people = Person.objects.filter(pk__in=[p.pk for p in staff_of(row.unit, today)]).order_by("name_key", "pk")
    members = row.members.filter(void_at=None).select_related("person").order_by("-ends", "begins", "pk")
    context = {
        "group": row,
        "kind": words.group_kind_words(row.kind),
        "members": [{"row": m, "part": PARTS[m.part], "over": m.ends is not None and m.ends <= today} for m in members],
        "form": form or MemberForm(people=people, initial={"begins": today}),
        "today": today,
        "unit_path": unit_path(request.actor, row.unit, "people:groups"),
    }
    return render(request, "people/groups/group.html", context, status=status)


@require_GET
@access(perms.GROUP_MANAGE)
def group(request: Any, group_id: int) -> HttpResponse:
    """A group with everybody who has or had a part in it."""
    return _group(request, group_id)


@require_POST
@access(perms.GROUP_MANAGE)
def add_member(request: Any, group_id: int) -> HttpResponse:
    """Somebody joins."""
    row = group_for(request.actor, group_id)
    people = Person.objects.filter(pk__in=[p.pk for p in staff_of(row.unit, today_at(row.unit, request.now))])
    form = MemberForm(request.POST, people=people)
    if form.is_valid() and carried_out(
        form, lambda: actions.add_group_member(request.actor, request.now, group_id=group_id, **form.cleaned_data)
    ):
        messages.success(request, _("已加入工作组。"))
        return redirect("people:group", group_id)
    return _group(request, group_id, form, 422)


@require_POST
@access(perms.GROUP_MANAGE)
def end_member(request: Any, member_id: int) -> HttpResponse:
    """Somebody leaves."""
    scope = permit(request.actor, perms.GROUP_MANAGE)
    row = one(GroupMember.objects.filter(scope.unit_q("group__unit__path"), void_at=None), pk=member_id)
    _end(request, lambda ends: actions.end_group_member(request.actor, request.now, member_id=member_id, ends=ends))
    return redirect("people:group", row.group_id)


@require_POST
@access(perms.GROUP_MANAGE)
def end(request: Any, group_id: int) -> HttpResponse:
    """The group is dissolved."""
    row = group_for(request.actor, group_id)
    _end(request, lambda ends: actions.end_group(request.actor, request.now, group_id=group_id, ends=ends))
    return redirect("people:groups", row.unit_id)


def _end(request: Any, act: Any) -> None:
    form = LeaveForm(request.POST)
    if form.is_valid() and carried_out(form, lambda: act(form.cleaned_data["ends"])) is not None:
        messages.success(request, _("已登记结束，历史记录保留。"))
    else:
        messages.warning(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
