"""Shapes of the duty roster and of meetings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from lianfang.duties.schemas import RowId
from lianfang.foundation.apischemas import Day, Given, Instant

LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Short = Annotated[str, Field(max_length=1000)]
Long = Annotated[str, Field(max_length=40000)]


class SlotIn(Given):
    """Hours in local time; an end at or before the beginning is the next day's."""

    name: Annotated[str, Field(max_length=100)]
    begins: LocalTime
    ends: LocalTime


class PlanIn(Given):
    """A roster by rotation from `begins` to `last`, both included; `account_ids` in the order of rotation."""

    role: Annotated[str, Field(max_length=40)]
    begins: Day
    last: Day
    days: Literal["school", "free", "every"]
    turn: Literal["shift", "day", "week"]
    slots: Annotated[list[SlotIn], Field(max_length=20)]
    account_ids: Annotated[list[RowId], Field(max_length=200)]


class PlanOut(Schema):
    id: int
    unit_id: int
    role: str
    begins: date
    ends: date
    days: str
    turn: str


class WithdrawnOut(Schema):
    """How many shifts were cancelled."""

    cancelled: int


class ShiftOut(Schema):
    """A shift. `empty`: its holder is in post no more; `doubled`: on duty twice at once."""

    id: int
    unit_id: int
    role: str
    name: str
    day: date
    begins: datetime
    ends: datetime
    account_id: int
    holder: str
    planned_id: int
    on_post_at: datetime | None
    empty: bool = False
    doubled: bool = False


class GapOut(Schema):
    """Planned hours that nobody has."""

    role: str
    begins: datetime
    ends: datetime


class RosterOut(Schema):
    """A week from Monday; `on_duty` are the ids of the shifts that are on now."""

    unit_id: int
    monday: date
    items: list[ShiftOut]
    gaps: list[GapOut]
    on_duty: list[int]
    problems: int


class ChangeIn(Given):
    """Who takes a shift: the holder of `other_id` in return for it, or `to_account_id` without return."""

    other_id: RowId | None = None
    to_account_id: RowId | None = None
    reason: Short = ""


class ShiftAnswerIn(Given):
    accept: bool


class ShiftChangeOut(Schema):
    """`outcome` is empty until it is answered."""

    id: int
    shift_id: int
    other_id: int | None
    from_account_id: int
    to_account_id: int
    reason: str
    asked_at: datetime
    outcome: str
    answered_at: datetime | None


class NoteIn(Given):
    text: Long


class NoteOut(Schema):
    id: int
    shift_id: int
    text: str
    written_at: datetime
    seen_at: datetime | None


class ShiftDetailOut(Schema):
    shift: ShiftOut
    changes: list[ShiftChangeOut]
    notes: list[NoteOut]
    mine: bool
    may_confirm: bool
    may_ask: bool
    may_order: bool


class OwnShiftsOut(Schema):
    """Shifts that are on (from an hour before), those to come, what was asked of me, notes to read."""

    current: list[ShiftOut]
    coming: list[ShiftOut]
    asked: list[ShiftChangeOut]
    notes: list[NoteOut]


class MeetingIn(Given):
    title: Short
    begins_at: Instant
    place: Short = ""
    agenda: Long = ""
    group_id: RowId | None = None
    person_ids: Annotated[list[RowId], Field(max_length=500)] = []


class AttendanceIn(Given):
    person_id: RowId
    state: Literal["invited", "present", "absent"]


class AttendancesIn(Given):
    """Who was there; those who are not on the list are asked first."""

    items: Annotated[list[AttendanceIn], Field(max_length=500)]


class MinutesIn(Given):
    """`seen` is the number of the version that the writer had before them (0: none)."""

    text: Long
    reason: Short = ""
    seen: Annotated[int, Field(ge=0, le=30000)] | None = None


class MinutesOut(Schema):
    number: int
    text: str
    reason: str
    written_at: datetime


class DecisionIn(Given):
    """A decision; the same `client_id` again is the same decision."""

    client_id: UUID
    text: Short
    unit_id: RowId
    role: Annotated[str, Field(max_length=40)]
    due_on: Day


class DecisionOut(Schema):
    """`state` is a key of the status group `duty`."""

    id: int
    meeting_id: int
    text: str
    unit_id: int
    role: str
    due_on: date
    duty_id: int
    state: str
    outcome: str
    withdrawn_at: datetime | None


class AttendanceOut(Schema):
    person_id: int
    name: str
    state: str


class MeetingRowOut(Schema):
    id: int
    title: str
    begins_at: datetime
    place: str
    group_id: int | None
    decided: int
    done: int


class MeetingsOut(Schema):
    items: list[MeetingRowOut]
    count: int


class MeetingOut(Schema):
    """A meeting; `minutes` newest first."""

    id: int
    unit_id: int
    title: str
    begins_at: datetime
    place: str
    agenda: str
    group_id: int | None
    attendances: list[AttendanceOut]
    minutes: list[MinutesOut]
    decisions: list[DecisionOut]


class OutcomeIn(Given):
    outcome: Short


class WithdrawIn(Given):
    reason: Short
