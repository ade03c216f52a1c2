"""Changes since the last school day that was checked (H7), class by class, with the persons behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.daily.models import RollCheck
from lianfang.daily.perms import ROLL_VIEW
from lianfang.daily.queries.roll import look_at
from lianfang.daily.reach import reach_of, unit_within
from lianfang.daily.reading import StoredMark, UnitDay, last_checks_before, marks_of, rolls
from lianfang.daily.rules import Changes, changes, session_rank
from lianfang.daily.vocabularies import vocabularies
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.people.reading import Member, classes_below


@dataclass(frozen=True, slots=True)
class UnitChanges:
    """What changed in one class. `session` is the check of the day that was compared, "" when there is none yet (then
    nothing is claimed); `before` the day of the check it was compared with, None for the first one ever."""

    unit: Unit
    session: str
    before: date | None
    changes: Changes
    members: Mapping[int, Member]
    marks: Mapping[int, StoredMark]

    def rows(self) -> list[tuple[str, Member, StoredMark | None]]:
        """(kind of change, person, today's mark) in the order: new fever, new absence, returned, still absent."""
        found = []
        for kind in ("new_fever", "new_absence", "returned", "still_absent"):
            for person_id in getattr(self.changes, kind):
                if person_id in self.members:
                    found.append((kind, self.members[person_id], self.marks.get(person_id)))
        return found


def changes_since_yesterday(
    actor: Actor, unit_id: int, day: date, known_at: datetime | None = None
) -> list[UnitChanges]:
    """Changes of every class at or below the unit, in tree order, from its last check of the day.

    Raises Forbidden, NotFound. Records looks outside the actor's own care. Queries do not grow with classes or persons.
    """
    unit = unit_within(actor, ROLL_VIEW, unit_id)
    reach = reach_of(actor, ROLL_VIEW)
    units = [u for u in classes_below(unit, day) if reach.covers(u.path, u.level)]
    if unit.level in ("department", "vehicle") and not units:
        units = [unit]
    words = vocabularies(units, day)
    latest: dict[int, RollCheck] = {}
    rows = RollCheck.objects.get_queryset().effective(known_at).filter(unit__in=units, day=day)
    for row in sorted(rows, key=lambda r: session_rank(r.session)):
        latest[row.unit_id] = row
    before = last_checks_before([UnitDay(u.pk, day) for u in units], "", known_at, earlier_day=True)
    days = dict(RollCheck.objects.filter(pk__in=before.values()).values_list("pk", "day"))
    marks = marks_of([*(c.pk for c in latest.values()), *before.values()], words)
    members = rolls(units, [day], known_at)
    found = []
    for u in units:
        listed = {m.person_id: m for m in members[UnitDay(u.pk, day)]}
        check = latest.get(u.pk)
        earlier = before.get(UnitDay(u.pk, day))
        today = marks[check.pk] if check is not None else {}
        compared = (
            changes(marks[earlier] if earlier is not None else {}, today, frozenset(listed))
            if check is not None
            else Changes()
        )
        item = UnitChanges(
            u, check.session if check else "", days[earlier] if earlier is not None else None, compared, listed, today
        )
        found.append(item)
    look_at(
        actor, sorted({(member.person_id, u.unit) for u in found for _kind, member, _mark in u.rows()}, key=_person)
    )
    return found


def _person(pair: tuple[int, Unit]) -> int:
    return pair[0]


def quiet(listed: Sequence[UnitChanges]) -> bool:
    """Whether nothing changed anywhere."""
    return not any(item.changes for item in listed)
