"""How many are on the rolls of institutions, counted ahead for those who look at hundreds of them (`models.RollSize`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count

from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.kernel.trees import ids_of_path
from lianfang.people.actions.following import today_at
from lianfang.people.models import Membership, RollSize

# How long a number may be used: the job runs more often, so that a number runs out only when the worker is away.
HOLDS = timedelta(minutes=15)


def count_sizes(actor: Actor, now: datetime) -> int:
    """Count again for today; returns how many numbers are kept. Idempotent; two queries and one replacement."""
    day = today_at(None, now)
    institutions = set(Unit.objects.filter(level="institution").values_list("pk", flat=True))
    rows = Membership.objects.in_force(day).filter(kind="student").order_by()
    found: dict[tuple[int, str], int] = {}
    counted = dict(rows.values_list("unit_id").annotate(n=Count("pk")))
    for unit_id, path, kind in Unit.objects.order_by().values_list("pk", "path", "kind"):
        students = counted.get(unit_id, 0)
        for above in institutions.intersection(ids_of_path(path)):
            found[above, kind] = found.get((above, kind), 0) + students
    made = [
        RollSize(institution_id=above, unit_kind=kind, day=day, students=students, valid_until=now + HOLDS)
        for (above, kind), students in found.items()
    ]
    with transaction.atomic():
        RollSize.objects.all().delete()
        RollSize.objects.bulk_create(made)
    return len(made)


def known_sizes(
    institution_ids: Collection[int], unit_kinds: Collection[str], on: date, at: datetime
) -> dict[int, int]:
    """Students on the rolls of units of these kinds, by institution; only of those counted for that day and in force."""
    rows = RollSize.objects.filter(institution_id__in=institution_ids, day=on, valid_until__gt=at)
    found: dict[int, int] = {}
    for institution_id, kind, students in rows.values_list("institution_id", "unit_kind", "students"):
        found[institution_id] = found.get(institution_id, 0) + (students if kind in unit_kinds else 0)
    return found
