"""The link book: whom to call, with one tap, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lianfang.foundation.access import access, one, permit, unit_for
from lianfang.foundation.errors import Invalid
from lianfang.people import actions, linkbook, perms, queries
from lianfang.people.actions.following import today_at
from lianfang.people.forms import carried_out
from lianfang.people.forms.linkbook import LinkForm
from lianfang.people.models import LinkEntry
from lianfang.people.queries.linkbook import link_book, link_for
from lianfang.people.views.units import unit_path

OUTCOMES = {
    "reached": (gettext_lazy("打通了"), "ok", "phone"),
    "no_answer": (gettext_lazy("没人接"), "attention", "clock"),
    "wrong_number": (gettext_lazy("号码不对"), "danger", "alert-circle"),
}


@require_GET
@access(perms.LINKBOOK_VIEW)
def home(request: Any) -> HttpResponse:
    """The book of the only institution within reach, or a choice."""
    homes = queries.institutions(request.actor, perms.LINKBOOK_VIEW)
    if len(homes) == 1:
        return redirect("people:linkbook", homes[0].pk)
    return render(request, "people/choose.html", {"homes": homes, "target": "people:linkbook", "what": _("通讯录")})


def _draw(request: Any, unit_id: int, form: Any = None, status: int = 200) -> HttpResponse:
    unit = unit_for(request.actor, perms.LINKBOOK_VIEW, unit_id)
    wrong_only = request.GET.get("wrong") == "1"
    book = link_book(request.actor, unit_id, today_at(unit, request.now), wrong_only=wrong_only)
    kinds: dict[str, list[Any]] = {}
    for line in book.lines:
        said = OUTCOMES[line.call.outcome] if line.call else None
        kinds.setdefault(line.entry.kind, []).append({"line": line, "said": said})
    context = {
        "unit": unit,
        "book": book,
        "wrong_only": wrong_only,
        "kinds": [{"label": linkbook.KINDS.get(kind, kind), "rows": rows} for kind, rows in kinds.items()],
        "outcomes": [(key, label) for key, (label, _tone, _icon) in OUTCOMES.items()],
        "form": form or LinkForm(),
        "unit_path": unit_path(request.actor, unit, "people:linkbook"),
        "now": request.now,
    }
    return render(request, "people/linkbook/book.html", context, status=status)


@require_GET
@access(perms.LINKBOOK_VIEW)
def book(request: Any, unit_id: int) -> HttpResponse:
    """Entries by kind with tap-to-call links; `?wrong=1` shows what has to be mended."""
    return _draw(request, unit_id)


@require_POST
@access(perms.LINKBOOK_MANAGE)
def add(request: Any, unit_id: int) -> HttpResponse:
    """One more entry."""
    unit = unit_for(request.actor, perms.LINKBOOK_MANAGE, unit_id)
    form = LinkForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: actions.add_link(request.actor, request.now, unit=unit, **form.cleaned_data)
    ):
        messages.success(request, _("已加入通讯录。"))
        return redirect("people:linkbook", unit_id)
    return _draw(request, unit_id, form, 422)


@require_http_methods(["GET", "POST"])
@access(perms.LINKBOOK_MANAGE)
def mend(request: Any, entry_id: int) -> HttpResponse:
    """Correct an entry; the old one stays on record."""
    row = link_for(request.actor, entry_id)
    start = {name: getattr(row, name) for name in ("kind", "name", "contact", "private", "note")}
    form = LinkForm(request.POST or None, mending=True, initial=start)
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(
            form, lambda: actions.mend_link(request.actor, request.now, entry_id=entry_id, **form.cleaned_data)
        )
    ):
        messages.success(request, _("已改好，下次核对时再打一遍。"))
        return redirect("people:linkbook", row.unit_id)
    context = {"form": form, "entry": row, "unit_path": unit_path(request.actor, row.unit, "people:linkbook")}
    return render(request, "people/linkbook/entry.html", context, status=422 if form.errors else 200)


@require_POST
@access(perms.LINKBOOK_MANAGE)
def end(request: Any, entry_id: int) -> HttpResponse:
    """Take an entry out."""
    row = actions.end_link(request.actor, request.now, entry_id=entry_id)
    messages.success(request, _("已从通讯录删除，记录保留。"))
    return redirect("people:linkbook", row.unit_id)


@require_POST
@access(perms.LINKBOOK_CALL)
def called(request: Any, entry_id: int) -> HttpResponse:
    """What came of a call."""
    scope = permit(request.actor, perms.LINKBOOK_CALL)
    row = one(LinkEntry.objects.in_scope(scope).filter(void_at=None), pk=entry_id)
    try:
        actions.record_call(
            request.actor,
            request.now,
            entry_id=entry_id,
            outcome=request.POST.get("outcome", ""),
            note=request.POST.get("note", ""),
        )
    except Invalid as error:
        messages.warning(request, " ".join(str(fault.message) for fault in error.errors))
    else:
        messages.success(request, _("已记下“%(name)s”的通话结果。") % {"name": row.name})
    return redirect("people:linkbook", row.unit_id)
