"""The matrix as figures: routes, roles, relations, and how many cells are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lianfang.foundation.permissions import Permission
from tests.access.asking import thinned
from tests.access.cases import Case
from tests.access.operation_cases import OPERATION_CASES
from tests.access.page_cases import PAGE_CASES
from tests.access.relations import ABOVE, PERSONS, family_of, has_right, role_of
from tests.access.routes import operations, pages
from tests.access.world import ALL_POSTS, ASKING


@dataclass(frozen=True)
class Cell:
    """One question: who asks which route for what, in which relation the two stand, and what the answer has to be."""

    route: str
    part: str
    key: str
    relation: str
    wanted: str


def relation(part: str, key: str) -> str:
    """How the part stands to a unit or a person of the story; "-" for what belongs to neither."""
    home = ALL_POSTS[part][2] if part in ALL_POSTS else ""
    if key == "missing":
        return "missing"
    if key in PERSONS and key not in ABOVE:
        if key == part:
            return "self"
        if key in family_of(part):
            return "own child"
        if part not in ALL_POSTS:
            return "another's child"
        return "person within" if any(home in ABOVE[unit] for unit in PERSONS[key]) else "person elsewhere"
    unit = key.split(":")[-1] if key not in ABOVE else key
    if unit not in ABOVE or not home:
        return "-"
    if unit == home:
        return "own"
    if home in ABOVE[unit]:
        return "below"
    if unit in ABOVE.get(home, ()):
        return "above"
    beside = {home, unit} <= {"bureau", "cdc", "health", "market"}
    if beside:
        return "authority beside"
    return "sibling" if ABOVE[unit][1:2] == ABOVE.get(home, ())[1:2] != () else "foreign"


def cells() -> Iterator[Cell]:
    """Every cell that test_pages and test_operations ask."""
    declared = {page.name: page.declared for page in pages()} | {o.name: o.declared for o in operations()}
    for case in (*PAGE_CASES, *OPERATION_CASES):
        wanted = declared[case.route]
        permission = wanted if isinstance(wanted, Permission) else None
        for part in ASKING:
            yield from _of_part(case, permission, part)


def _of_part(case: Case, permission: Permission | None, part: str) -> Iterator[Cell]:
    route = f"{case.method} {case.route}"
    if permission is not None and not has_right(part, permission):
        yield Cell(route, part, case.keys[0], "no right", "403")
        return
    for key, verdict in thinned(case, permission, part):
        yield Cell(route, part, key, relation(part, key), verdict)


def figures() -> list[str]:
    """What docs/trust.md says about the matrix."""
    every = list(cells())
    by_relation = Counter(cell.relation for cell in every)
    whole = sum(len(case.keys) * len(ASKING) for case in (*PAGE_CASES, *OPERATION_CASES))
    protected = [p for p in pages() if p.declared != "public"], [o for o in operations() if o.declared != "public"]
    return [
        f"protected routes {len(protected[0])} pages and {len(protected[1])} operations, asked in "
        f"{len(PAGE_CASES) + len(OPERATION_CASES)} ways",
        f"people who ask {len(ASKING)}, of {len({role_of(part) for part in ASKING})} roles",
        f"cells asked {len(every)} (every key for everybody would be {whole}; foreign keys take turns)",
        "by relation: " + ", ".join(f"{name} {n}" for name, n in by_relation.most_common()),
        "wanted: " + ", ".join(f"{name} {n}" for name, n in Counter(cell.wanted for cell in every).most_common()),
    ]
