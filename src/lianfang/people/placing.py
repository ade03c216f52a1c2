"""Where people sleep and sit, for other rooms' rules and jobs. They take no actor and check no right."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.foundation.models import Unit
from lianfang.people.models import Membership, Occupancy, SeatHolding, SeatPlan
from lianfang.people.place_rules import Cell, Grid

_DIGITS = re.compile(r"(\d+)")


def sleeping_rooms(person_ids: Collection[int], on: date) -> dict[int, str]:
    """The name of the dormitory room in which each person sleeps on a day, with its floor or building before it. One query."""
    rows = (
        Occupancy.objects.in_force(on)
        .filter(person_id__in=person_ids, place__kind="dormitory")
        .order_by("begins", "pk")
        .values_list("person_id", "place__name")
    )
    return dict(rows)


def room_order(name: str) -> list[tuple[int, int, str]]:
    """Sorts names of rooms as one walks: 9 before 10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(name) if part]


@dataclass(frozen=True, slots=True)
class Seating:
    """A class's seats on a day: the grid, and who held which desk. `plan_id` None: no plan then."""

    plan_id: int | None
    grid: Grid
    seats: Mapping[Cell, int]
    names: Mapping[int, str]
    since: date | None = None


def seating_on(unit: Unit, day: date, known_at: datetime | None = None) -> Seating:
    """Who sat where in a class on a day, as far as they belonged to it; with `known_at`, as we knew it then. Three queries."""
    names = dict(
        Membership.objects.in_force(day, known_at)
        .filter(unit=unit, kind=Membership.Kind.STUDENT)
        .order_by("order", "number", "person_id")
        .values_list("person_id", "person__name")
    )
    plan = SeatPlan.objects.in_force(day, known_at).filter(unit=unit).order_by("-begins", "-pk").first()
    if plan is None:
        return Seating(None, Grid(0, 0), {}, names)
    held = SeatHolding.objects.in_force(day, known_at).filter(plan=plan, person_id__in=names)
    seats = {(row.row, row.column): row.person_id for row in held.order_by("pk")}
    return Seating(plan.pk, Grid(plan.rows, plan.columns, tuple(plan.aisles)), seats, names, plan.begins)


__all__ = ["Seating", "room_order", "seating_on", "sleeping_rooms"]
