"""Names of what may be done, who may do it and how far it reaches. Each room's `perms.py` declares its rows here.

A row says role → reach. The reach is applied to where the actor holds the role:

- FAMILY: rows about children whose guardian the actor is (`everyone`: about the actor's own person);
- CLASS, DIVISION, INSTITUTION: the unit of the post and everything below it;
- JURISDICTION: institutions that stand under the post's unit by an authority relation.

`detail` separates what is seen: COUNTS (numbers), ROSTER (names without health), CLINICAL (health of named persons).
An authority never gets ROSTER or CLINICAL by its role; it needs a grant of named rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.db.models import Q


class Reach(StrEnum):
    FAMILY = "family"
    CLASS = "class"
    DIVISION = "division"
    INSTITUTION = "institution"
    JURISDICTION = "jurisdiction"


class Detail(StrEnum):
    NOTHING = "nothing"
    COUNTS = "counts"
    ROSTER = "roster"
    CLINICAL = "clinical"


UNIT_REACHES = frozenset({Reach.CLASS, Reach.DIVISION, Reach.INSTITUTION})


@dataclass(frozen=True, slots=True)
class Permission:
    """One row. `roles` maps a role id (rule pack `roles`) to its reach; `everyone` admits any signed-in account to
    their own things; `named` marks looks that are recorded when they leave the actor's own class or care."""

    name: str
    roles: Mapping[str, Reach]
    detail: Detail
    writes: bool = False
    everyone: bool = False
    named: bool = False


@dataclass(frozen=True)
class Scope:
    """What one permission reaches for one actor: subtrees of units, and single persons (self, children)."""

    paths: tuple[str, ...] = ()
    person_ids: frozenset[int] = frozenset()
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.paths) or bool(self.person_ids)

    def covers_path(self, path: str | None) -> bool:
        """Whether the unit with this path lies inside."""
        if self.everything or not path:
            return self.everything
        # A county reaches hundreds of institutions: the path's own beginnings are looked up, not every root tried.
        return any(path[: at + 1] in self._roots for at, letter in enumerate(path) if letter == "/")

    @cached_property
    def _roots(self) -> frozenset[str]:
        return frozenset(self.paths)

    def unit_q(self, lookup: str) -> Q:
        """The same as a database condition; `lookup` names the unit's path column, e.g. "unit__path"."""
        if self.everything:
            return Q()
        condition = Q(pk__in=[])
        for path in self.paths:
            condition |= Q(**{f"{lookup}__startswith": path})
        return condition


_registry: dict[str, Permission] = {}


def declare(
    name: str,
    roles: Mapping[str, Reach],
    *,
    detail: Detail = Detail.NOTHING,
    writes: bool = False,
    everyone: bool = False,
    named: bool = False,
) -> Permission:
    """Register one row. Raises ValueError when the name was declared before with other content."""
    permission = Permission(name, dict(roles), detail, writes, everyone, named)
    if _registry.setdefault(name, permission) != permission:
        raise ValueError(f"permission {name} is declared twice")
    return permission


def permission(name: str) -> Permission:
    """The row of that name. Raises KeyError: an undeclared name is a programming error."""
    return _registry[name]


def all_permissions() -> dict[str, Permission]:
    """The whole map, for the documentation and the tests that enumerate it."""
    return dict(_registry)
