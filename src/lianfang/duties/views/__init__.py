"""Pages of duties: mine, the chase list, one duty, delegations."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lianfang.duties import actions, perms, queries, rules
from lianfang.duties.forms import DelegationForm, ExcuseForm
from lianfang.foundation.access import access
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.rulepacks import packs
from lianfang.ui import status

PAGE = 50


@require_GET
@access(perms.OWN_DUTIES)
def mine(request: Any) -> HttpResponse:
    """What I owe now, what I have done today, and what is late below me."""
    rows = queries.owed_by(request.actor, request.now, include_done=True)
    context = {
        "owed": [r for r in rows if r.state in ("overdue", "due_soon", "open")],
        "settled": [r for r in rows if r.state in ("done", "done_late", "excused")],
        "late": queries.late_below(request.actor, request.now, limit=10),
        "may_chase": request.actor.can(perms.CHASE_VIEW),
        "now": request.now,
    }
    return render(request, "duties/mine.html", context)


def _chase(request: Any, given: QueryDict) -> dict[str, Any]:
    day = _day(given.get("day", ""), timezone.localtime(request.now).date())
    unit_id = given.get("unit", "")
    found = queries.chase_list(
        request.actor,
        request.now,
        day=day,
        kind=given.get("kind", ""),
        unit_id=int(unit_id) if unit_id.isdecimal() and len(unit_id) < 19 else None,
        state=given.get("state", "") if given.get("state", "") in rules.STATES else "",
    )
    page = Paginator(found.rows, PAGE).get_page(given.get("page"))
    rows = queries.chase_rows(request.actor, request.now, page.object_list)
    owed = [r.duty.id for r in rows if r.duty.state in ("overdue", "due_soon", "open")]
    return {
        "found": found,
        "page": page,
        "rows": rows,
        "states": [
            {
                "status": status.get(s, "duty"),
                "count": found.counts[s],
                "url": _with(given, state=s),
                "on": s == found.state,
            }
            for s in rules.STATES
        ],
        "all_url": _with(given, state=""),
        "kinds": [{"value": k, "label": label} for k, label in found.kinds.items()],
        "units": queries.units_to_chase(request.actor),
        "may_remind": request.actor.can(perms.REMIND),
        "owed_ids": owed,
        "on_time_percent": None if found.on_time is None else int(found.on_time * 100),
        "filters": given.urlencode(),
        "before_url": _with(given, day=(day - timedelta(days=1)).isoformat()),
        "after_url": _with(given, day=(day + timedelta(days=1)).isoformat()),
        "now": request.now,
    }


@require_GET
@access(perms.CHASE_VIEW)
def chase(request: Any) -> HttpResponse:
    """Who has and who has not, by kind, unit and state."""
    return render(request, "duties/chase.html", _chase(request, request.GET))


@require_POST
@access(perms.REMIND)
def remind(request: Any) -> HttpResponse:
    """Remind the holders of the chosen duties; htmx gets the list again, a plain form goes back to where it was."""
    ids = [int(i) for i in request.POST.getlist("duty") if i.isdecimal() and len(i) < 19][:500]
    outcome = actions.remind_now(request.actor, request.now, duty_ids=ids)
    tone, words = _reminded(outcome)
    if getattr(request, "htmx", False):
        context = _chase(request, QueryDict(request.POST.get("filters", "")))
        answer = render(request, "duties/chase.html#list", context)
        answer.headers["HX-Trigger"] = json.dumps({"duties:said": {"words": words, "tone": tone}})
        return answer
    messages.add_message(request, messages.SUCCESS if tone == "ok" else messages.WARNING, words)
    back = request.POST.get("back", "")
    if back.isdecimal() and len(back) < 19:
        return redirect("duties:detail", duty_id=int(back))
    return redirect(f"{reverse('duties:chase')}?{request.POST.get('filters', '')}")


def _reminded(outcome: actions.Reminded) -> tuple[str, str]:
    parts = []
    if outcome.reminded:
        words = ngettext("已提醒 %(n)d 项待办的负责人。", "已提醒 %(n)d 项待办的负责人。", outcome.reminded)
        parts.append(words % {"n": outcome.reminded})
    if outcome.too_soon:
        words = ngettext(
            "%(n)d 项在十分钟内提醒过，请稍后再催。", "%(n)d 项在十分钟内提醒过，请稍后再催。", outcome.too_soon
        )
        parts.append(words % {"n": outcome.too_soon})
    if outcome.nobody:
        words = ngettext("%(n)d 项没有人在岗，请先安排负责人。", "%(n)d 项没有人在岗，请先安排负责人。", outcome.nobody)
        parts.append(words % {"n": outcome.nobody})
    if outcome.not_owed:
        words = ngettext("%(n)d 项已经完成或免办。", "%(n)d 项已经完成或免办。", outcome.not_owed)
        parts.append(words % {"n": outcome.not_owed})
    return ("ok" if outcome.reminded else "attention"), " ".join(parts)


def _detail(request: Any, duty_id: int, form: ExcuseForm) -> dict[str, Any]:
    found = queries.duty_detail(request.actor, request.now, duty_id)
    path = [{"label": unit.name, "url": ""} for unit in found.unit_path]
    return {"found": found, "duty": found.duty, "form": form, "unit_path": path, "now": request.now}


@require_GET
@access(perms.OWN_DUTIES)
def detail(request: Any, duty_id: int) -> HttpResponse:
    """One duty: its state and why, what was sent when, what comes next."""
    return render(request, "duties/detail.html", _detail(request, duty_id, ExcuseForm()))


@require_POST
@access(perms.EXCUSE)
def excuse(request: Any, duty_id: int) -> HttpResponse:
    """Excuse a duty with a reason."""
    form = ExcuseForm(request.POST)
    if form.is_valid():
        try:
            actions.excuse_duty(request.actor, request.now, duty_id=duty_id, reason=form.cleaned_data["reason"])
        except Invalid as error:
            _take_errors(form, error, {})
        except Conflict as error:
            messages.warning(request, error.message)
            return redirect("duties:detail", duty_id=duty_id)
        else:
            messages.success(request, _("已免办，原因已记录，不会再提醒。"))
            return redirect("duties:detail", duty_id=duty_id)
    return render(request, "duties/detail.html", _detail(request, duty_id, form), status=422)


@require_POST
@access(perms.EXCUSE)
def owe_again(request: Any, duty_id: int) -> HttpResponse:
    """Take an excuse back."""
    try:
        actions.take_back_excuse(request.actor, request.now, duty_id=duty_id)
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("免办已撤销，这项待办恢复提醒。"))
    return redirect("duties:detail", duty_id=duty_id)


@require_GET
@access(perms.DELEGATE)
def delegations(request: HttpRequest) -> HttpResponse:
    """Who stands in for whom, now and later."""
    rows = queries.delegations(request.actor, request.now)  # type: ignore[attr-defined]
    roles = packs().roles
    items = [
        {
            "row": row,
            "role": roles[row.role].label if row.role in roles else row.role,
            "last": row.ends - timedelta(days=1),
            "may_end": actions.may_end(request.actor, row),  # type: ignore[attr-defined]
        }
        for row in rows
    ]
    return render(request, "duties/delegations.html", {"items": items, "now": request.now})  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@access(perms.DELEGATE)
def new_delegation(request: Any) -> HttpResponse:
    """Arrange a deputy."""
    roles = packs().roles
    posts = queries.posts_to_hand_over(request.actor, request.now)
    choices = [
        (f"{p.unit_id}.{p.role}.{p.account_id}", f"{p.unit_name} · {_said(roles[p.role].label)} · {p.account_name}")
        for p in posts
        if p.role in roles
    ]
    people = [(str(a.pk), a.display_name or a.username) for a in queries.people_to_stand_in(request.actor, request.now)]
    today = timezone.localtime(request.now).date()
    form = DelegationForm(request.POST or None, posts=choices, people=people, initial={"first": today, "last": today})
    if request.method == "POST" and form.is_valid() and _delegate(request, form):
        messages.success(request, _("代班已安排，代班人会收到通知。"))
        return redirect("duties:delegations")
    code = 422 if request.method == "POST" else 200
    context = {"form": form, "has_posts": bool(choices), "now": request.now}
    return render(request, "duties/delegate.html", context, status=code)


def _delegate(request: Any, form: DelegationForm) -> bool:
    given = form.cleaned_data
    unit_id, role, from_account_id = given["post"].split(".")
    try:
        actions.delegate(
            request.actor,
            request.now,
            unit_id=int(unit_id),
            role=role,
            from_account_id=int(from_account_id),
            to_account_id=int(given["deputy"]),
            begins=given["first"],
            ends=given["last"] + timedelta(days=1) if given["last"] < date.max else given["last"],
            reason=given["reason"],
        )
    except Invalid as error:
        _take_errors(form, error, {"ends": "last", "begins": "first", "to_account": "deputy", "from_account": "post"})
        return False
    except Conflict as error:
        form.add_error(None, error.message)
        return False
    return True


@require_POST
@access(perms.DELEGATE)
def end_delegation(request: Any, delegation_id: int) -> HttpResponse:
    """End a delegation at once."""
    actions.end_delegation(request.actor, request.now, delegation_id=delegation_id)
    messages.success(request, _("代班已结束，待办回到原来的负责人。"))
    return redirect("duties:delegations")


def _take_errors(form: Any, error: Invalid, names: dict[str, str]) -> None:
    for fault in error.errors:
        field = names.get(fault.field, fault.field)
        form.add_error(field if field in form.fields else None, str(fault.message))


def _day(text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else default


def _with(given: QueryDict, **changes: str) -> str:
    """The filters with some of them changed, as a query string; paging starts again."""
    query = given.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query[name] = value
        if not value:
            del query[name]
    return "?" + query.urlencode()


def _said(label: Any) -> str:
    return str(label.text(queries.language()))
