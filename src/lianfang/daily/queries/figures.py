"""Numbers of checks for the rooms above. No actor: whoever shows them permits before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from lianfang.daily.models import EarlyLeave, RollCheck
from lianfang.daily.reading import UnitDay, last_checks_before, marks_of
from lianfang.daily.rules import Figures, Vocabulary
from lianfang.daily.rules.marks import LEFT_EARLY
from lianfang.daily.vocabularies import vocabularies
from lianfang.foundation.models import Unit
from lianfang.people.models import Membership


@dataclass(frozen=True, slots=True)
class CheckState:
    """The effective check of a unit at a session: which one, when it was true and received, and in what manner."""

    check_id: int
    unit_id: int
    all_well: bool
    true_at: datetime
    received_at: datetime
    on_paper: bool
    stand_in: bool
    corrects: int | None


def checks_of(
    unit_ids: Collection[int], day: date, session: str, known_at: datetime | None = None
) -> dict[int, CheckState]:
    """The effective checks by unit, as known at an instant if given; a unit without one is not a key. One query."""
    return {row.unit_id: check_state(row) for row in _checks(unit_ids, day, session, known_at)}


def class_figures(
    unit_ids: Collection[int], day: date, session: str, known_at: datetime | None = None
) -> dict[int, Figures]:
    """The figures of each unit's effective check, by unit; a unit that was not checked is not a key, never a zero.

    With `known_at`, as we knew it at that instant: later checks, corrections, early leaves and memberships are left out.
    The number of queries does not depend on the number of units.
    """
    checks = {row.unit_id: row for row in _checks(unit_ids, day, session, known_at)}
    if not checks:
        return {}
    words = vocabularies(Unit.objects.filter(pk__in=checks), day)
    before = last_checks_before([UnitDay(i, day) for i in checks], session, known_at, earlier_day=True)
    marks = marks_of([*(row.pk for row in checks.values()), *before.values()], words)
    left = _left_through_illness(checks, day, known_at, words)
    figures: dict[int, Figures] = {}
    went_back: dict[int, set[int]] = {}
    for unit_id, row in checks.items():
        today = marks[row.pk]
        earlier = marks[before[UnitDay(unit_id, day)]] if UnitDay(unit_id, day) in before else {}
        ill_before = {person for person, kept in earlier.items() if kept.mark.counts_as == "ill"}
        ill_today = {person for person, kept in today.items() if kept.mark.counts_as == "ill"}
        away = {person for person, kept in today.items() if kept.mark.absent}
        went_back[unit_id] = ill_before - away
        left_marked = {p for p, kept in today.items() if kept.presence == LEFT_EARLY and kept.mark.symptomatic}
        figures[unit_id] = replace(
            _stored(row),
            early_leave=len(left.get(unit_id, set()) | left_marked),
            new_ill=len(ill_today - ill_before),
        )
    on_roll = _still_on_roll(went_back, day, known_at)
    return {
        unit_id: replace(f, returned=sum((unit_id, p) in on_roll for p in went_back[unit_id]))
        for unit_id, f in figures.items()
    }


def _checks(unit_ids: Collection[int], day: date, session: str, known_at: datetime | None) -> list[RollCheck]:
    rows = RollCheck.objects.get_queryset().effective(known_at)
    return list(rows.filter(unit_id__in=list(unit_ids), day=day, session=session).order_by("received_at", "pk"))


def check_state(row: RollCheck) -> CheckState:
    """The state of a stored check."""
    return CheckState(
        row.pk,
        row.unit_id,
        row.all_well,
        row.true_at,
        row.received_at,
        row.on_paper,
        row.stand_in,
        row.corrects_id,
    )


def _stored(row: RollCheck) -> Figures:
    return Figures(
        expected=row.expected,
        present=row.present,
        absent=row.absent,
        absent_ill=row.absent_ill,
        absent_other=row.absent_other,
        absent_unknown=row.absent - row.absent_ill - row.absent_other,
        late_arrivals=row.late_arrivals,
        symptomatic=row.symptomatic,
        fever=row.fever,
    )


def _left_through_illness(
    unit_ids: Collection[int], day: date, known_at: datetime | None, words: Mapping[int, Vocabulary]
) -> dict[int, set[int]]:
    rows = EarlyLeave.objects.get_queryset().effective(known_at).filter(unit_id__in=list(unit_ids), day=day)
    found: dict[int, set[int]] = {}
    for unit_id, person_id, cause, fever, symptoms in rows.values_list(
        "unit_id", "person_id", "cause", "fever", "symptoms"
    ):
        if fever or symptoms or words[unit_id].counts_as(cause) == "ill":
            found.setdefault(unit_id, set()).add(person_id)
    return found


def _still_on_roll(people: dict[int, set[int]], day: date, known_at: datetime | None) -> set[tuple[int, int]]:
    wanted = {person for persons in people.values() for person in persons}
    if not wanted:
        return set()
    rows = Membership.objects.in_force(day, known_at).filter(unit_id__in=list(people), person_id__in=wanted)
    return set(rows.values_list("unit_id", "person_id"))
