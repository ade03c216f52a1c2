"""Shapes of places, school buses and seats in the API."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given
from lianfang.people.schemas import Day, Id

Name = Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Cell = Annotated[int, Field(ge=1, le=20)]


class PlaceChangeIn(Given):
    """What to change of a place; fields left out stay. `parent_id` null: to the top; `closed_from` null: in use."""

    kind: Annotated[str, Field(max_length=20)] | None = None
    name: Name | None = None
    parent_id: Id | None = None
    area_m2: Annotated[Decimal, Field(gt=0, lt=10_000_000, decimal_places=1)] | None = None
    capacity: Annotated[int, Field(ge=0, le=100_000)] | None = None
    taps: Annotated[int, Field(ge=0, le=100_000)] | None = None
    closed_from: Day | None = None


class DoorOut(Schema):
    """The place of a sign; nobody is named."""

    uid: UUID
    id: int
    unit_id: int
    kind: str
    name: str
    above: list[str]
    occupants: int
    capacity: int | None
    closed_from: date | None


class VehicleOut(Schema):
    """A bus; `unit_id` is the unit that riders and posts belong to."""

    id: int
    unit_id: int
    name: str
    plate: str
    seats: int
    route: str
    riders: int


class VehiclesOut(Schema):
    items: list[VehicleOut]
    count: int


class VehicleIn(Given):
    name: Name
    plate: Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f]*$")]
    seats: Annotated[int, Field(ge=1, le=100)]
    route: Line = ""


class RiderIn(Given):
    person_id: Id
    begins: Day


class SeatIn(Given):
    row: Cell
    column: Cell
    person_id: Id


class SeatsIn(Given):
    """A whole seat plan from a day on; `aisles` are the columns after which a gangway runs."""

    rows: Cell
    columns: Cell
    aisles: Annotated[list[Cell], Field(max_length=20)] = []
    begins: Day
    seats: Annotated[list[SeatIn], Field(max_length=400)] = []


class SeatOut(Schema):
    row: int
    column: int
    person_id: int
    name: str


class SeatsOut(Schema):
    """A class's seats on a day; 0 rows: there was no plan."""

    unit_id: int
    day: date
    rows: int
    columns: int
    aisles: list[int]
    seats: list[SeatOut]


class NeighbourOut(Schema):
    person_id: int
    side: str
    across_aisle: bool
