"""Who acts: an account with its rights at one instant, or the system itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

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
        if permission.roles.get("guardian") is Reach.FAMILY:
            persons |= self.family
        if permission.everyone and self.person_id is not None:
            persons.add(self.person_id)
        return Scope(_shortest(paths), frozenset(persons))

    def can(self, permission: Permission) -> bool:
        """Whether the permission reaches anything at all (to show a menu entry, to admit to a route)."""
        if self.system or (permission.everyone and self.account_id is not None):
            return True  # asked of every request: without looking up children
        return bool(self.scope(permission))


def _shortest(paths: list[str]) -> tuple[str, ...]:
    """The subtrees without those that lie inside another one, in their order. A county has hundreds: sorted, a subtree
    stands right behind the one that holds it."""
    kept: set[str] = set()
    last: str | None = None
    for path in sorted(set(paths)):
        if last is None or not path.startswith(last):
            kept.add(path)
            last = path
    return tuple(path for path in dict.fromkeys(paths) if path in kept)


T = TypeVar("T")
PersonResolver = Callable[[Sequence[int]], Mapping[int, int]]
FamilyResolver = Callable[[Sequence[int], datetime], Mapping[int, frozenset[int]]]
_persons_of_accounts: PersonResolver = lambda account_ids: {}  # noqa: E731
_children_of_persons: FamilyResolver = lambda person_ids, now: {}  # noqa: E731


def register_resolvers(persons_of_accounts: PersonResolver, children_of_persons: FamilyResolver) -> None:
    """Called by `people` when it is loaded: who accounts are, and whose guardian each person is at an instant."""
    global _persons_of_accounts, _children_of_persons
    _persons_of_accounts, _children_of_persons = persons_of_accounts, children_of_persons


class _Once(Generic[T]):
    """What `call` gives, called when it is first asked for; or `value`, found for many at once before that."""

    __slots__ = ("call", "value")

    def __init__(self, call: Callable[[], T]) -> None:
        self.call = call
        self.value: T | None = None

    def __call__(self) -> T:
        if self.value is None:
            self.value = self.call()
        return self.value


def know_families(actors: Sequence[Actor], now: datetime) -> None:
    """Look up for many actors at once whose guardians they are at `now`: one query, however many."""
    asked = [(a.person_id, a._family) for a in actors if a.person_id is not None and isinstance(a._family, _Once)]
    if not asked:
        return
    found = _children_of_persons(tuple({person_id for person_id, _ in asked}), now)
    for person_id, family in asked:
        family.value = found.get(person_id, frozenset())


def system_actor(agent: str, now: datetime) -> Actor:
    """The system itself, acting for a job or an import; `agent` is e.g. "sweeper" or "import:12"."""
    return Actor(account_id=None, name=agent, agent=agent, now=now, realm=current_realm(), system=True)


def load_actor(account: Account, now: datetime, request_id: str = "") -> Actor:
    """The actor of an account at `now`, in the account's home realm: grants in force, person, language."""
    held, person_id = _held_and_person(account)

    def family() -> frozenset[int]:
        return _children_of_persons((person_id,), now).get(person_id, frozenset()) if person_id else frozenset()

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
        _family=_Once(family),
        _jurisdiction=_Once(lambda: jurisdictions({h.unit_id for h in in_force}, now)),
    )


_cache: dict[int, tuple[int, tuple[Held, ...], int | None]] = {}


def _held_and_person(account: Account) -> tuple[tuple[Held, ...], int | None]:
    """Grants and person, cached per process until the account's `access_version` rises."""
    known = _cache.get(account.pk)
    if known is None or known[0] != account.access_version:
        known = get_ready([account])[account.pk]
    return known[1], known[2]


_Known = tuple[int, tuple[Held, ...], int | None]


def get_ready(accounts: Sequence[Account]) -> dict[int, _Known]:
    """Look up for many accounts at once what `load_actor` needs and does not know yet: two queries, however many.
    Returns what was looked up, by account id: the version it belongs to, grants, person."""
    unknown = {a.pk: a.access_version for a in accounts if _cache.get(a.pk, (None,))[0] != a.access_version}
    if not unknown:
        return {}
    held: dict[int, list[Held]] = {pk: [] for pk in unknown}
    grants = Grant.objects.filter(account_id__in=unknown).order_by("id")
    for account_id, role, unit_id, path, begins, ends in grants.values_list(
        "account_id", "role", "unit_id", "unit__path", "begins", "ends"
    ):
        held[account_id].append(Held(role, unit_id, path or "", begins, ends))
    persons = _persons_of_accounts(tuple(unknown))
    found = {pk: (version, tuple(held[pk]), persons.get(pk)) for pk, version in unknown.items()}
    if len(_cache) > 50_000:
        _cache.clear()
    _cache.update(found)
    return found


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
