"""Answers that `foundation` asks for when it loads an actor: who an account is and whose guardian a person is."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from lianfang.kernel.clock import local_date
from lianfang.people.models import Guardianship, Membership, Person


def person_of_account(account_id: int) -> int | None:
    """Id of the person who signs in with the account."""
    return Person.objects.filter(account_id=account_id, erased_at=None).values_list("pk", flat=True).first()


def children_of_person(person_id: int, now: datetime) -> frozenset[int]:
    """Ids of the children whose confirmed guardian the person is at `now`."""
    day = local_date(now, settings.TIME_ZONE)
    wards = Guardianship.objects.filter(guardian_id=person_id, confirmed_at__lte=now, begins__lte=day)
    return frozenset(wards.filter(Q(ends=None) | Q(ends__gt=day)).values_list("child_id", flat=True))


def place_of_person(person_id: int, children: frozenset[int], now: datetime) -> str:
    """Path of a unit to which the person, or the first of their children, belongs at `now`; "" for none."""
    day = local_date(now, settings.TIME_ZONE)
    current = Membership.objects.filter(person_id__in=[person_id, *children], begins__lte=day, void_at=None).filter(
        Q(ends=None) | Q(ends__gt=day)
    )
    return current.order_by("pk").values_list("unit__path", flat=True).first() or ""
