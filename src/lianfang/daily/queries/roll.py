"""The roll before the tap: who is on it, what is known of each, what was said this morning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.utils import timezone

from lianfang.daily.elsewhere import ClassWord, class_words, leaves_of, settled
from lianfang.daily.models import EarlyLeave, RollCheck
from lianfang.daily.perms import ROLL_VIEW
from lianfang.daily.queries.figures import CheckState, check_state
from lianfang.daily.reach import in_own_care, unit_within
from lianfang.daily.reading import KIND_OF_LEVEL, UnitDay, last_checks_before, marks_of, rolls, statements
from lianfang.daily.rules import (
    Contradiction,
    Fault,
    Filling,
    Mark,
    Statement,
    Vocabulary,
    carried_on,
    contradictions,
    gone_by,
    is_session,
    left_mark,
    lesson_of,
    source_of,
)
from lianfang.daily.rules.faults import FUTURE_DAY, SESSION
from lianfang.daily.rules.marks import ABSENT
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.daily.wording import refused
from lianfang.foundation.access import record_look
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import Permission
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.clock import zone as clock_zone
from lianfang.people.models import Lesson
from lianfang.people.placing import room_order, sleeping_rooms
from lianfang.people.reading import Member, calendar_of


@dataclass(frozen=True, slots=True)
class KnownAbsence:
    """An absence of the last check that nobody ended: since when, and how many school days with this one."""

    since: date
    school_days: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody left early: when (UTC), why, with fever or symptoms or not."""

    id: int
    at: datetime
    cause: str
    temperature: Decimal | None
    unwell: bool


@dataclass(frozen=True, slots=True)
class RollRow:
    """One person. `mark` is what the check of this session says; before a check, what is filled in for it.

    `open` are reports that the tap would cover if nothing more is said; `known` is the absence carried over; `left` an
    early leave of this day; `said_in_class` what the class's check of the day said, on the roll of a dormitory or bus;
    `room` where a resident sleeps.
    """

    member: Member
    reports: Sequence[Statement] = ()
    known: KnownAbsence | None = None
    mark: Mark | None = None
    open: Sequence[Contradiction] = ()
    left: Left | None = None
    said_in_class: ClassWord | None = None
    room: str = ""

    @property
    def special(self) -> bool:
        """Whether the row is shown on top."""
        return bool(self.known or self.mark or self.open or self.left)

    @property
    def answerable(self) -> list[int]:
        """Ids of reports that an explicit mark of this person answers."""
        return [said.report_id for said in self.reports if said.kinds]


@dataclass(frozen=True, slots=True)
class Roll:
    """A unit's roll at a session of a day. `check` is the effective check, if the roll was called already."""

    unit: Unit
    day: date
    session: str
    time_zone: str
    rows: Sequence[RollRow]
    check: CheckState | None

    @property
    def expected(self) -> int:
        return len(self.rows)

    @property
    def special(self) -> list[RollRow]:
        return [row for row in self.rows if row.special]

    @property
    def open(self) -> list[RollRow]:
        """Rows with reports that must be answered before anything can be saved."""
        return [row for row in self.rows if row.open]


def roll(actor: Actor, unit_id: int, day: date | None, session: str, now: datetime) -> Roll:
    """The roll of a day (None: today where the unit is) as it stands at `now`.

    Records the look at persons with health detail outside the actor's own care.

    Raises Forbidden, NotFound (no such unit within reach, or one without a roll), Invalid ("session", "day" to come).
    The number of queries does not depend on the number of persons.
    """
    unit = roll_unit(actor, ROLL_VIEW, unit_id)
    zone = time_zone_of(unit)
    day = day or local_date(now, zone)
    check_day(day, session, zone, now)
    members = rolls([unit], [day])[UnitDay(unit.pk, day)]
    words = vocabulary_at(unit, day)
    said = statements([m.person_id for m in members], [day], unwell_only=False)
    same_day = list(RollCheck.objects.get_queryset().effective().filter(unit=unit, day=day).order_by("received_at"))
    check = next((c for c in same_day if c.session == session), None)
    settled_at = max((c.received_at for c in same_day if c.session != session), default=None)
    previous = last_checks_before([UnitDay(unit.pk, day)], session).get(UnitDay(unit.pk, day))
    ids = [pk for pk in (check.pk if check else None, previous) if pk is not None]
    marks = marks_of(ids, {unit.pk: words})
    before = marks.get(previous, {}) if previous is not None else {}
    kept = marks.get(check.pk, {}) if check is not None else None
    leaves = leaves_of(unit, day, [m.person_id for m in members])
    said_in_class = class_words(unit, day, session, [m.person_id for m in members], words)
    rooms = sleeping_rooms([m.person_id for m in members], day) if unit.level == "dormitory" else {}
    begins = _lesson_begins(unit, day, session)
    calendar = calendar_of(unit) if any(m.since for m in before.values()) else None
    rows = []
    for member in members:
        reports = said.get((member.person_id, day), [])
        known = None
        earlier = before.get(member.person_id)
        if earlier is not None and earlier.since is not None:
            days = len(calendar.school_days(earlier.since, day)) if calendar is not None else 0
            known = KnownAbsence(earlier.since, max(days, 1), earlier.mark)
        if kept is not None:
            mark = kept[member.person_id].mark if member.person_id in kept else None
        else:
            in_class = said_in_class.get(member.person_id)
            leave = leaves.get(member.person_id)
            gone = leave if leave is not None and gone_by(session, _local(leave, zone), begins) else None
            mark = _filled_in(member, known, reports, words, in_class, gone, unit)
        open_ = contradictions(reports, {member.person_id: mark} if mark else {}, settled_at, settled(said_in_class))
        rows.append(
            RollRow(
                member,
                reports,
                known,
                mark,
                open_,
                _left(leaves.get(member.person_id)),
                said_in_class.get(member.person_id),
                rooms.get(member.person_id, ""),
            )
        )
    if rooms:
        rows.sort(key=lambda row: (row.room == "", room_order(row.room), row.member.order, row.member.person_id))
    look(actor, unit, [row.member.person_id for row in rows if row.special or row.answerable])
    return Roll(unit, day, session, zone, rows, check_state(check) if check is not None else None)


def _local(leave: EarlyLeave, zone_name: str) -> time:
    return timezone.localtime(leave.true_at, clock_zone(zone_name)).time()


def _lesson_begins(unit: Unit, day: date, session: str) -> time | None:
    """When a lesson begins by the timetable; None without one."""
    number = lesson_of(session)
    if number is None:
        return None
    row = Lesson.objects.filter(unit=unit, weekday=day.weekday(), period=number).first()
    return row.begins if row is not None else None


def _filled_in(
    member: Member,
    known: KnownAbsence | None,
    reports: Sequence[Statement],
    words: Vocabulary,
    in_class: ClassWord | None = None,
    gone: EarlyLeave | None = None,
    unit: Unit | None = None,
) -> Mark | None:
    """What the tap would say of a person if nobody touches the row (`rules.source_of`)."""
    notice = next((said for said in reversed(reports) if said.absent), None)
    level = unit.level if unit is not None else "class"
    absent_in_class = in_class is not None and in_class.mark is not None and in_class.mark.absent
    source = source_of(
        Filling(
            notice=notice is not None,
            well_reported=bool(reports) and not any(said.kinds for said in reports),
            left=gone is not None,
            class_word="" if in_class is None else "absent" if absent_in_class else "here",
            carried=known is not None,
        )
    )
    if source == "left" and gone is not None:
        own = unit is not None and gone.unit_id == unit.pk
        return left_mark(member.person_id, gone.cause, own, words.counts_as(gone.cause))
    if source == "class_absent" and in_class is not None and in_class.mark is not None:
        return carried_on(in_class.mark, level)
    if source == "notice" and notice is not None:
        return Mark(
            person_id=member.person_id,
            presence=ABSENT,
            cause=notice.cause,
            symptoms=notice.symptoms,
            temperature=notice.temperature,
            fever=notice.fever,
            onset=known.mark.onset if known else None,
            diagnosis=known.mark.diagnosis if known else "",
            hospital=known.mark.hospital if known else "",
            answers=tuple(said.report_id for said in reports if said.kinds),
            counts_as=words.counts_as(notice.cause),
        )
    if source != "carried" or known is None:
        return None
    m = known.mark
    return Mark(
        person_id=member.person_id,
        presence=ABSENT,
        cause=m.cause,
        symptoms=m.symptoms,
        onset=m.onset,
        diagnosis=m.diagnosis,
        hospital=m.hospital,
        counts_as=m.counts_as,
    )


def _left(row: EarlyLeave | None) -> Left | None:
    if row is None:
        return None
    return Left(row.pk, row.true_at, row.cause, row.temperature, row.fever or bool(row.symptoms))


def roll_unit(actor: Actor, permission: Permission, unit_id: int) -> Unit:
    """A unit that has a roll, within reach. Raises Forbidden or NotFound."""
    unit = unit_within(actor, permission, unit_id)
    if unit.level not in KIND_OF_LEVEL:
        raise NotFound("unit")
    return unit


def check_day(day: date, session: str, zone: str, now: datetime) -> None:
    """Raises Invalid for a session that does not exist or a day that has not come in the unit's zone."""
    if not is_session(session):
        raise refused([Fault("session", "session.unknown", SESSION.format(value=session[:20]))])
    if day > local_date(now, zone):
        raise refused([Fault("day", "day.future", FUTURE_DAY.format(day=day.isoformat()))])


def look(actor: Actor, unit: Unit, person_ids: Sequence[int]) -> None:
    """Record that health detail of these persons was opened, unless it is the actor's own class or care."""
    look_at(actor, [(person_id, unit) for person_id in person_ids])


def look_at(actor: Actor, pairs: Iterable[tuple[int, Unit]]) -> None:
    """`look` for persons of several units, in one write."""
    outside = [(person_id, unit.pk) for person_id, unit in pairs if not in_own_care(actor, unit)]
    if outside:
        record_look(actor, ROLL_VIEW, "person", outside)


__all__ = ["KnownAbsence", "Left", "Roll", "RollRow", "check_day", "look", "look_at", "roll", "roll_unit"]
