"""Posts that the actor may hand over, and who may stand in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from lianfang.duties import perms, rules
from lianfang.duties.actions.delegations import holds_now
from lianfang.duties.queries.own import any_of
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Account, Grant, Unit
from lianfang.foundation.realm import current_realm
from lianfang.rulepacks import packs

MOST = 500


@dataclass(frozen=True, slots=True)
class HeldPost:
    """Somebody's post at a unit."""

    unit_id: int
    unit_name: str
    role: str
    account_id: int
    account_name: str
    own: bool


def posts_to_hand_over(actor: Actor, now: datetime) -> list[HeldPost]:
    """The actor's own posts first, then those below them that `rules.may_hand_over` allows. One query."""
    scope = actor.scope(perms.DELEGATE)
    above = [(h.path, h.role) for h in actor.held if h.role in perms.DELEGATE.roles]
    staff = {r.id for r in packs().roles.values() if r.family not in ("pupil", "guardian")}
    grants = Grant.objects.filter(holds_now(now), role__in=staff).exclude(source__startswith="delegation:")
    reach = scope.unit_q("unit__path")
    if actor.account_id is not None:
        reach |= Q(account_id=actor.account_id)
    rows = grants.filter(reach).select_related("unit", "account").order_by("unit__path", "role", "pk")
    posts = []
    for row in rows[:MOST]:
        own = row.account_id == actor.account_id
        roles = {role for path, role in above if (row.unit.path or "").startswith(path)}
        if own or rules.may_hand_over(roles, row.role):
            name = row.account.display_name or row.account.username
            posts.append(HeldPost(row.unit_id, row.unit.name, row.role, row.account_id, name, own))
    return sorted(posts, key=lambda p: not p.own)


def people_to_stand_in(actor: Actor, now: datetime) -> list[Account]:
    """Staff of the institutions in which the actor may hand something over, by name. Two queries."""
    units = Unit.objects.filter(pk__in=actor.units_of(), realm_id=current_realm())
    ids = {i for unit in units for i in unit.ancestor_ids}
    tops = [u.path or "" for u in Unit.objects.filter(pk__in=ids, level__in=("institution",))]
    tops += [u.path or "" for u in units if u.level == "authority"]
    staff = [r.id for r in packs().roles.values() if r.family not in ("pupil", "guardian")]
    inside = any_of(Q(unit__path__startswith=path) for path in tops)
    grants = Grant.objects.filter(holds_now(now), inside, role__in=staff)
    rows = Account.objects.filter(pk__in=grants.values("account_id"), is_active=True)
    return list(rows.order_by("display_name", "pk")[:MOST])
