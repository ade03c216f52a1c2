"""Who holds a duty and who is told about it, for many duties at once. No actor: for jobs and the room's own queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from lianfang.duties.models import Delegation, Shift
from lianfang.duties.rules import Telling
from lianfang.foundation.models import AuthorityRelation, Grant, Unit
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date


@dataclass(frozen=True, slots=True)
class Book:
    """Active accounts by (unit, role) at one instant, delegations applied; `stands_for` says whose deputy one is."""

    held: Mapping[tuple[int, str], tuple[int, ...]]
    stands_for: Mapping[tuple[int, str, int], int]

    def at(self, unit_id: int, role: str) -> tuple[int, ...]:
        return self.held.get((unit_id, role), ())

    def first_of(self, unit_id: int, roles: Sequence[str]) -> tuple[str, tuple[int, ...]]:
        """The first of the roles that anybody holds at the unit, with the accounts; ("", ()) when nobody does."""
        for role in roles:
            accounts = self.at(unit_id, role)
            if accounts:
                return role, accounts
        return "", ()


def book(units: Iterable[Unit], roles: Iterable[str], now: datetime) -> Book:
    """Who holds these roles at these units themselves at `now`. At most four queries.

    Where a shift of the role is on at `now`, its holder alone holds the role (`rules.shifts.on_duty`); outside shifts,
    or when the shift's holder is in post no more, everybody in post does. A delegation then goes over both.
    """
    listed = {unit.pk: unit for unit in units}
    wanted = set(roles)
    rows = (
        Grant.objects.filter(unit_id__in=list(listed), role__in=wanted, begins__lte=now, account__is_active=True)
        .filter(Q(ends=None) | Q(ends__gt=now))
        .order_by("begins", "pk")
        .values_list("unit_id", "role", "account_id")
    )
    held: dict[tuple[int, str], list[int]] = {}
    for unit_id, role, account_id in rows:
        accounts = held.setdefault((unit_id, role), [])
        if account_id not in accounts:
            accounts.append(account_id)
    on_shift = shift_holders(listed, wanted, now)
    by_shift: set[tuple[int, str]] = set()
    for place, on_duty in on_shift.items():
        in_post = [account_id for account_id in on_duty if account_id in held.get(place, ())]
        if in_post:
            held[place] = in_post
            by_shift.add(place)
    stands_for: dict[tuple[int, str, int], int] = {}
    for away in delegations_in_force(listed.values(), wanted, now):
        place = (away.unit_id, away.role)
        if place in by_shift and away.from_account_id not in held[place]:
            continue
        others = [a for a in held.get(place, []) if a not in (away.from_account_id, away.to_account_id)]
        held[place] = [away.to_account_id, *others]
        stands_for[*place, away.to_account_id] = away.from_account_id
    return Book({place: tuple(accounts) for place, accounts in held.items()}, stands_for)


def shift_holders(unit_ids: Iterable[int], roles: Iterable[str], now: datetime) -> dict[tuple[int, str], list[int]]:
    """Accounts whose shift of a role at a unit is on at `now`. One query."""
    rows = Shift.objects.filter(
        unit_id__in=list(unit_ids), role__in=set(roles), begins__lte=now, ends__gt=now, cancelled_at=None
    )
    found: dict[tuple[int, str], list[int]] = {}
    for unit_id, role, account_id in rows.order_by("begins", "pk").values_list("unit_id", "role", "account_id"):
        found.setdefault((unit_id, role), []).append(account_id)
    return found


def delegations_in_force(units: Iterable[Unit], roles: Iterable[str], now: datetime) -> list[Delegation]:
    """Delegations of these roles at these units on the local day of `now`, whose deputy's account is active."""
    listed = {unit.pk: unit for unit in units}
    rows = list(
        Delegation.objects.filter(
            unit_id__in=list(listed),
            role__in=set(roles),
            begins__lte=day_after(now),
            ends__gt=day_before(now),
            to_account__is_active=True,
        ).order_by("recorded_at", "pk")
    )
    if not rows:
        return []
    zones = time_zones([listed[r.unit_id] for r in rows])
    return [r for r in rows if r.begins <= local_date(now, zones[r.unit_id]) < r.ends]


def day_before(now: datetime) -> date:
    """No local day at `now` lies before this one."""
    return now.date() - timedelta(days=1)


def day_after(now: datetime) -> date:
    """No local day at `now` lies after this one."""
    return now.date() + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tree:
    """Units with everything above them, and the authorities over their institutions."""

    units: Mapping[int, Unit]
    authorities: Mapping[tuple[int, str], tuple[int, ...]]

    def place(self, unit: Unit, telling: Telling) -> tuple[int, ...]:
        """Units where the told role is to be looked for; empty where the level does not exist."""
        if telling.level == "authority":
            above = self._nearest(unit, "institution")
            return self.authorities.get((above, telling.capacity), ()) if above is not None else ()
        found = self._nearest(unit, telling.level)
        return (found,) if found is not None else ()

    def _nearest(self, unit: Unit, level: str) -> int | None:
        for ancestor in reversed(unit.ancestor_ids):
            if ancestor in self.units and self.units[ancestor].level == level:
                return ancestor
        return None


def tree(units: Iterable[Unit], capacities: Iterable[str], day: date) -> Tree:
    """The tree above some units. One query, and one more when authorities are to be told."""
    wanted = {i for unit in units for i in unit.ancestor_ids}
    known = Unit.objects.in_bulk(wanted)
    asked = {c for c in capacities if c}
    return Tree(known, _authorities(known, asked, day) if asked else {})


def _authorities(known: Mapping[int, Unit], asked: set[str], day: date) -> dict[tuple[int, str], tuple[int, ...]]:
    relations = list(
        AuthorityRelation.objects.filter(capacity__in=asked, begins__lte=day)
        .filter(Q(ends=None) | Q(ends__gt=day))
        .filter(Q(subject_id__in=list(known)) | Q(subject=None))
        .order_by("pk")
    )
    found: dict[tuple[int, str], list[int]] = {}
    for unit in known.values():
        if unit.level != "institution":
            continue
        for relation in relations:
            covers = relation.subject_id in unit.ancestor_ids or (
                relation.subject_id is None and unit.region.startswith(region_prefix(relation.region))
            )
            places = found.setdefault((unit.pk, relation.capacity), [])
            if covers and relation.authority_id not in places:
                places.append(relation.authority_id)
    return {place: tuple(ids) for place, ids in found.items()}


def region_prefix(code: str) -> str:
    """The digits that all divisions inside a GB/T 2260 code share: 110100 → 1101."""
    digits = code.rstrip("0")
    return digits if len(digits) % 2 == 0 else digits + "0"
