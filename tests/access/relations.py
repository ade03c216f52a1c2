"""Who stands to what in which relation, written by hand from the story and not from the code under test.

A part holds one role at one unit (`world.ALL_POSTS`) or is a guardian. A declared reach then says: CLASS, DIVISION and
INSTITUTION reach the unit of the post and everything below it; JURISDICTION what stands under the authority; FAMILY the
own children; SELF, and `everyone`, oneself.
"""

from __future__ import annotations

from collections.abc import Iterable

from lianfang.foundation.permissions import Permission, Reach
from tests.access.world import ALL_POSTS, CHILDREN

# Each unit with itself and what is above it.
ABOVE = {
    "bureau": ("bureau",),
    "cdc": ("cdc",),
    "school": ("school", "bureau"),
    "grade": ("grade", "school", "bureau"),
    "class1": ("class1", "grade", "school", "bureau"),
    "class2": ("class2", "grade", "school", "bureau"),
    "dormitory": ("dormitory", "school", "bureau"),
    "office": ("office", "school", "bureau"),
    "minibus": ("minibus", "school", "bureau"),
    "training": ("training", "bureau"),
    "lesson": ("lesson", "training", "bureau"),
    "foreign_bureau": ("foreign_bureau",),
    "foreign_school": ("foreign_school", "foreign_bureau"),
    "foreign_class": ("foreign_class", "foreign_school", "foreign_bureau"),
    "empty_school": ("empty_school", "foreign_bureau"),
    "missing": (),
}
UNITS = tuple(ABOVE)
INSTITUTIONS_UNDER = {
    "bureau": ("school", "training"),
    "cdc": ("school", "training"),
    "foreign_bureau": ("foreign_school",),
}
# Units through which a person is known: membership, post, or (guardians) a child's membership.
PERSONS = {
    "child": ("class1", "lesson"),
    "mate": ("class1",),
    "neighbour": ("class2",),
    "boarder": ("class2", "dormitory"),
    "foreign_child": ("foreign_class",),
    "teacher": ("class1", "office"),
    "clerk": ("office",),
    "mother": ("class1", "lesson", "class2"),
    "officer": ("bureau",),
    "foreign_teacher": ("foreign_class",),
    "missing": (),
}
# Pupils by (class, seat).
SEATS = {
    "child": ("class1", 0),
    "mate": ("class1", 2),
    "neighbour": ("class2", 1),
    "boarder": ("class2", 0),
    "foreign_child": ("foreign_class", 0),
}


def role_of(part: str) -> str:
    """The role that a part holds."""
    return ALL_POSTS[part][1] if part in ALL_POSTS else "guardian"


def family_of(part: str) -> frozenset[str]:
    """The part's children among PERSONS."""
    return frozenset(key for key, seat in SEATS.items() if seat in CHILDREN.get(part, ()))


def has_right(part: str, permission: Permission) -> bool:
    """Whether the part's role has the permission at all: without it the answer is 403 whatever is asked for."""
    return permission.everyone or role_of(part) in permission.roles


def reaches_unit(part: str, permission: Permission, unit: str) -> bool:
    """Whether the permission reaches the unit for the part."""
    reach = permission.roles.get(role_of(part))
    if reach is None or part not in ALL_POSTS:
        return False
    home = ALL_POSTS[part][2]
    if reach in (Reach.CLASS, Reach.DIVISION, Reach.INSTITUTION):
        return home in ABOVE[unit]
    if reach is Reach.JURISDICTION:
        return any(institution in ABOVE[unit] for institution in INSTITUTIONS_UNDER.get(home, ()))
    return False


def reaches_person(part: str, permission: Permission, person: str) -> bool:
    """Whether the permission reaches the person for the part: by a unit, as family, or as oneself."""
    if any(reaches_unit(part, permission, unit) for unit in PERSONS[person]):
        return True
    if permission.everyone and part == person:
        return True
    return permission.roles.get(role_of(part)) is Reach.FAMILY and person in family_of(part)


def some(parts: Iterable[str]) -> frozenset[str]:
    """A set of parts, for the tables of exceptions."""
    return frozenset(parts)
