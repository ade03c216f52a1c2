"""Shapes of /api/exchange."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given

Id = Annotated[int, Field(ge=1, le=2**62)]
Limit = Annotated[int, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
Kind = Literal["error", "doubt", "merge", "move", "leave", "graduate", "promote", "second", "create", "update", "same"]
Subject = Literal["student", "staff", "unit", "place", "lesson", "post"]
Choice = Annotated[str, Field(max_length=60)]
Grade = Annotated[int, Field(ge=1, le=12)]


class NewUnitOut(Schema):
    level: str
    name: str


class ImportOut(Schema):
    """An import and where it stands; `counts` by kind of change, `outcome` after the commit."""

    id: int
    unit_id: int
    unit: str
    source: str
    file: str
    state: str
    effective: date
    school_year: int | None
    counts: dict[str, int]
    new_units: list[NewUnitOut]
    outcome: dict[str, int]
    failure: str
    created_at: datetime
    committed_at: datetime | None


class ImportsOut(Schema):
    items: list[ImportOut]
    count: int


class ColumnFault(Schema):
    column: str
    code: str
    message: str


class DifferenceOut(Schema):
    field: str
    old: str
    new: str


class RosterChangeOut(Schema):
    """A row of the changeset; `row` as a spreadsheet counts, 0 for somebody who is not in the sheet."""

    id: int
    sheet: str
    row: int
    kind: str
    subject: str
    name: str
    where: str
    differences: list[DifferenceOut]
    errors: list[ColumnFault]
    decision: str


class ChangesOut(Schema):
    items: list[RosterChangeOut]
    count: int


class DecideIn(Given):
    """Rows by id, or all of one kind; "" takes a decision back."""

    decision: Literal["", "accept", "decline"]
    change_ids: Annotated[list[Id], Field(max_length=1000)] = []
    kind: Kind | None = None


class DecidedOut(Schema):
    decided: int


class CommitIn(Given):
    """`leave`: how many bad rows are left out, as the preview said. `background`: let the worker do it."""

    leave: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    background: bool = False


class ProgressOut(Schema):
    state: str
    done: int
    total: int


class ChangeSearchIn(Given):
    """A name or number, or a part of one."""

    text: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Kind | None = None
    limit: Limit = 50
    offset: Offset = 0


class ColumnOut(Schema):
    """`index` counts from 0; `field` is "" for a column that is not read. Long numbers of examples are masked."""

    index: int
    header: str
    examples: list[str]
    field: str


class ImportSheetOut(Schema):
    """`kind` is "" for a sheet that is not understood, "none" for one that was said to be no roster."""

    name: str
    kind: str
    row: int
    columns: list[ColumnOut]


class ColumnIn(Given):
    index: Annotated[int, Field(ge=0, le=500)]
    field: Annotated[str, Field(max_length=40)]


class SaidSheetIn(Given):
    """`row`: where the header ends, as a spreadsheet counts."""

    name: Annotated[str, Field(max_length=100)]
    kind: Annotated[str, Field(max_length=20)]
    row: Annotated[int, Field(ge=0, le=100)] = 1
    columns: Annotated[list[ColumnIn], Field(max_length=500)] = []


class SaidIn(Given):
    sheets: Annotated[list[SaidSheetIn], Field(min_length=1, max_length=50)]


class RolloverIn(Given):
    """`last_grade`: after it pupils graduate; `first_classes`: empty classes of the first grade; `reshuffle`: grades of
    the new year whose pupils are dealt anew; `teachers`: whether they go up with their class."""

    unit_id: Id
    effective: date
    last_grade: Grade | None = None
    first_classes: Annotated[int, Field(ge=0, le=40)] | None = None
    reshuffle: Annotated[list[Grade], Field(max_length=12)] = []
    teachers: bool = True
