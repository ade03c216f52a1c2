"""The tree of units, and the roster of one of them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from lianfang.foundation.access import access
from lianfang.foundation.models import Unit
from lianfang.foundation.units import ancestors
from lianfang.people import perms, queries, words
from lianfang.people.actions.following import today_at

PAGE = 60
FOUND = 200


def unit_path(actor: Any, unit: Unit, url: str = "people:roster") -> list[dict[str, str]]:
    """Breadcrumb of a unit as far up as the actor reaches."""
    from django.urls import reverse

    scope = actor.scope(perms.ROSTER_VIEW)
    return [
        {"label": above.name, "url": reverse(url, args=[above.pk]) if scope.covers_path(above.path) else ""}
        for above in ancestors(unit)
    ]


@access(perms.ROSTER_VIEW)
def tree(request: Any) -> HttpResponse:
    """All units within reach with their numbers."""
    nodes = queries.unit_tree(request.actor, today_at(None, request.now))
    for node in nodes:
        node.unit.kind_words = words.unit_kind_words(node.unit.kind)  # type: ignore[attr-defined]
    homes = [node.unit for node in nodes if node.unit.level == "institution"]
    return render(
        request,
        "people/tree.html",
        {
            "nodes": nodes,
            "homes": homes,
            "may_manage": request.actor.can(perms.ROSTER_MANAGE),
            "may_see_groups": request.actor.can(perms.GROUP_VIEW),
            "students": sum(node.students for node in nodes if node.indent == 0),
            "staff": sum(node.staff for node in nodes if node.indent == 0),
        },
    )


@access(perms.ROSTER_VIEW)
def roster(request: Any, unit_id: int) -> HttpResponse:
    """Everybody of a unit, one line each, without ID number and phone. What is looked for is posted, so that no name
    stands in an address; then one longer page is all that is shown."""
    asked = request.POST if request.method == "POST" else request.GET
    kind = asked.get("kind", "")
    search = request.POST.get("q", "").strip()[:60]
    unit, rows = queries.members(
        request.actor,
        unit_id,
        today_at(None, request.now),
        kind=kind if kind in words.MEMBER_KIND else "",
        search=search,
    )
    page = Paginator(rows, FOUND if search else PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.sex_words = words.SEX[row.person.sex]  # type: ignore[attr-defined]
        row.kind_words = words.MEMBER_KIND[row.kind]  # type: ignore[attr-defined]
    tabs = [
        {"label": label, "url": f"?kind={key}" if key else "?", "active": key == kind}
        for key, label in (("", words.ALL), *words.MEMBER_KIND.items())
    ]
    return render(
        request,
        "people/roster.html",
        {
            "unit": unit,
            "page": page,
            "tabs": tabs,
            "kind": kind,
            "search": search,
            "unit_path": unit_path(request.actor, unit),
            "several": unit.level not in ("class", "dormitory"),
            "may_manage": request.actor.scope(perms.ROSTER_MANAGE).covers_path(unit.path),
            "may_invite": request.actor.scope(perms.GUARDIAN_MANAGE).covers_path(unit.path),
        },
    )
