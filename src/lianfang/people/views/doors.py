"""Signs for doors, the page that a sign leads to, school buses, seat plans."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lianfang.foundation.access import access, unit_for
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import home_of, today_at
from lianfang.people.forms import carried_out
from lianfang.people.forms.places import RiderForm, SeatsForm, VehicleForm
from lianfang.people.models import Membership
from lianfang.people.place_rules import Grid, filled_in_order
from lianfang.people.views.units import unit_path


@require_safe
@access(perms.PLACE_VIEW)
def at_door(request: Any, uid: uuid.UUID) -> HttpResponse:
    """The place whose code was read at its door."""
    view = queries.place_at_door(request.actor, uid, today_at(None, request.now))
    scope = request.actor.scope(perms.PLACE_MANAGE)
    context = {
        "view": view,
        "kind": words.place_kind_words(view.place.kind),
        "may_manage": scope.covers_path(view.place.unit.path),
        "closed": view.place.closed_from is not None and view.place.closed_from <= today_at(None, request.now),
    }
    return render(request, "people/doors/place.html", context)


@require_safe
@access(perms.PLACE_VIEW)
def labels(request: Any, unit_id: int) -> HttpResponse:
    """Signs to print, several on a page; `?below=` for one building or floor."""
    below = request.GET.get("below", "")
    only = int(below) if below.isascii() and below.isdigit() and len(below) <= 18 else None
    unit, listed = queries.signs(request.actor, unit_id, today_at(None, request.now), only)
    drawn = [
        {
            "place": place,
            "above": above,
            "kind": words.place_kind_words(place.kind),
            "code": segno.make(
                request.build_absolute_uri(reverse("doors:place", args=[place.uid])), error="m"
            ).svg_data_uri(scale=4, border=2),
        }
        for place, above in listed
    ]
    return render(request, "people/doors/labels.html", {"unit": unit, "signs": drawn})


@require_http_methods(["GET", "HEAD", "POST"])
@access(perms.PLACE_VIEW)
def vehicles(request: Any, unit_id: int) -> HttpResponse:
    """The school's buses; a POST adds one."""
    unit, rows = queries.vehicles(request.actor, unit_id, today_at(None, request.now))
    form = VehicleForm(request.POST or None)
    if request.method == "POST":
        home = unit_for(request.actor, perms.PLACE_MANAGE, unit.pk)
        if form.is_valid():
            made = carried_out(
                form, lambda: actions.add_vehicle(request.actor, request.now, unit=home, **form.cleaned_data)
            )
            if made is not None:
                messages.success(request, _("已添加校车。请再指定驾驶员、照管员和乘车学生。"))
                return redirect("people:vehicle", made.pk)
    context = {
        "unit": unit,
        "rows": rows,
        "form": form,
        "unit_path": unit_path(request.actor, unit, "people:vehicles"),
        "may_manage": request.actor.scope(perms.PLACE_MANAGE).covers_path(unit.path),
    }
    return render(request, "people/doors/vehicles.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(perms.PLACE_VIEW)
def vehicle(request: Any, vehicle_id: int) -> HttpResponse:
    """One bus: its data and its riders. A POST changes the bus (`action=save`) or adds a rider (`action=ride`)."""
    bus = queries.vehicle_for(request.actor, vehicle_id)
    today = today_at(bus.unit, request.now)
    may_manage = request.actor.scope(perms.PLACE_MANAGE).covers_path(bus.unit.path)
    action = request.POST.get("action", "") if request.method == "POST" else ""
    data = {"name": bus.unit.name, "plate": bus.plate, "seats": bus.seats, "route": bus.route}
    form = VehicleForm(request.POST if action == "save" else None, initial=data)
    rider = RiderForm(
        request.POST if action == "ride" else None,
        home=home_of(bus.unit),
        on=today,
        bus=bus.unit,
        initial={"begins": today},
    )
    if action:
        unit_for(request.actor, perms.PLACE_MANAGE, bus.unit_id)
    if action == "save" and form.is_valid():
        done = carried_out(
            form, lambda: actions.update_vehicle(request.actor, request.now, vehicle=bus, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("已保存。"))
            return redirect("people:vehicle", bus.pk)
    if action == "ride" and rider.is_valid():
        done = carried_out(rider, lambda: actions.ride(request.actor, request.now, vehicle=bus, **rider.cleaned_data))
        if done is not None:
            messages.success(request, _("已登记乘车。"))
            return redirect("people:vehicle", bus.pk)
    riders = (
        Membership.objects.in_force(today)
        .filter(unit=bus.unit, kind="rider")
        .select_related("person")
        .defer("person__id_number", "person__phone")
        .order_by("order", "person__name_key", "pk")
    )
    context = {
        "bus": bus,
        "home": home_of(bus.unit),
        "form": form,
        "rider": rider,
        "riders": riders,
        "may_manage": may_manage,
        "may_see": request.actor.scope(perms.ROSTER_VIEW).covers_path(bus.unit.path),
    }
    wrong = form.errors or rider.errors
    return render(request, "people/doors/vehicle.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(perms.SEAT_VIEW)
def seats(request: Any, unit_id: int) -> HttpResponse:
    """A class's seats: shown on any day (`?day=`), arranged by select or by dragging, printed."""
    unit = unit_for(request.actor, perms.SEAT_VIEW, unit_id)
    today = today_at(unit, request.now)
    day = _day(request.GET.get("day", "")) or today
    view = queries.seats_on(request.actor, unit.pk, min(day, today))
    may_manage = request.actor.scope(perms.SEAT_MANAGE).covers_path(unit.path)
    grid = view.seating.grid
    names = view.seating.names
    columns = grid.columns or 8
    initial = {
        "rows": grid.rows or max(1, -(-len(names) // columns)),
        "columns": columns,
        "aisles": ",".join(map(str, grid.aisles)),
        "begins": today,
    }
    form = SeatsForm(request.POST or None, initial=initial)
    if request.method == "POST":
        unit_for(request.actor, perms.SEAT_MANAGE, unit.pk)
        if form.is_valid() and _arranged(request, unit, form, list(names)):
            messages.success(request, _("座位表已保存。"))
            return redirect("people:seats", unit.pk)
    held = {person: cell for cell, person in view.seating.seats.items()}
    wanted = {(s.row, s.column): s.person_id for s in form.seats()} if form.is_bound and form.is_valid() else {}
    shown = wanted or view.seating.seats
    context = {
        "unit": unit,
        "day": view.day,
        "today": today,
        "past": view.day < today,
        "grid": [
            [
                {
                    "row": row,
                    "column": column,
                    "person": shown.get((row, column)),
                    "name": names.get(shown.get((row, column), 0), ""),
                    "aisle": column in grid.aisles,
                }
                for column in range(1, grid.columns + 1)
            ]
            for row in range(1, grid.rows + 1)
        ],
        "columns": grid.columns,
        "pupils": list(names.items()),
        "standing": [name for person, name in names.items() if person not in held],
        "since": view.seating.since,
        "form": form,
        "may_manage": may_manage,
        "unit_path": unit_path(request.actor, unit, "people:roster"),
    }
    return render(request, "people/doors/seats.html", context, status=422 if form.errors else 200)


def _arranged(request: Any, unit: Any, form: SeatsForm, pupils: list[int]) -> bool:
    """Save what was typed; `action=fill` seats everybody by the order of the roll."""
    typed = form.cleaned_data
    chosen = form.seats()
    if request.POST.get("action") == "fill":
        order = filled_in_order(Grid(typed["rows"], typed["columns"], tuple(typed["aisles"])), pupils)
        chosen = [actions.NewSeat(row, column, person) for (row, column), person in order.items()]
    done = carried_out(
        form,
        lambda: actions.arrange_seats(request.actor, request.now, unit=unit, seats=chosen, **typed),
    )
    return done is not None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None
