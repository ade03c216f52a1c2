"""Shapes of /api/people. Numbers of documents and phones come in whole and go out masked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given

Limit = Annotated[int, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
Search = Annotated[str, Field(max_length=60)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Id = Annotated[int, Field(ge=1, le=2**62)]


class UnitOut(Schema):
    """A unit with the numbers of its whole subtree."""

    id: int
    parent_id: int | None
    name: str
    kind: str
    level: str
    grade: int | None
    students: int
    staff: int
    residents: int
    heads: list[str]


class UnitsOut(Schema):
    items: list[UnitOut]
    count: int


class MemberOut(Schema):
    """A membership in force; `id` is the membership's."""

    id: int
    person_id: int
    name: str
    sex: str
    number: str
    order: int
    unit_id: int
    unit: str
    kind: str
    begins: date


class MembersOut(Schema):
    items: list[MemberOut]
    count: int


class PersonRowOut(Schema):
    id: int
    name: str
    sex: str
    birth_date: date | None


class PersonsOut(Schema):
    items: list[PersonRowOut]
    count: int


class FindIn(Given):
    """What to look for: a part of a name or number, or a whole ID or mobile number. In a body, never in an address."""

    q: Search
    kind: Annotated[str, Field(max_length=20)] = ""
    limit: Limit = 60
    offset: Offset = 0


class MembershipOut(Schema):
    id: int
    unit_id: int
    unit: str
    kind: str
    number: str
    begins: date
    ends: date | None


class PostOut(Schema):
    id: int
    unit_id: int
    unit: str
    role: str
    begins: date
    ends: date | None


class GuardianOut(Schema):
    """A link between guardian and child; `person_id` is the other person's."""

    id: int
    person_id: int
    name: str
    relation: str
    confirmed: bool
    begins: date
    ends: date | None


class PersonOut(Schema):
    id: int
    name: str
    sex: str
    birth_date: date | None
    id_type: str
    id_number_masked: str
    phone_masked: str
    account: str
    memberships: list[MembershipOut]
    memberships_elsewhere: int
    posts: list[PostOut]
    guardians: list[GuardianOut]
    wards: list[GuardianOut]


class EnrolIn(Given):
    """A new person with a first membership."""

    name: Text
    unit_id: Id
    kind: Literal["student", "staff", "resident"] = "student"
    begins: Day
    number: Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f]*$")] = ""
    sex: Literal["female", "male", "unknown"] = "unknown"
    birth_date: Day | None = None
    id_type: Text = ""
    id_number: Text = ""
    phone: Text = ""


class PersonIn(Given):
    """What to change; fields left out stay as they are."""

    name: Text | None = None
    sex: Literal["female", "male", "unknown"] | None = None
    birth_date: Day | None = None
    id_type: Text | None = None
    id_number: Text | None = None
    phone: Text | None = None


class MembershipIn(Given):
    unit_id: Id
    kind: Literal["student", "staff", "resident"]
    begins: Day
    number: Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f]*$")] = ""


class MoveIn(Given):
    to_unit_id: Id
    on: Day


class EndIn(Given):
    """The first day on which it no longer holds."""

    ends: Day


class PostIn(Given):
    unit_id: Id
    role: Annotated[str, Field(max_length=40)]
    begins: Day
    ends: Day | None = None


class GuardianIn(Given):
    name: Text
    relation: Annotated[str, Field(max_length=20)]
    phone: Text = ""
    begins: Day


class AccountOut(Schema):
    """The one-time password is answered here and nowhere again."""

    username: str
    one_time_password: str


class CalendarDayOut(Schema):
    day: date
    is_school_day: bool
    basis: str
    kind: str
    reason: str


class CalendarOut(Schema):
    items: list[CalendarDayOut]
    count: int


class DayIn(Given):
    day: Day
    kind: Literal["holiday", "makeup", "suspension", "school", "withdrawn"]
    reason: Text = ""


class TermIn(Given):
    """`ends` is the first day after the term."""

    name: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
    begins: Day
    ends: Day


class TermOut(Schema):
    id: int
    name: str
    begins: date
    ends: date


class PlaceOut(Schema):
    id: int
    parent_id: int | None
    kind: str
    name: str
    area_m2: Decimal | None
    capacity: int | None
    taps: int | None
    used_by_id: int | None
    occupants: int


class PlacesOut(Schema):
    items: list[PlaceOut]
    count: int


class PlaceIn(Given):
    kind: Annotated[str, Field(max_length=20)]
    name: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
    parent_id: Id | None = None
    area_m2: Annotated[Decimal, Field(gt=0, lt=10_000_000, decimal_places=1)] | None = None
    capacity: Annotated[int, Field(ge=0, le=100_000)] | None = None
    taps: Annotated[int, Field(ge=0, le=100_000)] | None = None
    used_by_id: Id | None = None
