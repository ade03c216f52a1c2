"""What the API takes and gives. Shapes only: meaning is checked by the rules, so that pages and API say the same."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, Field

from lianfang.daily.actions import CheckItem, LeaveItem, ReportItem
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.foundation.actor import Actor
from lianfang.foundation.apischemas import Given, Instant, Problem


def _blank(value: Any) -> Any:
    """Forms send "" for what was left empty."""
    return None if value == "" else value


OptionalDate = Annotated[date | None, BeforeValidator(_blank)]
OptionalTime = Annotated[Instant | None, BeforeValidator(_blank)]
OptionalId = Annotated[int | None, BeforeValidator(_blank)]
Reading = Annotated[float | str | None, BeforeValidator(_blank)]
Codes = Annotated[list[str], Field(max_length=60)]
MOST = 500


class Sent(BaseModel):
    """What comes in is plain pydantic: ninja's Schema looks at each value again as if it came from the database.

    Common to all: the client's id (or the header Idempotency-Key), and when it was so (empty: now)."""

    client_id: UUID | None = None
    true_at: OptionalTime = None
    on_paper: bool = False
    corrects: OptionalId = None


class MarkIn(BaseModel):
    person_id: int
    presence: str
    cause: str = ""
    symptoms: Codes = []
    temperature: Reading = None
    site: str = ""
    instrument: str = ""
    onset: OptionalDate = None
    diagnosis: str = ""
    hospital: str = ""
    note: str = ""
    answers: Annotated[list[int], Field(max_length=60)] = []

    def mark(self) -> MarkInput:
        return MarkInput(
            self.person_id,
            self.presence,
            self.cause,
            tuple(self.symptoms),
            self.temperature,
            self.site,
            self.instrument,
            self.onset,
            self.diagnosis,
            self.hospital,
            self.note,
            tuple(self.answers),
        )


class CheckIn(Sent):
    """A roll called. Who has no mark was present and well."""

    unit_id: int
    day: date
    session: str = "morning"
    marks: Annotated[list[MarkIn], Field(max_length=MOST)] = []
    all_well: bool = False
    reason: str = ""
    sheet: UUID | None = None

    def item(self, actor: Actor, client_id: UUID, client_now: datetime | None) -> CheckItem:
        return CheckItem(
            actor=actor,
            client_id=client_id,
            true_at=self.true_at,
            client_now=client_now,
            on_paper=self.on_paper,
            corrects=self.corrects,
            unit_id=self.unit_id,
            day=self.day,
            session=self.session,
            marks=[m.mark() for m in self.marks],
            all_well=self.all_well,
            reason=self.reason,
            sheet=self.sheet,
        )


class ReportIn(Sent):
    """A person's health on a day. `absent` with `cause`: the person does not come today."""

    person_id: int
    day: OptionalDate = None
    temperature: Reading = None
    site: str = ""
    instrument: str = ""
    symptoms: Codes = []
    absent: bool = False
    cause: str = ""
    contact_case: bool = False
    contact_region: bool = False
    track: str = ""

    def item(self, actor: Actor, client_id: UUID, client_now: datetime | None) -> ReportItem:
        return ReportItem(
            actor=actor,
            client_id=client_id,
            true_at=self.true_at,
            client_now=client_now,
            on_paper=self.on_paper,
            corrects=self.corrects,
            person_id=self.person_id,
            said=SaidInput(self.temperature, self.site, self.instrument, tuple(self.symptoms), self.absent, self.cause),
            day=self.day,
            contact_case=self.contact_case,
            contact_region=self.contact_region,
            track=self.track,
        )


class LeaveIn(Sent):
    """A person leaves early; `true_at` is when."""

    person_id: int
    unit_id: int
    cause: str
    temperature: Reading = None
    site: str = ""
    instrument: str = ""
    symptoms: Codes = []
    fetched_by: str = ""
    hospital: str = ""
    note: str = ""

    def item(self, actor: Actor, client_id: UUID, client_now: datetime | None) -> LeaveItem:
        return LeaveItem(
            actor=actor,
            client_id=client_id,
            true_at=self.true_at,
            client_now=client_now,
            on_paper=self.on_paper,
            corrects=self.corrects,
            person_id=self.person_id,
            unit_id=self.unit_id,
            said=SaidInput(self.temperature, self.site, self.instrument, tuple(self.symptoms), True, self.cause),
            fetched_by=self.fetched_by,
            hospital=self.hospital,
            note=self.note,
        )


class FiguresOut(Schema):
    expected: int
    present: int
    absent: int
    absent_ill: int
    absent_other: int
    absent_unknown: int
    late_arrivals: int
    symptomatic: int
    fever: int
    early_leave: int
    new_ill: int
    returned: int


class CheckOut(Schema):
    """A saved check; `state`: all_well or exceptions."""

    id: int
    unit_id: int
    day: date
    session: str
    state: str
    received_at: datetime
    corrects: int | None
    figures: FiguresOut


class HealthReportOut(Schema):
    """A taken report; `channel`: self, guardian or class."""

    id: int
    unit_id: int
    person_id: int
    day: date
    channel: str
    unwell: bool
    received_at: datetime


class LeaveOut(Schema):
    id: int
    unit_id: int
    person_id: int
    day: date
    left_at: datetime
    received_at: datetime


class CheckResult(Schema):
    """One item of a batch: an answer (200) or a problem with its status."""

    status: int
    answer: CheckOut | None = None
    problem: Problem | None = None


class ReportResult(Schema):
    status: int
    answer: HealthReportOut | None = None
    problem: Problem | None = None


class StatementOut(Schema):
    """A report that was made for a person today."""

    report_id: int
    channel: str
    fever: bool
    symptoms: list[str]
    absent: bool
    cause: str
    temperature: float | None
    received_at: datetime


class MarkOut(Schema):
    person_id: int
    presence: str
    cause: str
    symptoms: list[str]
    temperature: float | None
    site: str
    instrument: str
    fever: bool
    onset: date | None
    diagnosis: str
    hospital: str
    note: str
    answers: list[int]


class KnownOut(Schema):
    """An absence carried over from the last check."""

    since: date
    school_days: int
    cause: str


class RollRowOut(Schema):
    """`mark`: what the check says, or what is filled in before it. `open`: ids of reports that must be answered; `room`
    where a resident sleeps; `absent_in_class`: the class said so today (rolls of dormitories and buses)."""

    person_id: int
    name: str
    number: str
    order: int
    mark: MarkOut | None
    known: KnownOut | None
    reports: list[StatementOut]
    open: list[int]
    left_at: datetime | None
    room: str
    absent_in_class: bool


class RollOut(Schema):
    unit_id: int
    unit: str
    day: date
    session: str
    expected: int
    check_id: int | None
    all_well: bool | None
    received_at: datetime | None
    rows: list[RollRowOut]


class OwnRollOut(Schema):
    """A roll of today that is one's own to call."""

    unit_id: int
    unit: str
    day: date
    session: str
    check_id: int | None
    link: str


class SheetIn(Given):
    """Print a roll; `week`: from the day to the Sunday of its week."""

    unit_id: int
    session: str
    day: OptionalDate = None
    week: bool = False


class SheetOut(Schema):
    """A printed roll. `due`: days that have come and are not entered; a check entered from it names `uid` as `sheet`."""

    uid: UUID
    unit_id: int
    session: str
    first: date
    last: date
    due: list[date]


class SubjectOut(Schema):
    person_id: int
    name: str
    relation: str
    unit_id: int
    unit: str
    institution: str
    day: date
    report_ids: list[int]


class ChangeOut(Schema):
    """`kind`: new_fever, new_absence, returned, still_absent."""

    kind: str
    person_id: int
    name: str
    number: str
    cause: str
    since: date | None


class UnitChangesOut(Schema):
    unit_id: int
    unit: str
    session: str
    before: date | None
    changes: list[ChangeOut]


class MissingOut(Schema):
    person_id: int
    name: str
    number: str


class UnitCoverageOut(Schema):
    """`missing` is null for a reader who may see counts only."""

    unit_id: int
    unit: str
    expected: int
    answered: int
    unanswered: int
    sessions: list[str]
    missing: list[MissingOut] | None


class DayRowOut(Schema):
    """`status` is a key of the status catalogue, group person_day; `why` names the rule's sentence."""

    person_id: int
    name: str
    number: str
    status: str
    why: str


class CheckVersionOut(Schema):
    id: int
    session: str
    state: str
    by: str
    true_at: datetime
    received_at: datetime
    replaced_at: datetime | None
    reason: str
    stand_in: bool
    on_paper: bool


class UnitDayOut(Schema):
    unit_id: int
    unit: str
    day: date
    known_at: datetime | None
    rows: list[DayRowOut]
    checks: list[CheckVersionOut]
