"""Reads that combine rooms: search, and the pieces of Today and of the overview."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import local_date
from lianfang.people.models import Membership
from lianfang.people.queries import persons as persons_found
from lianfang.web import perms

LIMIT = 30


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A unit with the names above it."""

    id: int
    name: str
    above: str
    kind: str


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person with where they belong today."""

    id: int
    name: str
    units: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search answers; `more` says that there was more than is shown."""

    units: list[FoundUnit]
    persons: list[FoundPerson]
    more: bool


def find(actor: Actor, text: str) -> Found:
    """Units and persons whose name holds `text`, within the actor's reach; at most 30 of each."""
    units = list(
        Unit.objects.in_scope(actor.scope(perms.SEARCH))
        .filter(name__icontains=text, ends=None)
        .select_related("parent")[: LIMIT + 1]
    )
    day = local_date(actor.now, settings.TIME_ZONE)
    persons = list(persons_found(actor, day, search=text)[: LIMIT + 1])
    where: dict[int, list[str]] = {}
    members = Membership.objects.in_force(day).filter(person_id__in=[p.pk for p in persons])
    for person_id, name in members.values_list("person_id", "unit__name"):
        where.setdefault(person_id, []).append(name)
    return Found(
        [FoundUnit(u.pk, u.name, u.parent.name if u.parent else "", u.kind) for u in units[:LIMIT]],
        [FoundPerson(p.pk, p.name, "、".join(where.get(p.pk, ()))) for p in persons[:LIMIT]],
        len(units) > LIMIT or len(persons) > LIMIT,
    )
