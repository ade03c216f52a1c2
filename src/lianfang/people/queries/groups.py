"""Who answers for what at a unit: posts, groups and their members, on a day and as known at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.people import perms
from lianfang.people.actions.following import home_of
from lianfang.people.actions.groups import works_at
from lianfang.people.models import Group, GroupMember, Membership, Person, Post

# Posts that the sheet names, in this order: the first person responsible, the named reporter, and who acts daily.
POSTS = ("principal", "epidemic_reporter", "leader_on_duty", "school_nurse", "system_admin", "gate_guard")
PARTS = {"head": 0, "deputy": 1, "member": 2}
MOST_STAFF = 1000


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post of the unit with the names of who holds it; empty when it is vacant."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """`in_post` is False for somebody who no longer works at the institution and has to be replaced."""

    row: GroupMember
    in_post: bool


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """A group with its members: head, deputies, members."""

    group: Group
    members: tuple[MemberLine, ...]


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The whole sheet of a unit."""

    unit: Unit
    posts: tuple[PostLine, ...]
    groups: tuple[GroupSheet, ...]


def responsibility(actor: Actor, unit_id: int, on: date, known_at: datetime | None = None) -> Responsibility:
    """The sheet of a unit on a local day; with `known_at`, as the system knew it then. Raises Forbidden, NotFound.

    The number of queries does not grow with groups or members.
    """
    unit = unit_for(actor, perms.GROUP_VIEW, unit_id)
    held: dict[str, list[str]] = {}
    posts = Post.objects.in_force(on, known_at).filter(unit=unit, role__in=POSTS)
    for role, name in posts.order_by("begins", "pk").values_list("role", "person__name"):
        held.setdefault(role, []).append(name)
    groups = list(Group.objects.in_force(on, known_at).filter(unit=unit).order_by("begins", "pk"))
    members = GroupMember.objects.in_force(on, known_at).filter(group__in=groups)
    listed = list(members.select_related("person").order_by("begins", "pk"))
    there = works_at({m.person_id for m in listed}, unit, on) if listed else set()
    of_group: dict[int, list[MemberLine]] = {}
    for row in sorted(listed, key=lambda m: PARTS[m.part]):
        of_group.setdefault(row.group_id, []).append(MemberLine(row, row.person_id in there))
    ordered = sorted(groups, key=lambda g: g.kind != "leading")
    return Responsibility(
        unit,
        tuple(PostLine(role, tuple(held.get(role, ()))) for role in POSTS),
        tuple(GroupSheet(g, tuple(of_group.get(g.pk, ()))) for g in ordered),
    )


def group_for(actor: Actor, group_id: int) -> Group:
    """A group that the actor may change. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.GROUP_MANAGE)
    row: Group = one(Group.objects.in_scope(scope).filter(void_at=None).select_related("unit"), pk=group_id)
    return row


def staff_of(unit: Unit, on: date) -> list[Person]:
    """Who may be named in a group of the unit on a day, by name; 1000 at most. Two queries."""
    path = home_of(unit).path
    staff = Membership.objects.in_force(on).filter(unit__path__startswith=path, kind=Membership.Kind.STAFF)
    posts = Post.objects.in_force(on).filter(unit__path__startswith=path)
    ids = {*staff.values_list("person_id", flat=True), *posts.values_list("person_id", flat=True)}
    return list(Person.objects.filter(pk__in=ids, erased_at=None).only("name").order_by("name_key", "pk")[:MOST_STAFF])
