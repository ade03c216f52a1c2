"""Places, school buses and seats in the API: the same actions as the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from ninja import Status

from lianfang.foundation.access import access, one, permit, unit_for
from lianfang.foundation.apischemas import ERRORS
from lianfang.people import actions, perms, queries
from lianfang.people.actions.following import today_at
from lianfang.people.api import router
from lianfang.people.models import Place
from lianfang.people.schemas import Day, Id, PlaceOut
from lianfang.people.schemas import places as s


def _door(place: Place, above: list[str], occupants: int) -> dict[str, Any]:
    names = ("uid", "id", "unit_id", "kind", "name", "capacity", "closed_from")
    return {**{name: getattr(place, name) for name in names}, "above": above, "occupants": occupants}


@router.get("/places/at/{uid}", response={200: s.DoorOut, **ERRORS})
@access(perms.PLACE_VIEW)
def at_door(request: Any, uid: UUID) -> dict[str, Any]:
    """The place whose sign was read."""
    view = queries.place_at_door(request.actor, uid, today_at(None, request.now))
    return _door(view.place, [p.name for p in view.above], view.occupants)


@router.patch("/places/of/{place_id}", response={200: PlaceOut, **ERRORS})
@access(perms.PLACE_MANAGE)
def change_place(request: Any, place_id: Id, body: s.PlaceChangeIn) -> dict[str, Any]:
    """Change, move or close a place; all or nothing."""
    scope = permit(request.actor, perms.PLACE_MANAGE)
    place = one(Place.objects.filter(scope.unit_q("unit__path")), pk=place_id)
    given = body.dict(exclude_unset=True)
    with transaction.atomic():
        if "parent_id" in given:
            pk = given.pop("parent_id")
            parent = one(Place.objects.filter(unit_id=place.unit_id), pk=pk) if pk is not None else None
            place = actions.move_place(request.actor, request.now, place=place, parent=parent)
        if "closed_from" in given:
            actions.close_place(request.actor, request.now, place=place, closed_from=given.pop("closed_from"))
        fields = {k: v for k, v in given.items() if v is not None or k not in ("kind", "name")}
        place = actions.update_place(request.actor, request.now, place=place, **fields)
    names = ("id", "parent_id", "kind", "name", "area_m2", "capacity", "taps", "used_by_id")
    return {**{name: getattr(place, name) for name in names}, "occupants": 0}


def _vehicle(row: Any, riders: int) -> dict[str, Any]:
    names = ("id", "unit_id", "plate", "seats", "route")
    return {**{name: getattr(row, name) for name in names}, "name": row.unit.name, "riders": riders}


@router.get("/vehicles/{unit_id}", response={200: s.VehiclesOut, **ERRORS})
@access(perms.PLACE_VIEW)
def vehicles(request: Any, unit_id: Id) -> dict[str, Any]:
    """The school's buses."""
    _unit, rows = queries.vehicles(request.actor, unit_id, today_at(None, request.now))
    return {"items": [_vehicle(r.vehicle, r.riders) for r in rows], "count": len(rows)}


@router.post("/vehicles/{unit_id}", response={201: s.VehicleOut, **ERRORS})
@access(perms.PLACE_MANAGE)
def add_vehicle(request: Any, unit_id: Id, body: s.VehicleIn) -> Status[dict[str, Any]]:
    """One more bus."""
    unit = unit_for(request.actor, perms.PLACE_MANAGE, unit_id)
    return Status(201, _vehicle(actions.add_vehicle(request.actor, request.now, unit=unit, **body.dict()), 0))


@router.post("/vehicles/of/{vehicle_id}/riders", response={201: s.VehicleOut, **ERRORS})
@access(perms.PLACE_MANAGE)
def add_rider(request: Any, vehicle_id: Id, body: s.RiderIn) -> Status[dict[str, Any]]:
    """Somebody begins to ride."""
    bus = queries.vehicle_for(request.actor, vehicle_id)
    person = queries.person_for(request.actor, perms.PERSON_VIEW, body.person_id, today_at(bus.unit, request.now))
    actions.ride(request.actor, request.now, person=person, vehicle=bus, begins=body.begins)
    return Status(201, _vehicle(bus, bus.unit.memberships.filter(kind="rider", ends=None, void_at=None).count()))


@router.get("/seats/{unit_id}", response={200: s.SeatsOut, **ERRORS})
@access(perms.SEAT_VIEW)
def seats(request: Any, unit_id: Id, day: Day | None = None) -> dict[str, Any]:
    """Who sat where in a class on a day (today)."""
    unit = unit_for(request.actor, perms.SEAT_VIEW, unit_id)
    return _seats(queries.seats_on(request.actor, unit_id, day or today_at(unit, request.now)))


def _seats(view: Any) -> dict[str, Any]:
    grid, names = view.seating.grid, view.seating.names
    return {
        "unit_id": view.unit.pk,
        "day": view.day,
        "rows": grid.rows,
        "columns": grid.columns,
        "aisles": list(grid.aisles),
        "seats": [
            {"row": row, "column": column, "person_id": person, "name": names[person]}
            for (row, column), person in sorted(view.seating.seats.items())
        ],
    }


@router.put("/seats/{unit_id}", response={200: s.SeatsOut, **ERRORS})
@access(perms.SEAT_MANAGE)
def arrange(request: Any, unit_id: Id, body: s.SeatsIn) -> dict[str, Any]:
    """Who sits where from a day on."""
    unit = unit_for(request.actor, perms.SEAT_MANAGE, unit_id)
    given = body.dict()
    chosen = [actions.NewSeat(seat["row"], seat["column"], seat["person_id"]) for seat in given.pop("seats")]
    actions.arrange_seats(request.actor, request.now, unit=unit, seats=chosen, **given)
    return _seats(queries.seats_on(request.actor, unit.pk, body.begins))


@router.get("/seats/{unit_id}/neighbours/{person_id}", response={200: list[s.NeighbourOut], **ERRORS})
@access(perms.SEAT_VIEW)
def neighbours(request: Any, unit_id: Id, person_id: Id, day: Day) -> list[dict[str, Any]]:
    """Who sat next to a pupil on a day."""
    found = queries.seat_neighbours(request.actor, unit_id, person_id, day)
    return [{"person_id": n.person_id, "side": n.side, "across_aisle": n.across_aisle} for n in found.values()]
