"""What pages, API and other rooms read about people; every function takes the actor and stays within their reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import Permission, Scope
from lianfang.foundation.realm import current_realm
from lianfang.kernel.codes.identity import IdType, normalise_id
from lianfang.kernel.codes.masking import mask_id, mask_phone
from lianfang.kernel.codes.phone import is_mobile, parse_mobile
from lianfang.kernel.trees import ids_of_path
from lianfang.people import perms
from lianfang.people.actions import may_reset_sign_in
from lianfang.people.identity import id_index, phone_index
from lianfang.people.models import Guardianship, Membership, Person, Place, Post
from lianfang.people.queries.doors import (
    place_at_door,
    seat_neighbours,
    seats_on,
    signs,
    taps_of,
    vehicle_for,
    vehicles,
)
from lianfang.people.queries.joining import (
    claim_for,
    claims_to_answer,
    invitation_for,
    invitations,
    open_invitations_by_class,
    own_claims,
    waiting_claims,
    where,
)
from lianfang.people.reaching import persons_reached
from lianfang.people.reading import in_tree_order
from lianfang.people.rules import name_key

__all__ = [
    "claim_for",
    "claims_to_answer",
    "institutions",
    "invitation_for",
    "invitations",
    "members",
    "open_invitations_by_class",
    "own_claims",
    "person_for",
    "person_sheet",
    "persons",
    "place_at_door",
    "places",
    "seat_neighbours",
    "seats_on",
    "signs",
    "taps_of",
    "unit_tree",
    "vehicle_for",
    "vehicles",
    "waiting_claims",
    "where",
]


@dataclass(slots=True)
class UnitNode:
    """A unit with how many belong to it and to all below it. `indent` counts from the topmost unit shown."""

    unit: Unit
    students: int = 0
    staff: int = 0
    residents: int = 0
    riders: int = 0
    heads: list[str] = field(default_factory=list)
    indent: int = 0


def unit_tree(actor: Actor, on: date) -> list[UnitNode]:
    """Units within reach on a day in tree order, with counts of their subtrees and who heads them. Four queries."""
    scope = permit(actor, perms.ROSTER_VIEW)
    rows = Unit.objects.in_scope(scope).filter(realm_id=current_realm()).filter(Q(ends=None) | Q(ends__gt=on))
    units = in_tree_order(rows)
    nodes = {unit.pk: UnitNode(unit) for unit in units}
    counts = (
        Membership.objects.in_force(on)
        .in_scope(scope)
        .values_list("unit_id", "unit__path", "kind")
        .annotate(Count("person_id", distinct=True))
    )
    for _unit_id, path, kind, number in counts.order_by():
        for ancestor in ids_of_path(path):
            node = nodes.get(ancestor)
            if node is not None:
                attribute = {"student": "students", "staff": "staff", "resident": "residents", "rider": "riders"}[kind]
                setattr(node, attribute, getattr(node, attribute) + number)
    heads = Post.objects.in_force(on).filter(unit_id__in=list(nodes), role__in=("homeroom_teacher", "grade_head"))
    for unit_id, name in heads.order_by("pk").values_list("unit_id", "person__name"):
        nodes[unit_id].heads.append(name)
    for node in nodes.values():
        node.indent = sum(1 for ancestor in node.unit.ancestor_ids[:-1] if ancestor in nodes)
    return [nodes[unit.pk] for unit in units]


def members(
    actor: Actor, unit_id: int, on: date, *, kind: str = "", search: str = ""
) -> tuple[Unit, QuerySet[Membership]]:
    """Members of a unit and everything below it on a day, in list order, with person and unit loaded (names only).

    `search` is a part of the name or number, or a whole ID number or mobile number (by blind index).
    Raises Forbidden, NotFound.
    """
    unit = unit_for(actor, perms.ROSTER_VIEW, unit_id)
    rows = Membership.objects.in_force(on).filter(unit__path__startswith=unit.path)
    if kind:
        rows = rows.filter(kind=kind)
    search = search.replace("\0", "")
    if search.strip():
        rows = rows.filter(_search(search, "person__") | Q(number__istartswith=search.strip()[:40]))
    listed: QuerySet[Membership] = (
        rows.select_related("person", "unit")
        .defer("person__id_number", "person__phone")
        .order_by("unit__path", "order", "number", "person__name_key", "pk")
    )
    return unit, listed


def _search(text: str, prefix: str) -> Q:
    """Name by part; ID number and mobile number as a whole."""
    plain = normalise_id(text)
    key = name_key(text)
    found = Q(**{f"{prefix}name_key__contains": key}) if key else Q(pk__in=[])
    if is_mobile(text):
        found |= Q(**{f"{prefix}phone_index": phone_index(parse_mobile(text))})
    if len(plain) >= 8:
        indexes = [id_index(kind.value, plain) for kind in IdType if kind is not IdType.NONE]
        found |= Q(**{f"{prefix}id_index__in": indexes})
    return found


def persons(actor: Actor, on: date, *, search: str = "") -> QuerySet[Person]:
    """Everybody within reach for viewing: members, holders of posts, guardians of members; oneself and one's children.

    Raises Forbidden.
    """
    found = persons_reached(permit(actor, perms.PERSON_VIEW), on)
    search = search.replace("\0", "")
    if search.strip():
        found = found.filter(_search(search, ""))
    return found.order_by("name_key", "pk")


def person_for(actor: Actor, permission: Permission, person_id: int | str, on: date) -> Person:
    """One person whom a permission reaches. Raises Forbidden, NotFound (foreign and missing alike)."""
    found: Person = one(persons_reached(permit(actor, permission), on).select_related("account"), pk=person_id)
    return found


@dataclass(frozen=True, slots=True)
class PersonSheet:
    """A person as shown: numbers masked; memberships and posts within reach, with how many lie elsewhere."""

    person: Person
    id_masked: str
    phone_masked: str
    memberships: list[Membership]
    elsewhere: int
    posts: list[Post]
    guardians: list[Guardianship]
    wards: list[Guardianship]
    may_manage: bool
    may_confirm: bool
    may_open_account: bool
    may_reset: bool


def person_sheet(actor: Actor, person_id: int | str, on: date) -> PersonSheet:
    """Everything of one person's page. Raises Forbidden, NotFound."""
    person = person_for(actor, perms.PERSON_VIEW, person_id, on)
    scope = actor.scope(perms.PERSON_VIEW)
    own = person.pk in scope.person_ids
    every = list(
        Membership.objects.filter(person=person, void_at=None)
        .select_related("unit", "unit__parent")
        .order_by("-begins")
    )
    seen = [row for row in every if own or scope.covers_path(row.unit.path)]
    posts = Post.objects.filter(person=person, void_at=None).select_related("unit").order_by("-begins", "pk")
    guardians = Guardianship.objects.filter(child=person).select_related("guardian").order_by("ends", "begins", "pk")
    if own and person.pk != actor.person_id and not _reaches_by_unit(scope, person, on):
        guardians = guardians.filter(guardian_id=actor.person_id)  # parents who live apart do not see each other here
    wards = Guardianship.objects.filter(guardian=person).select_related("child").order_by("ends", "begins", "pk")
    children = list(wards)
    if not own:
        inside = set(
            persons_reached(scope, on).filter(pk__in=[w.child_id for w in children]).values_list("pk", flat=True)
        )
        children = [w for w in children if w.child_id in inside]
    return PersonSheet(
        person=person,
        id_masked=mask_id(person.id_number or ""),
        phone_masked=mask_phone(person.phone or ""),
        memberships=seen,
        elsewhere=len(every) - len(seen),
        posts=[post for post in posts if own or scope.covers_path(post.unit.path)],
        guardians=list(guardians),
        wards=children,
        may_manage=_reaches(actor, perms.PERSON_MANAGE, person, on),
        may_confirm=_reaches(actor, perms.GUARDIAN_MANAGE, person, on),
        may_open_account=_reaches(actor, perms.ACCOUNT_OPEN, person, on),
        may_reset=person.account is not None
        and person.account.is_active
        and may_reset_sign_in(actor, actor.now, person),
    )


def _reaches_by_unit(scope: Scope, person: Person, on: date) -> bool:
    """Whether a scope reaches a person through a unit, and not only as family."""
    return persons_reached(Scope(scope.paths, frozenset(), scope.everything), on).filter(pk=person.pk).exists()


def _reaches(actor: Actor, permission: Permission, person: Person, on: date) -> bool:
    scope = actor.scope(permission)
    return bool(scope) and persons_reached(scope, on).filter(pk=person.pk).exists()


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with its depth in the tree and how many sleep or work there."""

    place: Place
    indent: int
    occupants: int


def places(actor: Actor, unit_id: int, on: date) -> tuple[Unit, list[PlaceRow]]:
    """The places of an institution in tree order; of a unit within one, the places that it uses. Three queries.

    Raises Forbidden, NotFound.
    """
    unit = unit_for(actor, perms.PLACE_VIEW, unit_id)
    there = Q(unit=unit) | Q(used_by__path__startswith=unit.path)
    rows = list(Place.objects.filter(there).select_related("used_by"))
    living = Q(occupancies__begins__lte=on, occupancies__void_at=None)
    living &= Q(occupancies__ends=None) | Q(occupancies__ends__gt=on)
    occupants = dict(Place.objects.filter(there).filter(living).annotate(n=Count("pk")).values_list("pk", "n"))
    names = {row.pk: row.name for row in rows}

    rows.sort(key=lambda row: [(names.get(i, ""), i) for i in ids_of_path(row.path)])
    return unit, [PlaceRow(row, len(ids_of_path(row.path)) - 1, occupants.get(row.pk, 0)) for row in rows]


def institutions(actor: Actor, permission: Permission) -> list[Unit]:
    """Institutions and authorities within a permission's reach, in tree order: where a page about one begins.

    Where the reach does not go that far up: the topmost units that it has.
    """
    scope = permit(actor, permission)
    rows = Unit.objects.in_scope(scope).filter(realm_id=current_realm(), level__in=("institution", "authority"))
    found = in_tree_order(rows.filter(ends=None))
    return found or list(Unit.objects.filter(path__in=scope.paths).order_by("path"))
