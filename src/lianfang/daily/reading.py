"""Facts of the room for its own actions and queries. They take no actor and check no right."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Max, Q

from lianfang.daily.models import HealthReport, RollCheck, RollMark
from lianfang.daily.rules import Mark, Statement, Vocabulary
from lianfang.foundation.models import Unit
from lianfang.people.models import Membership
from lianfang.people.reading import Member, members_of

KIND_OF_LEVEL = {
    "class": Membership.Kind.STUDENT,
    "dormitory": Membership.Kind.RESIDENT,
    "department": Membership.Kind.STAFF,
    "vehicle": Membership.Kind.RIDER,
}


class UnitDay(NamedTuple):
    unit_id: int
    day: date


def rolls(
    units: Collection[Unit], days: Collection[date], known_at: datetime | None = None
) -> dict[UnitDay, list[Member]]:
    """Who is on the roll of each unit on each day: pupils of a class, residents of a dormitory, staff of a
    department, riders of a bus.
    One query a day."""
    found: dict[UnitDay, list[Member]] = {}
    kinds = {unit.pk: KIND_OF_LEVEL.get(unit.level) for unit in units}
    for day in days:
        members = members_of(list(kinds), day, known_at, tuple({k for k in kinds.values() if k}))
        for unit_id, listed in members.items():
            found[UnitDay(unit_id, day)] = [m for m in listed if m.kind == kinds[unit_id]]
    return found


def statements(
    person_ids: Collection[int], days: Collection[date], known_at: datetime | None = None, *, unwell_only: bool = True
) -> dict[tuple[int, date], list[Statement]]:
    """The effective reports about persons by (person, day), oldest first; those that could contradict a check by default."""
    rows = HealthReport.objects.get_queryset().effective(known_at).filter(person_id__in=person_ids, day__in=days)
    if unwell_only:
        rows = rows.filter(unwell=True)
    found: dict[tuple[int, date], list[Statement]] = {}
    for row in rows.order_by("received_at", "pk").values_list(
        "pk", "person_id", "channel", "fever", "symptoms", "absent", "cause", "temperature", "received_at", "day"
    ):
        said = Statement(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6], row[7], row[8])
        found.setdefault((row[1], row[9]), []).append(said)
    return found


def last_checks_before(
    wanted: Iterable[UnitDay], session: str = "", known_at: datetime | None = None, *, earlier_day: bool = False
) -> dict[UnitDay, int]:
    """Id of the last effective check of each unit before a day's session, by (unit, day). Two queries for each day asked.

    An earlier session of the same day counts unless `earlier_day`. Which of a day's checks is last follows `true_at`.
    """
    by_day: dict[date, list[int]] = {}
    for unit_id, day in wanted:
        by_day.setdefault(day, []).append(unit_id)
    found: dict[UnitDay, int] = {}
    for day, unit_ids in by_day.items():
        rows = RollCheck.objects.get_queryset().effective(known_at).filter(unit_id__in=unit_ids)
        rows = rows.filter(day__lt=day) if earlier_day else rows.filter(day__lte=day).exclude(day=day, session=session)
        last = dict(rows.values_list("unit_id").annotate(last=Max("day")).order_by())
        if not last:
            continue
        for pk, unit_id, at_day in (
            rows.filter(day__in=set(last.values())).order_by("true_at", "pk").values_list("pk", "unit_id", "day")
        ):
            if last[unit_id] == at_day:
                found[UnitDay(unit_id, day)] = pk
    return found


def marks_of(check_ids: Collection[int], words: Mapping[int, Vocabulary]) -> dict[int, dict[int, StoredMark]]:
    """Marks by check and person, in the order in which they were made; `words` are the vocabularies by unit. One query."""
    found: dict[int, dict[int, StoredMark]] = {i: {} for i in check_ids}
    for row in RollMark.objects.filter(roll_check_id__in=list(check_ids)).order_by("pk"):
        found[row.roll_check_id][row.person_id] = StoredMark(as_mark(row, words[row.unit_id]), row.since)
    return found


class StoredMark(NamedTuple):
    """A mark as kept, with the first day of the absence (None for who was here)."""

    mark: Mark
    since: date | None

    @property
    def presence(self) -> str:
        return self.mark.presence

    @property
    def fever(self) -> bool:
        return self.mark.fever

    @property
    def cause(self) -> str:
        return self.mark.cause


def as_mark(row: RollMark, words: Vocabulary) -> Mark:
    """The rules' form of a stored mark."""
    absent = row.presence == RollMark.Presence.ABSENT
    return Mark(
        person_id=row.person_id,
        presence=row.presence,
        cause=row.cause,
        symptoms=tuple(row.symptoms),
        temperature=row.temperature,
        site=row.site,
        instrument=row.instrument,
        fever=row.fever,
        onset=row.onset,
        diagnosis=row.diagnosis,
        hospital=row.hospital,
        note=row.note or "",
        answers=tuple(row.answers),
        counts_as=words.counts_as(row.cause) if absent else None,
    )


def departed(unit_ids: Collection[int], person_ids: Collection[int]) -> dict[tuple[int, int], tuple[str, date]]:
    """Name and first day away, by (unit, person), of persons who once were on these rolls and left."""
    rows = Membership.objects.filter(unit_id__in=unit_ids, person_id__in=person_ids, void_at=None).exclude(ends=None)
    return {
        (unit_id, person_id): (name, ends)
        for unit_id, person_id, name, ends in rows.order_by("ends").values_list(
            "unit_id", "person_id", "person__name", "ends"
        )
    }


def own_callers(units: Collection[Unit], on: date, roles: Collection[str]) -> set[tuple[int, int]]:
    """(unit, account) of those whose own post it is on a day to call the roll: at the unit or, for keepers, above it."""
    from lianfang.people.models import Post

    wanted = {i: unit.pk for unit in units for i in (unit.ancestor_ids if unit.level == "dormitory" else [unit.pk])}
    rows = Post.objects.in_force(on).filter(Q(unit_id__in=list(wanted)), role__in=roles, person__account__isnull=False)
    held = list(rows.values_list("unit_id", "person__account_id"))
    return {
        (unit.pk, account_id)
        for unit in units
        for at, account_id in held
        if at == unit.pk or (unit.level == "dormitory" and at in unit.ancestor_ids)
    }
