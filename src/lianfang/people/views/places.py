"""Places of an institution: listed, added, changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, one, unit_for
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import today_at
from lianfang.people.forms import PlaceForm, carried_out
from lianfang.people.forms.places import PlaceEditForm
from lianfang.people.models import Place
from lianfang.people.views.units import unit_path


@access(perms.PLACE_VIEW)
def home(request: Any) -> HttpResponse:
    """The places of the only institution within reach, or a choice."""
    homes = queries.institutions(request.actor, perms.PLACE_VIEW)
    if len(homes) == 1:
        return redirect("people:places", homes[0].pk)
    return render(request, "people/choose.html", {"homes": homes, "target": "people:places", "what": _("场所")})


def _draw(request: Any, unit_id: int, form: Any = None, status: int = 200) -> HttpResponse:
    unit, rows = queries.places(request.actor, unit_id, today_at(None, request.now))
    for row in rows:
        row.place.kind_words = words.place_kind_words(row.place.kind)  # type: ignore[attr-defined]
    context = {
        "unit": unit,
        "rows": rows,
        "form": form or PlaceForm(unit=unit),
        "unit_path": unit_path(request.actor, unit, "people:places"),
        "may_manage": request.actor.scope(perms.PLACE_MANAGE).covers_path(unit.path),
        "taps": queries.taps_of(request.actor, unit.pk, today_at(None, request.now)),
        "today": today_at(None, request.now),
    }
    return render(request, "people/places.html", context, status=status)


@access(perms.PLACE_VIEW)
def places(request: Any, unit_id: int) -> HttpResponse:
    """Campus, buildings, floors, rooms."""
    return _draw(request, unit_id)


@access(perms.PLACE_MANAGE)
@require_POST
def add(request: Any, unit_id: int) -> HttpResponse:
    """One more place."""
    unit = unit_for(request.actor, perms.PLACE_MANAGE, unit_id)
    form = PlaceForm(request.POST, unit=unit)
    if form.is_valid() and carried_out(
        form, lambda: actions.add_place(request.actor, request.now, unit=unit, **form.cleaned_data)
    ):
        messages.success(request, _("已添加场所。"))
        return redirect("people:places", unit.pk)
    return _draw(request, unit.pk, form, 422)


@access(perms.PLACE_MANAGE)
def edit(request: Any, unit_id: int, place_id: int) -> HttpResponse:
    """Change a place."""
    unit = unit_for(request.actor, perms.PLACE_MANAGE, unit_id)
    place: Place = one(Place.objects.filter(unit=unit), pk=place_id)
    form = PlaceEditForm(request.POST or None, place=place)
    if request.method == "POST" and form.is_valid():
        done = carried_out(form, lambda: _change(request, place, dict(form.cleaned_data)))
        if done is not None:
            messages.success(request, _("已保存。"))
            return redirect("people:places", unit.pk)
    context = {"form": form, "place": place, "unit": unit}
    return render(request, "people/place.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _change(request: Any, place: Place, typed: dict[str, Any]) -> Place:
    """What was typed of a place, where it lies, and from when it is out of use: all or nothing."""
    parent, closed_from = typed.pop("parent"), typed.pop("closed_from")
    if parent != place.parent:
        place = actions.move_place(request.actor, request.now, place=place, parent=parent)
    if closed_from != place.closed_from:
        actions.close_place(request.actor, request.now, place=place, closed_from=closed_from)
    return actions.update_place(request.actor, request.now, place=place, **typed)
