"""Shapes of /api/exchange."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

Id = Annotated[int, Field(ge=1, le=2**62)]
Limit = Annotated[int, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
Kind = Literal["error", "move", "leave", "second", "create", "update", "same"]


class NewUnitOut(Schema):
    level: str
    name: str


class ImportOut(Schema):
    """An import and where it stands; `counts` by kind of change, `outcome` after the commit."""

    id: int
    unit_id: int
    unit: str
    file: str
    state: str
    effective: date
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
    name: str
    where: str
    differences: list[DifferenceOut]
    errors: list[ColumnFault]
    decision: str


class ChangesOut(Schema):
    items: list[RosterChangeOut]
    count: int


class DecideIn(Schema):
    """Rows by id, or all of one kind; "" takes a decision back."""

    decision: Literal["", "accept", "decline"]
    change_ids: Annotated[list[Id], Field(max_length=1000)] = []
    kind: Kind | None = None


class DecidedOut(Schema):
    decided: int


class CommitIn(Schema):
    """`leave`: how many bad rows are left out, as the preview said. `background`: let the worker do it."""

    leave: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    background: bool = False


class ProgressOut(Schema):
    state: str
    done: int
    total: int
