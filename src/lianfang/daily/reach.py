"""How far a permission of this room reaches: as the foundation says, but a dormitory keeper's post opens dormitories only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import Q

from lianfang.daily.perms import CARE_ROLES, KEEPER, OWN_ROLL_ROLES
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import Permission, Scope

DORMITORY = "dormitory"


@dataclass(frozen=True, slots=True)
class UnitReach:
    """Units that a permission reaches: all below `scope`, and dormitories below `dormitories`."""

    scope: Scope
    dormitories: Scope

    def covers(self, path: str | None, level: str) -> bool:
        return self.scope.covers_path(path) or (level == DORMITORY and self.dormitories.covers_path(path))

    def unit_q(self, prefix: str = "") -> Q:
        """As a database condition on a unit; `prefix` is e.g. "unit__"."""
        return self.scope.unit_q(f"{prefix}path") | self.dormitories.unit_q(f"{prefix}path") & Q(
            **{f"{prefix}level": DORMITORY}
        )


def reach_of(actor: Actor, permission: Permission) -> UnitReach:
    """How far the permission reaches for the actor; empty when not at all."""
    if KEEPER not in actor.roles:
        return UnitReach(actor.scope(permission), Scope())
    kept = tuple(h for h in actor.held if h.role == KEEPER)
    others = tuple(h for h in actor.held if h.role != KEEPER)
    return UnitReach(replace(actor, held=others).scope(permission), replace(actor, held=kept).scope(permission))


def unit_within(actor: Actor, permission: Permission, unit_id: int) -> Unit:
    """The unit if the permission reaches it. Raises Forbidden without any such right, NotFound for any other id."""
    if not actor.can(permission):
        raise Forbidden(permission.name)
    try:
        unit = Unit.objects.filter(reach_of(actor, permission).unit_q(), pk=unit_id, realm_id=actor.realm).first()
    except OverflowError:
        unit = None
    if unit is None:
        raise NotFound("unit")
    return unit


def in_own_care(actor: Actor, unit: Unit) -> bool:
    """Whether health detail of the unit's members belongs to the actor's own class or care (see `perms`)."""
    if actor.system:
        return True
    own: Collection[str] = OWN_ROLL_ROLES.get(unit.level, ())
    return any(
        (h.role in own and h.unit_id == unit.pk)
        or ((h.role in CARE_ROLES or (h.role in own and h.role == KEEPER)) and (unit.path or "").startswith(h.path))
        for h in actor.held
    )
