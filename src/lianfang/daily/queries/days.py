"""A class's day as we know it, or knew it at an instant: the status of each person and every check with its corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.daily.models import EarlyLeave, RollCheck
from lianfang.daily.perms import ROLL_VIEW
from lianfang.daily.queries.roll import check_day, look, roll_unit
from lianfang.daily.reading import UnitDay, marks_of, rolls, statements
from lianfang.daily.rules import Mark, PersonDay, person_day, session_rank
from lianfang.daily.rules.persondays import Key
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.decisions import Decision
from lianfang.people.reading import Member


@dataclass(frozen=True, slots=True)
class DayRow:
    """One person's day: the status with its reasons, and the mark behind it."""

    member: Member
    status: Decision[Key]
    mark: Mark | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckVersion:
    """One check as it was received; `replaced_at` when a correction took its place (None: in force)."""

    check: RollCheck
    by: str
    replaced_at: datetime | None
    marks: Sequence[tuple[str, Mark]]


@dataclass(frozen=True, slots=True)
class UnitDayView:
    """The whole day. `known_at` None: as of now."""

    unit: Unit
    day: date
    time_zone: str
    known_at: datetime | None
    rows: Sequence[DayRow]
    versions: Sequence[CheckVersion]

    def counts(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.status.value] = found.get(row.status.value, 0) + 1
        return found


def unit_day(actor: Actor, unit_id: int, day: date, now: datetime, known_at: datetime | None = None) -> UnitDayView:
    """The day of a unit. Raises Forbidden, NotFound, Invalid (a day to come). Queries do not grow with persons.

    The status of a person follows the day's last session that was checked. Looks outside own care are recorded.
    """
    unit = roll_unit(actor, ROLL_VIEW, unit_id)
    zone = time_zone_of(unit)
    check_day(day, "morning", zone, now)
    words = vocabulary_at(unit, day)
    members = rolls([unit], [day], known_at)[UnitDay(unit.pk, day)]
    names = {m.person_id: m.name for m in members}
    received = RollCheck.objects.filter(unit=unit, day=day).select_related("checked_by")
    if known_at is not None:
        received = received.filter(received_at__lte=known_at)
    checks = sorted(received, key=lambda c: (session_rank(c.session), c.received_at, c.pk))
    marks = marks_of([c.pk for c in checks], {unit.pk: words})
    in_force = [c for c in checks if _replaced(c, known_at) is None]
    last = in_force[-1] if in_force else None
    settled_at = max((c.received_at for c in in_force[:-1]), default=None)
    said = statements(list(names), [day], known_at, unwell_only=False)
    leaves = EarlyLeave.objects.get_queryset().effective(known_at).filter(unit=unit, day=day)
    left = dict(leaves.values_list("person_id", "true_at"))
    rows = []
    for member in members:
        mark = marks[last.pk].get(member.person_id) if last is not None else None
        reports = [
            s
            for s in said.get((member.person_id, day), ())
            if last is None or settled_at is None or s.received_at > settled_at
        ]
        facts = PersonDay(
            member.person_id, last is not None, mark.mark if mark else None, reports, left.get(member.person_id)
        )
        rows.append(DayRow(member, person_day(facts, words), facts.mark, facts.left_at))
    versions = [
        CheckVersion(
            c,
            (c.checked_by.display_name or c.checked_by.username) if c.checked_by else "",
            _replaced(c, known_at),
            [(names.get(person, ""), kept.mark) for person, kept in marks[c.pk].items()],
        )
        for c in reversed(checks)
    ]
    look(actor, unit, [r.member.person_id for r in rows if r.status.value not in ("well", "unanswered")])
    return UnitDayView(unit, day, zone, known_at, rows, versions)


def _replaced(check: RollCheck, known_at: datetime | None) -> datetime | None:
    at = check.superseded_at
    return at if at is not None and (known_at is None or at <= known_at) else None
