"""Who acts: an account with its rights at one instant, or the system itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Q

from lianfang.foundation.models import Account, AuthorityRelation, Grant, Unit
from lianfang.foundation.permissions import UNIT_REACHES, Permission, Reach, Scope
from lianfang.foundation.realm import REAL, current_realm
from lianfang.kernel.clock import local_date


@dataclass(frozen=True, slots=True)
class Held:
    """A grant as the actor carries it."""

    role: str
    unit_id: int
    path: str
    begins: datetime
    ends: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.begins <= now and (self.ends is None or now < self.ends)


@dataclass(frozen=True)
class Actor:
    """Passed to every action and query. `agent` is what the journal records."""

    account_id: int | None
    name: str
    agent: str
    now: datetime
    realm: str = REAL
    held: tuple[Held, ...] = ()
    person_id: int | None = None
    language: str = "zh-hans"
    request_id: str = ""
    system: bool = False
    _family: Callable[[], frozenset[int]] = field(default=frozenset, repr=False, compare=False)
    _jurisdiction: Callable[[], dict[int, tuple[str, ...]]] = field(default=dict, repr=False, compare=False)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(h.role for h in self.held)

    @property
    def family(self) -> frozenset[int]:
        """Ids of the children whose confirmed guardian the actor is."""
        return self._family()

    def units_of(self, *roles: str) -> tuple[int, ...]:
        """Ids of the units where the actor holds one of `roles` (all roles when none is named)."""
        return tuple(dict.fromkeys(h.unit_id for h in self.held if not roles or h.role in roles))

    def scope(self, permission: Permission) -> Scope:
        """How far `permission` reaches for this actor; falsy when not at all."""
        if self.system:
            return Scope(everything=True)
        paths: list[str] = []
        persons: set[int] = set()
        for held in self.held:
            reach = permission.roles.get(held.role)
            if reach in UNIT_REACHES:
                paths.append(held.path)
            elif reach is Reach.JURISDICTION:
                paths.extend(self._jurisdiction().get(held.unit_id, ()))
            elif reach is Reach.SELF and self.person_id is not None:
                persons.add(self.person_id)
            elif reach is Reach.FAMILY:
                persons |= self.family
        if permission.roles.get("guardian") is Reach.FAMILY:
            persons |= self.family
        if permission.everyone and self.person_id is not None:
            persons.add(self.person_id)
        shortest = [p for p in dict.fromkeys(paths) if not any(p != q and p.startswith(q) for q in paths)]
        return Scope(tuple(shortest), frozenset(persons))

    def can(self, permission: Permission) -> bool:
        """Whether the permission reaches anything at all (to show a menu entry, to admit to a route)."""
        if self.system or (permission.everyone and self.account_id is not None):
            return True  # asked of every request: without looking up children
        return bool(self.scope(permission))


T = TypeVar("T")
PersonResolver = Callable[[int], int | None]
FamilyResolver = Callable[[int, datetime], frozenset[int]]
_person_of_account: PersonResolver = lambda account_id: None  # noqa: E731
_children_of_person: FamilyResolver = lambda person_id, now: frozenset()  # noqa: E731


def register_resolvers(person_of_account: PersonResolver, children_of_person: FamilyResolver) -> None:
    """Called by `people` when it is loaded: who an account is, and whose guardian a person is at an instant."""
    global _person_of_account, _children_of_person
    _person_of_account, _children_of_person = person_of_account, children_of_person


def system_actor(agent: str, now: datetime) -> Actor:
    """The system itself, acting for a job or an import; `agent` is e.g. "sweeper" or "import:12"."""
    return Actor(account_id=None, name=agent, agent=agent, now=now, realm=current_realm(), system=True)


def load_actor(account: Account, now: datetime, request_id: str = "") -> Actor:
    """The actor of an account at `now`, in the account's home realm: grants in force, person, language."""
    held, person_id = _held_and_person(account)

    def family() -> frozenset[int]:
        return _children_of_person(person_id, now) if person_id is not None else frozenset()

    in_force = tuple(h for h in held if h.holds(now))
    return Actor(
        account_id=account.pk,
        name=account.display_name or account.username,
        agent=f"account:{account.pk}",
        now=now,
        realm=account.home_realm_id or REAL,
        held=in_force,
        person_id=person_id,
        language=account.language or "zh-hans",
        request_id=request_id,
        _family=_once(family),
        _jurisdiction=_once(lambda: jurisdictions({h.unit_id for h in in_force}, now)),
    )


_cache: dict[int, tuple[int, tuple[Held, ...], int | None]] = {}


def _held_and_person(account: Account) -> tuple[tuple[Held, ...], int | None]:
    """Grants and person, cached per process until the account's `access_version` rises."""
    known = _cache.get(account.pk)
    if known is not None and known[0] == account.access_version:
        return known[1], known[2]
    held = tuple(
        Held(role, unit_id, path or "", begins, ends)
        for role, unit_id, path, begins, ends in Grant.objects.filter(account=account)
        .values_list("role", "unit_id", "unit__path", "begins", "ends")
        .order_by("id")
    )
    person_id = _person_of_account(account.pk)
    if len(_cache) > 50_000:
        _cache.clear()
    _cache[account.pk] = (account.access_version, held, person_id)
    return held, person_id


def forget_cached_actors() -> None:
    """Empty the per-process cache (after a restore, and between tests)."""
    _cache.clear()


def jurisdictions(unit_ids: set[int], now: datetime) -> dict[int, tuple[str, ...]]:
    """Paths of the subtrees under each authority unit by relations in force on the day of `now`."""
    day = local_date(now, settings.TIME_ZONE)
    relations = AuthorityRelation.objects.filter(authority_id__in=unit_ids, begins__lte=day).filter(
        Q(ends=None) | Q(ends__gt=day)
    )
    found: dict[int, list[str]] = {}
    for authority_id, path, region in relations.values_list("authority_id", "subject__path", "region"):
        if path:
            found.setdefault(authority_id, []).append(path)
        else:
            prefix = region.rstrip("0") if len(region.rstrip("0")) % 2 == 0 else region.rstrip("0") + "0"
            below = Unit.objects.filter(level="institution", region__startswith=prefix, realm_id=current_realm())
            found.setdefault(authority_id, []).extend(str(p) for p in below.values_list("path", flat=True))
    return {k: tuple(v) for k, v in found.items()}


def _once(call: Callable[[], T]) -> Callable[[], T]:
    kept: list[T] = []

    def value() -> T:
        if not kept:
            kept.append(call())
        return kept[0]

    return value
