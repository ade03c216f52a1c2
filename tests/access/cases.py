"""What is asked of a route and who may: the shape of the registry in `page_cases` and `operation_cases`.

A case fills the parameters of one route with one object after another (its `keys`), and says for each part and object
what the answer has to be. That rule is written in the tests from the declared permission and the relations of the
story; a route whose parameters no case fills fails `test_routes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lianfang.foundation.permissions import Permission, Reach
from lianfang.reporting.perms import REPORT_VIEW
from tests.access.relations import ABOVE, SEATS, UNITS, reaches_person, reaches_unit, role_of
from tests.access.world import ALL_POSTS, World

# yes: anything but a refusal; no: like something that does not exist; refused: visible, but not for this part to do.
Verdict = Literal["yes", "no", "refused"]
Rule = Callable[[str, Permission, str], Verdict | bool]


@dataclass(frozen=True)
class Ask:
    """One request: parameters of the address, of the query, and the body."""

    address: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Case:
    """One route asked for each of `keys`. `names` are the parameters naming objects that `fill` fills."""

    route: str
    method: str
    names: frozenset[str]
    keys: tuple[str, ...]
    fill: Callable[[World, str], Ask]
    may: Rule
    files: Callable[[], dict[str, Any]] | None = None

    def verdict(self, part: str, permission: Permission, key: str) -> Verdict:
        found = self.may(part, permission, key)
        return found if isinstance(found, str) else "yes" if found else "no"


def unit_id(w: World, key: str) -> int:
    return w.ids["missing"] if key == "missing" else w.unit(key)


def person_id(w: World, key: str) -> int:
    """The person called `key` in `relations.PERSONS`."""
    if key == "missing":
        return w.ids["missing"]
    if key in SEATS:
        where, seat = SEATS[key]
        return w.d.pupils[where][seat].pk
    return w.d.persons[key].pk


def at_unit(part: str, permission: Permission, key: str) -> bool:
    return reaches_unit(part, permission, key)


def at_person(part: str, permission: Permission, key: str) -> bool:
    return reaches_person(part, permission, key)


def anybody(part: str, permission: Permission, key: str) -> bool:
    """A route without an object, or one that answers about the asker alone."""
    return True


def standing_at(units: Mapping[str, str]) -> Rule:
    """Objects that belong to one unit each: `units` says to which ("missing": to none)."""

    def may(part: str, permission: Permission, key: str) -> bool:
        return reaches_unit(part, permission, units.get(key, "missing"))

    return may


def own_only(prefix: str) -> Rule:
    """Objects called "<prefix>:<part>" that belong to that part alone."""
    return lambda part, permission, key: key == f"{prefix}:{part}"


def sees_report_of(part: str, permission: Permission, unit: str) -> bool:
    """Boards and reports: the post's reach, and for an authority its own board; the CDC also the bureau's."""
    if unit in ("bureau", "foreign_bureau"):
        home = ALL_POSTS[part][2] if part in ALL_POSTS else ""
        return home == unit or (home == "cdc" and unit == "bureau")
    return reaches_unit(part, REPORT_VIEW, unit)


def sees_signed(part: str, permission: Permission, key: str) -> bool:
    """One signed report: an authority opens those of institutions and its own, none from inside an institution."""
    unit = SIGNED.get(key, "missing")
    if REPORT_VIEW.roles.get(role_of(part)) is Reach.JURISDICTION and unit == "grade":
        return False
    return sees_report_of(part, permission, unit)


SIGNED = {f"signed:{unit}": unit for unit in ("grade", "school", "foreign_school", "bureau", "foreign_bureau")}
SIGNERS = {
    "grade": "grade_head",
    "school": "epidemic_reporter",
    "training": "epidemic_reporter",
    "foreign_school": "epidemic_reporter",
    "bureau": "county_officer",
    "foreign_bureau": "county_officer",
}


def signs(part: str, permission: Permission, unit: str) -> Verdict:
    """The level's signer with a post at the unit or above it; who merely sees the board is refused."""
    home = ALL_POSTS[part][2] if part in ALL_POSTS else ""
    if role_of(part) == SIGNERS.get(unit) and home in ABOVE[unit]:
        return "yes"
    return "refused" if sees_report_of(part, permission, unit) else "no"


def amends(part: str, permission: Permission, key: str) -> Verdict:
    if not sees_signed(part, permission, key):
        return "no"
    return signs(part, permission, SIGNED[key])


REPORTING_UNITS = tuple(u for u in UNITS if u not in ("cdc", "office", "dormitory", "minibus", "empty_school"))
ROLLS = ("class1", "class2", "lesson", "dormitory", "foreign_class", "missing")
PERSONS_ASKED = (
    *("child", "mate", "neighbour", "boarder", "foreign_child"),
    *("teacher", "clerk", "mother", "foreign_teacher", "missing"),
)
