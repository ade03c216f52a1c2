"""Who has not answered: personal reports and checks of a day, by class. Names only for whoever may see the roll."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lianfang.daily.models import HealthReport, RollCheck
from lianfang.daily.perms import COVERAGE_VIEW, ROLL_VIEW
from lianfang.daily.reach import reach_of, unit_within
from lianfang.daily.reading import UnitDay, rolls
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.people.reading import Member, classes_below


@dataclass(frozen=True, slots=True)
class UnitCoverage:
    """One class: how many are on the roll, how many have a report of their own or a guardian's for the day, which
    sessions were checked. `missing` names those without a report, None for a reader who may see counts only."""

    unit: Unit
    expected: int
    answered: int
    sessions: Sequence[str]
    missing: Sequence[Member] | None

    @property
    def unanswered(self) -> int:
        return self.expected - self.answered


def report_coverage(actor: Actor, unit_id: int, day: date) -> list[UnitCoverage]:
    """Coverage of every class at or below the unit, in tree order. Raises Forbidden, NotFound. A constant number of queries."""
    unit = unit_within(actor, COVERAGE_VIEW, unit_id)
    reach, names = reach_of(actor, COVERAGE_VIEW), reach_of(actor, ROLL_VIEW)
    units = [u for u in classes_below(unit, day) if reach.covers(u.path, u.level)]
    members = rolls(units, [day])
    people = {m.person_id for listed in members.values() for m in listed}
    answered = set(
        HealthReport.objects.get_queryset()
        .effective()
        .filter(person_id__in=people, day=day)
        .values_list("person_id", flat=True)
        .distinct()
    )
    sessions: dict[int, list[str]] = {}
    checks = RollCheck.objects.get_queryset().effective().filter(unit__in=units, day=day).order_by("true_at")
    for checked, session in checks.values_list("unit_id", "session"):
        sessions.setdefault(checked, []).append(session)
    found = []
    for u in units:
        listed = members[UnitDay(u.pk, day)]
        missing = [m for m in listed if m.person_id not in answered]
        seen = names.covers(u.path, u.level)
        found.append(
            UnitCoverage(u, len(listed), len(listed) - len(missing), sessions.get(u.pk, []), missing if seen else None)
        )
    return found
