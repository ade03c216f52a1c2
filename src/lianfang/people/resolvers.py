"""Answers that `foundation` asks for when it loads an actor: who accounts are and whose guardian a person is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from lianfang.foundation.models import Unit
from lianfang.kernel.clock import local_date
from lianfang.people.models import Guardianship, Membership, Person


def persons_of_accounts(account_ids: Sequence[int]) -> dict[int, int]:
    """Account id → id of the person who signs in with it, for those who are persons."""
    rows = Person.objects.filter(account_id__in=account_ids, erased_at=None)
    return dict(rows.values_list("account_id", "pk"))


def children_of_person(person_id: int, now: datetime) -> frozenset[int]:
    """Ids of the children whose confirmed guardian the person is at `now`."""
    day = local_date(now, settings.TIME_ZONE)
    wards = Guardianship.objects.filter(guardian_id=person_id, confirmed_at__lte=now, begins__lte=day)
    return frozenset(wards.filter(Q(ends=None) | Q(ends__gt=day)).values_list("child_id", flat=True))


def units_of_family(account_id: int, now: datetime) -> list[Unit]:
    """Units to which the person of an account belongs, and those of the children whose guardian the person is."""
    person_id = persons_of_accounts([account_id]).get(account_id)
    if person_id is None:
        return []
    people = {person_id, *children_of_person(person_id, now)}
    here = Membership.objects.in_force(local_date(now, settings.TIME_ZONE)).filter(person_id__in=people)
    return list(Unit.objects.filter(pk__in=here.values("unit_id")))
