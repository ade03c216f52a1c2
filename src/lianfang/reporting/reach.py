"""How far an actor sees into reports: which unit, and whether its small counts may be shown.

An authority sees institutions that stand under it. A recipient of a level's reports in another capacity (the CDC beside
the education bureau) sees that authority's board for the institutions that stand under it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import UNIT_REACHES, Permission, Reach
from lianfang.foundation.realm import current_realm
from lianfang.foundation.units import institution_of
from lianfang.reporting import perms
from lianfang.reporting.kinds import kind_for
from lianfang.reporting.picture import institutions_under
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.reporting import ReportKind


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one kind an actor sees at a unit. `plain`: own institution or below, no suppression. `only`: of an
    authority's board, the institutions that the actor may see; None for all."""

    unit: Unit
    kind: ReportKind
    level_id: str
    plain: bool
    only: tuple[Unit, ...] | None = None


def inside(actor: Actor, permission: Permission, unit: Unit) -> bool:
    """Whether the actor holds a post at the unit or above it that reaches by the tree, not by an authority relation."""
    if actor.system:
        return True
    return any(
        permission.roles.get(held.role) in UNIT_REACHES and str(unit.path).startswith(held.path) for held in actor.held
    )


def sight(actor: Actor, kind_id: str, unit_id: int | str, day: date) -> Sight:
    """What the actor sees. An authority that asks for a unit inside an institution is answered with the institution,
    because small counts can only be hidden consistently in one table.

    Raises Forbidden without any right, NotFound for a foreign or missing unit or a kind that it does not file.
    """
    scope = permit(actor, perms.REPORT_VIEW)
    unit = one(Unit.objects.filter(realm_id=current_realm()), pk=unit_id)
    if unit.level == "authority":
        return _authority(actor, kind_id, unit, day)
    if not scope.covers_path(unit.path):
        raise NotFound("unit")
    plain = inside(actor, perms.REPORT_VIEW, unit)
    if not plain:
        unit = institution_of(unit) or unit
    kind, level_id = kind_for(unit, kind_id, day)
    return Sight(unit, kind, level_id, plain)


def _authority(actor: Actor, kind_id: str, unit: Unit, day: date) -> Sight:
    kind, level_id = kind_for(unit, kind_id, day)
    if actor.system or _holds_authority_at(actor, unit):
        return Sight(unit, kind, level_id, plain=True)
    if not capacities(actor) & set(kind.levels[level_id].recipients):
        raise NotFound("unit")
    scope = actor.scope(perms.REPORT_VIEW)
    seen = tuple(u for u in institutions_under(unit, kind, level_id, day) if scope.covers_path(u.path))
    if not seen:
        raise NotFound("unit")
    return Sight(unit, kind, level_id, plain=False, only=seen)


def _holds_authority_at(actor: Actor, unit: Unit) -> bool:
    reaches = perms.REPORT_VIEW.roles
    return any(held.unit_id == unit.pk and reaches.get(held.role) is Reach.JURISDICTION for held in actor.held)


def capacities(actor: Actor) -> set[str]:
    """The capacities of the authorities where the actor holds a post."""
    roles = packs().roles
    return {str(roles[held.role].capacity) for held in actor.held if held.role in roles and roles[held.role].capacity}
