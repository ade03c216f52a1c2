"""What the API of reporting takes and gives. Counts by field; null where a small count is hidden."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given, Instant


class ReasonOut(Schema):
    """Why: rule, version, facts, and one sentence in the reader's language."""

    rule_id: str
    version: str
    facts: dict[str, object]
    text: str


class RowOut(Schema):
    """One unit below. `state` is confirmed_zero, has_cases, missing, excused, open, or reported (for an authority)."""

    unit_id: int
    unit: str
    level: str
    state: str
    late: bool
    late_seconds: int
    lateness_excuse: str
    received_at: datetime | None
    members: int
    counts: dict[str, int | None] | None
    answered_below: int
    units_below: int
    signed: bool
    changes: dict[str, tuple[int, int]]
    reasons: list[ReasonOut]


class BoardOut(Schema):
    """A unit's report of a day with the units below it. `count` is the number of rows in all pages."""

    kind: str
    kind_version: str
    unit_id: int
    unit: str
    level: str
    day: date
    at: datetime
    known_at: datetime | None
    opens_at: datetime
    due_at: datetime
    time_zone: str
    state: str
    late: bool
    changes_at: datetime | None
    reasons: list[ReasonOut]
    figures: dict[str, int] | None
    report_id: int | None
    changes: dict[str, tuple[int, int]]
    unanswered: list[int]
    unsigned: list[int]
    excused: list[int]
    items: list[RowOut]
    count: int


class FormOut(BoardOut):
    """What a signer looks over; `seen` has to come back with the signature."""

    seen: str
    verdict: str
    broken_checks: list[str]


class StatementIn(Given):
    """What a signer says. `accepted_unanswered` names every unit that has not answered or not signed."""

    client_id: UUID
    seen: str = Field(max_length=16)
    states_zero: bool = False
    accepted_unanswered: list[int] = Field(default_factory=list, max_length=5000)
    reason: str = Field(default="", max_length=200)
    true_at: Instant | None = None


class SignIn(StatementIn):
    """A signature under a unit's report of a day."""

    kind: str = Field(max_length=40)
    unit_id: int
    day: date


class ReportOut(Schema):
    """A signed report. `signed_at` is when we received it, `first_signed_at` when its first version came."""

    id: int
    kind: str
    kind_version: str
    level: str
    unit_id: int
    unit: str
    day: date
    verdict: str
    figures: dict[str, int]
    due_at: datetime
    true_at: datetime
    signed_at: datetime
    first_signed_at: datetime
    late: bool
    late_reason: str
    signed_by: str
    stand_in: bool
    journal_seq: int | None
    amends: int | None
    reason: str
    superseded_at: datetime | None


class BasisUnitOut(Schema):
    """A unit as it stood when the report was signed."""

    unit_id: int
    unit: str
    level: str
    state: str
    late: bool
    counts: dict[str, int | None] | None


class ReportDetailOut(ReportOut):
    """One report with what it rests on and all its versions, the first one first."""

    units: list[BasisUnitOut]
    versions: list[ReportOut]


class ReportsOut(Schema):
    """A page of reports, newest day first."""

    items: list[ReportOut]
    count: int


class ExcuseIn(Given):
    """Why a lateness is accepted."""

    kind: str = Field(max_length=40)
    unit_id: int
    day: date
    reason: str = Field(max_length=200)


class ExcuseOut(Schema):
    """The accepted reason; the report stays late."""

    unit_id: int
    day: date
    reason: str
    excused_at: datetime
