"""Places as one stands before them: signs to print, a place's own page, taps against the standard; buses and seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q, Sum

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.kernel.trees import ids_of_path
from lianfang.people import perms
from lianfang.people.models import Membership, Occupancy, Place, Post, Vehicle
from lianfang.people.place_rules import Neighbour, neighbours, taps_short
from lianfang.people.placing import Seating, room_order, seating_on
from lianfang.rulepacks import packs

PER_TAP = "persons-per-tap"


@dataclass(frozen=True, slots=True)
class Taps:
    """All taps of an institution against the standard. `source` names where the standard is from."""

    taps: int
    persons: int
    per_tap: int
    short: int
    source: Sequence[str]


def taps_of(actor: Actor, unit_id: int, on: date) -> Taps | None:
    """Taps of an institution for its pupils and staff on a day; None where no tap was counted. Raises Forbidden, NotFound."""
    unit = unit_for(actor, perms.PLACE_VIEW, unit_id)
    open_ = Place.objects.filter(unit=unit, taps__isnull=False).filter(Q(closed_from=None) | Q(closed_from__gt=on))
    taps = open_.aggregate(n=Sum("taps"))["n"]
    if taps is None:
        return None
    standard = packs().standards[PER_TAP]
    per_tap = int(standard.maximum or 0)
    here = Membership.objects.in_force(on).filter(unit__path__startswith=unit.path, kind__in=("student", "staff"))
    persons = here.aggregate(n=Count("person_id", distinct=True))["n"] or 0
    return Taps(taps, persons, per_tap, taps_short(taps, persons, per_tap), standard.source)


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place with what it lies in (outermost first), what lies in it, and how many sleep or work there."""

    place: Place
    above: Sequence[Place]
    inside: Sequence[Place]
    occupants: int


def place_at_door(actor: Actor, uid: UUID, on: date) -> PlaceView:
    """The place whose sign was read; no person is named. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.PLACE_VIEW)
    reached = Place.objects.filter(scope.unit_q("unit__path") | scope.unit_q("used_by__path"))
    place = one(reached.select_related("unit", "used_by"), uid=uid)
    ids = ids_of_path(place.path)
    known = Place.objects.in_bulk(ids)
    living = Occupancy.objects.in_force(on).filter(place=place).values("person_id").distinct().count()
    inside = sorted(Place.objects.filter(parent=place), key=lambda p: room_order(p.name))
    return PlaceView(place, [known[i] for i in ids[:-1] if i in known], inside, living)


def signs(actor: Actor, unit_id: int, on: date, below: int | None = None) -> tuple[Unit, list[tuple[Place, str]]]:
    """Rooms in use of an institution (or of one building or floor) with the name of where they lie, for signs.

    Raises Forbidden, NotFound (unit, place).
    """
    unit = unit_for(actor, perms.PLACE_VIEW, unit_id)
    rows = Place.objects.filter(unit=unit)
    names = dict(rows.values_list("pk", "name"))
    if below is not None:
        rows = rows.filter(path__startswith=str(one(Place.objects.filter(unit=unit), pk=below).path))
    kinds = [kind.id for kind in packs().place_kinds.values() if kind.room]
    listed = rows.filter(kind__in=kinds).filter(Q(closed_from=None) | Q(closed_from__gt=on))
    found = []
    for place in listed:
        above = [names[i] for i in ids_of_path(place.path) if i in names and i != place.pk]
        found.append((place, " ".join(above)))
    found.sort(key=lambda pair: (room_order(pair[1]), room_order(pair[0].name)))
    return unit, found


@dataclass(frozen=True, slots=True)
class BusRow:
    """A bus with who drives and attends it today and how many ride."""

    vehicle: Vehicle
    drivers: Sequence[str]
    attendants: Sequence[str]
    riders: int


def vehicles(actor: Actor, unit_id: int, on: date) -> tuple[Unit, list[BusRow]]:
    """The buses of an institution that run on a day. Raises Forbidden, NotFound. A constant number of queries."""
    unit = unit_for(actor, perms.PLACE_VIEW, unit_id)
    rows = list(
        Vehicle.objects.filter(unit__path__startswith=str(unit.path))
        .filter(Q(unit__ends=None) | Q(unit__ends__gt=on))
        .select_related("unit")
        .order_by("unit__name")
    )
    ids = [row.unit_id for row in rows]
    posts: dict[tuple[int, str], list[str]] = {}
    for unit_id_, role, name in (
        Post.objects.in_force(on).filter(unit_id__in=ids).order_by("pk").values_list("unit_id", "role", "person__name")
    ):
        posts.setdefault((unit_id_, role), []).append(name)
    riding = Membership.objects.in_force(on).filter(unit_id__in=ids, kind=Membership.Kind.RIDER)
    riders = dict(riding.values_list("unit_id").annotate(n=Count("person_id", distinct=True)).order_by())
    return unit, [
        BusRow(
            row,
            posts.get((row.unit_id, "bus_driver"), []),
            posts.get((row.unit_id, "bus_attendant"), []),
            riders.get(row.unit_id, 0),
        )
        for row in rows
    ]


def vehicle_for(actor: Actor, vehicle_id: int) -> Vehicle:
    """One bus within reach. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.PLACE_VIEW)
    return one(Vehicle.objects.filter(scope.unit_q("unit__path")).select_related("unit"), pk=vehicle_id)


@dataclass(frozen=True, slots=True)
class SeatsView:
    """A class's seats on a day; `seating.names` are its pupils then."""

    unit: Unit
    day: date
    seating: Seating


def seats_on(actor: Actor, unit_id: int, day: date, known_at: datetime | None = None) -> SeatsView:
    """Who sat where in a class on a day; with `known_at`, as we knew it then. Raises Forbidden, NotFound (no class)."""
    unit = unit_for(actor, perms.SEAT_VIEW, unit_id)
    if unit.level != "class":
        raise NotFound("unit")
    return SeatsView(unit, day, seating_on(unit, day, known_at))


def seat_neighbours(actor: Actor, unit_id: int, person_id: int, day: date) -> Mapping[int, Neighbour]:
    """Who sat next to a pupil on a day, by person. Raises Forbidden, NotFound (unit, or a pupil not of the class then)."""
    view = seats_on(actor, unit_id, day)
    if person_id not in view.seating.names:
        raise NotFound("person")
    return {n.person_id: n for n in neighbours(view.seating.grid, view.seating.seats, person_id)}
