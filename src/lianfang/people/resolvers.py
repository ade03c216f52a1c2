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


def children_of_persons(person_ids: Sequence[int], now: datetime) -> dict[int, frozenset[int]]:
    """Person id → ids of the children whose confirmed guardian they are at `now`, for those who are any."""
    day = local_date(now, settings.TIME_ZONE)
    wards = Guardianship.objects.filter(guardian_id__in=person_ids, confirmed_at__lte=now, begins__lte=day)
    rows = wards.filter(Q(ends=None) | Q(ends__gt=day)).values_list("guardian_id", "child_id")
    found: dict[int, set[int]] = {}
    for guardian_id, child_id in rows:
        found.setdefault(guardian_id, set()).add(child_id)
    return {guardian_id: frozenset(children) for guardian_id, children in found.items()}


def units_of_family(account_id: int, now: datetime) -> list[Unit]:
    """Units to which the person of an account belongs, and those of the children whose guardian the person is."""
    person_id = persons_of_accounts([account_id]).get(account_id)
    if person_id is None:
        return []
    people = {person_id, *children_of_persons([person_id], now).get(person_id, ())}
    here = Membership.objects.in_force(local_date(now, settings.TIME_ZONE)).filter(person_id__in=people)
    return list(Unit.objects.filter(pk__in=here.values("unit_id")))
