"""The overview page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lianfang.foundation.access import access
from lianfang.foundation.errors import NotFound
from lianfang.web import overview as made
from lianfang.web import perms


@access(perms.OVERVIEW)
def overview(request: Any, unit_id: int | None = None) -> HttpResponse:
    """Without a unit: the first of one's own; with one: its board, figures and trend."""
    mine = made.tops(request.actor)
    if unit_id is None:
        if not mine:
            raise NotFound("overview")
        if len(mine) > 1:
            return render(request, "web/overview_choice.html", {"tops": mine})
        return redirect("web:overview_unit", unit_id=mine[0].pk)
    try:
        day: date | None = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = None
    if day is not None and not 2000 <= day.year <= 2200:
        day = None
    page = made.overview(request.actor, unit_id, day, request.now)
    parents = [u for u in mine if u.pk != page.board.unit.pk and u.level == "authority"]
    return render(request, "web/overview.html", {"page": page, "fields": made.SHOWN_FIELDS, "parents": parents})
