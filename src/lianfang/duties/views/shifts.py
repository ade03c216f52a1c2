"""Pages of the duty roster: the week, a new plan, one's own shifts, one shift."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lianfang.duties import actions, perms, queries
from lianfang.duties.forms.shifts import ChangeForm, NoteForm, PlanForm
from lianfang.duties.rules.shifts import SHIFT_ROLES
from lianfang.foundation.access import access, unit_for
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.words import role_words
from lianfang.rulepacks import packs

NAMES = {"shift_id": "", "other_id": "other", "to_account_id": "to"}


def tried(form: Any, act: Callable[[], Any], names: dict[str, str] | None = None) -> Any:
    """The action's result; None with its words at the form when it refused."""
    try:
        return act()
    except Invalid as error:
        for fault in error.errors:
            field = (names or {}).get(fault.field, fault.field)
            form.add_error(field if field in form.fields else None, str(fault.message))
    except Conflict as error:
        form.add_error(None, error.message)
    return None


def said(request: Any, act: Callable[[], Any], words: str) -> bool:
    """Do it and say so; where it is refused, say why. Returns whether it was done."""
    try:
        act()
    except (Conflict, Invalid) as error:
        text = error.message if isinstance(error, Conflict) else " ".join(str(f.message) for f in error.errors)
        messages.warning(request, text)
        return False
    messages.success(request, words)
    return True


def day_of(text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else default


@require_GET
@access(perms.SHIFT_VIEW)
def home(request: Any) -> HttpResponse:
    """The roster of the only unit within reach, a choice, or one's own shifts."""
    homes = queries.units_with_shifts(request.actor)
    if not homes:
        return redirect("duties:own_shifts")
    if len(homes) == 1:
        return redirect("duties:roster", homes[0].pk)
    return render(request, "duties/choose.html", {"homes": homes, "target": "duties:roster", "what": _("值班表")})


@require_GET
@access(perms.SHIFT_VIEW)
def roster(request: Any, unit_id: int) -> HttpResponse:
    """A week of a unit: who is on duty by role, day and hour; what is empty or doubled; prints on a sheet."""
    unit = unit_for(request.actor, perms.SHIFT_VIEW, unit_id)
    today = local_date(request.now, time_zone_of(unit))
    found = queries.roster(request.actor, request.now, unit_id, day_of(request.GET.get("day", ""), today))
    context = {
        "found": found,
        "today": today,
        "before": (found.monday - timedelta(days=7)).isoformat(),
        "after": (found.monday + timedelta(days=7)).isoformat(),
        "sunday": found.monday + timedelta(days=6),
        "now": request.now,
        "may_chase": request.actor.can(perms.CHASE_VIEW),
    }
    return render(request, "duties/shifts/roster.html", context)


@require_http_methods(["GET", "POST"])
@access(perms.SHIFT_MANAGE)
def new_plan(request: Any, unit_id: int) -> HttpResponse:
    """Plan weeks of a role by rotation."""
    unit = unit_for(request.actor, perms.SHIFT_MANAGE, unit_id)
    known = packs().roles
    roles = [r for r in SHIFT_ROLES if r in known and unit.kind in known[r].unit_kinds]
    given = request.POST if request.method == "POST" else request.GET
    role = given.get("role", "") if given.get("role", "") in roles else roles[0] if roles else ""
    people = [(str(a.pk), a.display_name) for a in queries.people_of_role(unit, role, request.now)]
    monday = local_date(request.now, time_zone_of(unit))
    monday += timedelta(days=(7 - monday.weekday()) % 7)
    start = {
        "role": role,
        "begins": monday,
        "last": monday + timedelta(days=27),
        "days": "school",
        "turn": "day",
        "people": [pk for pk, _name in people],
    }
    choices = [(r, role_words(r)) for r in roles]
    form = PlanForm(request.POST or None, roles=choices, people=people, initial=start)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        plan = actions.NewPlan(**{**data, "people": tuple(int(pk) for pk in data["people"])})
        row = tried(form, lambda: actions.plan_shifts(request.actor, request.now, unit_id=unit_id, plan=plan))
        if row is not None:
            messages.success(request, _("值班表已排好，可以按周打印。"))
            return redirect(f"{unit_url(unit_id)}?day={row.begins.isoformat()}")
    context = {"form": form, "unit": unit, "role": role, "roles": choices, "has_people": bool(people)}
    return render(request, "duties/shifts/plan.html", context, status=422 if form.errors else 200)


def unit_url(unit_id: int) -> str:
    return f"/duties/shifts/of/{unit_id}/"


@require_POST
@access(perms.SHIFT_MANAGE)
def withdraw_plan(request: Any, plan_id: int) -> HttpResponse:
    """Cancel what has not begun of a plan."""
    count = actions.withdraw_plan(request.actor, request.now, plan_id=plan_id)
    text = ngettext("已撤销 %(n)d 个班次。", "已撤销 %(n)d 个班次。", count) % {"n": count}
    messages.success(request, text)
    return redirect("duties:shifts")


@require_GET
@access(perms.SHIFT_OWN)
def own(request: Any) -> HttpResponse:
    """My shifts: the one that is on, with one button; what is asked of me; what comes."""
    return render(
        request,
        "duties/shifts/own.html",
        {"found": queries.own_shifts(request.actor, request.now), "note_form": NoteForm(), "now": request.now},
    )


def _detail(request: Any, shift_id: int, *, change: Any = None, note: Any = None) -> HttpResponse:
    found = queries.shift_detail(request.actor, request.now, shift_id)
    row = found.line.row
    form = change
    if form is None and (found.may_ask or found.may_order):
        form = _change_form(request, row, None)
    context = {
        "found": found,
        "shift": row,
        "form": form,
        "note_form": note or NoteForm(),
        "may_see_roster": request.actor.scope(perms.SHIFT_VIEW).covers_path(row.unit.path),
        "me": request.actor.account_id,
        "now": request.now,
    }
    return render(request, "duties/shifts/shift.html", context, status=422 if change or note else 200)


def _change_form(request: Any, shift: Any, data: Any) -> ChangeForm:
    others = [
        (str(s.pk), f"{timezone.localtime(s.begins):%m-%d %H:%M} {s.name} · {s.account.display_name}")
        for s in queries.shifts_to_swap(shift, request.now)
    ]
    people = [(str(a.pk), a.display_name) for a in queries.stand_ins(shift)]
    return ChangeForm(data, others=others, people=people)


@require_GET
@access(perms.SHIFT_VIEW)
def shift(request: Any, shift_id: int) -> HttpResponse:
    """One shift: who holds it, changes, hand-over notes."""
    return _detail(request, shift_id)


def _changed(request: Any, shift_id: int, act: Callable[..., Any], words: str) -> HttpResponse:
    row = queries.shift_detail(request.actor, request.now, shift_id).line.row
    form = _change_form(request, row, request.POST)
    if form.is_valid() and tried(
        form, lambda: act(request.actor, request.now, shift_id=shift_id, **form.given()), NAMES
    ):
        messages.success(request, words)
        return redirect("duties:shift", shift_id)
    return _detail(request, shift_id, change=form)


@require_POST
@access(perms.SHIFT_OWN)
def ask(request: Any, shift_id: int) -> HttpResponse:
    """Ask somebody to swap or to stand in."""
    return _changed(request, shift_id, actions.ask_change, _("已发出请求，对方同意后生效。"))


@require_POST
@access(perms.SHIFT_MANAGE)
def order(request: Any, shift_id: int) -> HttpResponse:
    """Give a shift to somebody else without asking."""
    return _changed(request, shift_id, actions.order_change, _("班次已调整，双方会收到通知。"))


@require_POST
@access(perms.SHIFT_OWN)
def answer(request: Any, change_id: int) -> HttpResponse:
    """Accept or decline what was asked of me."""
    accept = request.POST.get("accept") == "yes"
    words = _("已同意，班次已经调整。") if accept else _("已回复不同意。")
    said(
        request,
        lambda: actions.answer_change(request.actor, request.now, change_id=change_id, accept=accept),
        words,
    )
    return redirect("duties:own_shifts")


@require_POST
@access(perms.SHIFT_OWN)
def take_back(request: Any, change_id: int) -> HttpResponse:
    """Ask no more."""
    said(
        request,
        lambda: actions.take_back_change(request.actor, request.now, change_id=change_id),
        _("请求已撤回，班次不变。"),
    )
    return redirect("duties:own_shifts")


@require_POST
@access(perms.SHIFT_OWN)
def on_post(request: Any, shift_id: int) -> HttpResponse:
    """I am on post."""
    said(request, lambda: actions.confirm_on_post(request.actor, request.now, shift_id=shift_id), _("到岗已确认。"))
    return redirect("duties:own_shifts")


@require_POST
@access(perms.SHIFT_OWN)
def hand_over(request: Any, shift_id: int) -> HttpResponse:
    """Write a hand-over note."""
    form = NoteForm(request.POST)
    text = request.POST.get("text", "")
    if form.is_valid() and tried(
        form, lambda: actions.hand_over(request.actor, request.now, shift_id=shift_id, text=text)
    ):
        messages.success(request, _("交接记录已保存，下一班会看到。"))
        return redirect("duties:shift", shift_id)
    return _detail(request, shift_id, note=form)


@require_POST
@access(perms.SHIFT_OWN)
def acknowledge(request: Any, note_id: int) -> HttpResponse:
    """I have read the note of the shift before."""
    actions.acknowledge(request.actor, request.now, note_id=note_id)
    messages.success(request, _("已确认收到交接。"))
    return redirect("duties:own_shifts")
