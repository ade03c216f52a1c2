"""JSON shapes of the duties API. Labels are in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from lianfang.foundation.apischemas import Given

RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class OwedOut(Schema):
    """A duty. `state` is a key of the status group `duty`; `changes_at` is when time alone changes it."""

    id: int
    kind: str
    label: str
    text: str
    unit_id: int
    unit_name: str
    period: str
    day: date
    opens_at: datetime
    due_at: datetime
    done_at: datetime | None
    state: str
    changes_at: datetime | None
    link: str
    holder_role: str
    deputy: bool
    stand_in: bool


class OwedList(Schema):
    """Duties, most urgent first."""

    items: list[OwedOut]


class ChaseRowOut(Schema):
    """A duty of the chase list; `holder` is empty where the reader sees posts but no names."""

    duty: OwedOut
    holder: str
    above: str
    sent: int
    last_sent_at: datetime | None


class ChaseOut(Schema):
    """A page of the chase list; `counts` by state and `on_time` (0 to 1) are of the whole list, before the state."""

    day: date
    kind: str
    state: str
    unit_id: int | None
    kinds: dict[str, str]
    counts: dict[str, int]
    on_time: float | None
    items: list[ChaseRowOut]
    count: int


class RateOut(Schema):
    """How a unit's duties of a kind went; `on_time` from 0 to 1, empty when nothing was due."""

    unit_id: int
    unit_name: str
    counts: dict[str, int]
    on_time: float | None


class RatesOut(Schema):
    """Rates of units, in tree order."""

    items: list[RateOut]


class DutyReasonOut(Schema):
    """Why: the rule, its version and the facts used."""

    rule_id: str
    version: str
    facts: dict[str, Any]
    text_key: str


class StepOut(Schema):
    """A reminder or escalation: planned, sent, skipped, or with nobody to tell."""

    kind: str
    role: str
    planned_at: datetime
    taken_at: datetime | None
    outcome: str
    told: int
    by: str


class DetailOut(Schema):
    """A duty with its reasons and history."""

    duty: OwedOut
    reasons: list[DutyReasonOut]
    holders: str
    excuse: str
    excuse_fact: dict[str, Any] | None
    excused_at: datetime | None
    version: str
    steps: list[StepOut]
    mine: bool
    may_remind: bool
    may_excuse: bool


class RemindIn(Given):
    """Which duties to remind of, 500 at most."""

    duty_ids: Annotated[list[RowId], Field(min_length=1, max_length=500)]


class RemindedOut(Schema):
    """How many were reminded of; were reminded of a moment ago; have nobody to tell; are owed no more."""

    reminded: int
    too_soon: int
    nobody: int
    not_owed: int


class DutyExcuseIn(Given):
    """Why it need not be done."""

    reason: Annotated[str, StringConstraints(max_length=2000)]


class DelegationIn(Given):
    """Who stands in for whom; `ends` is the first day on which it no longer holds."""

    unit_id: RowId
    role: Annotated[str, StringConstraints(max_length=40)]
    from_account_id: RowId
    to_account_id: RowId
    begins: date
    ends: date
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


class DelegationOut(Schema):
    """A delegation."""

    id: int
    unit_id: int
    unit_name: str
    role: str
    from_account_id: int
    to_account_id: int
    from_name: str
    to_name: str
    begins: date
    ends: date
    reason: str


class DelegationList(Schema):
    """Delegations of now and later."""

    items: list[DelegationOut]
