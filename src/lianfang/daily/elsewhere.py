"""What the class said of a person today, for the rolls of other groups of the same institution (dormitory, bus)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.daily.models import EarlyLeave, RollCheck
from lianfang.daily.reading import marks_of
from lianfang.daily.rules import Mark, Vocabulary, session_rank
from lianfang.foundation.models import Unit
from lianfang.foundation.units import institution_of
from lianfang.people.models import Membership

OTHER_GROUPS = frozenset({"dormitory", "vehicle"})


@dataclass(frozen=True, slots=True)
class ClassWord:
    """The class's last check of the day before a session: which, when we received it, and the person's mark (None: was
    present and well)."""

    unit_id: int
    unit: str
    session: str
    received_at: datetime
    mark: Mark | None


def class_words(
    unit: Unit, day: date, session: str, people: Collection[int], words: Vocabulary
) -> dict[int, ClassWord]:
    """What the classes of the unit's institution said of these persons on the day before the session; nobody for a class's
    own roll. At most five queries."""
    home = institution_of(unit)
    if unit.level not in OTHER_GROUPS or home is None or not people:
        return {}
    belongs = (
        Membership.objects.in_force(day)
        .filter(person_id__in=people, kind=Membership.Kind.STUDENT, unit__path__startswith=home.path)
        .values_list("person_id", "unit_id", "unit__name")
    )
    classes = {unit_id for _person, unit_id, _name in belongs}
    rank = session_rank(session)
    checks = [
        check
        for check in RollCheck.objects.get_queryset().effective().filter(unit_id__in=classes, day=day)
        if session_rank(check.session) < rank
    ]
    last: dict[int, RollCheck] = {}
    for check in sorted(checks, key=lambda c: (session_rank(c.session), c.true_at)):
        last[check.unit_id] = check
    marks = marks_of([check.pk for check in last.values()], dict.fromkeys(classes, words))
    found = {}
    for person_id, unit_id, name in belongs:
        said = last.get(unit_id)
        if said is not None:
            kept = marks[said.pk].get(person_id)
            mark = kept.mark if kept is not None else None
            found[person_id] = ClassWord(unit_id, name, said.session, said.received_at, mark)
    return found


def leaves_of(unit: Unit, day: date, people: Collection[int]) -> dict[int, EarlyLeave]:
    """Early leaves of the day by person: those of a class itself, for other groups those of the whole institution."""
    rows = EarlyLeave.objects.get_queryset().effective().filter(day=day)
    if unit.level in OTHER_GROUPS:
        home = institution_of(unit)
        rows = rows.filter(person_id__in=people, unit__path__startswith=home.path if home else unit.path)
    else:
        rows = rows.filter(unit=unit)
    return {row.person_id: row for row in rows}


def settled(words: dict[int, ClassWord]) -> dict[int, datetime]:
    """Until when a person's reports were answered by the class: a report of fever that the teacher looked into in the
    morning is not asked for again on the bus."""
    return {person: said.received_at for person, said in words.items()}
