"""The matrix is whole: every role asks, every relation occurs, every protected route is asked by everybody."""

from __future__ import annotations

from lianfang.foundation.permissions import Permission
from lianfang.rulepacks import packs
from tests.access.matrix import cells, figures
from tests.access.relations import role_of
from tests.access.routes import operations, pages
from tests.access.world import ALL_POSTS, ASKING

# A pupil holds no post and no account of a role's own: an account of theirs has what "everyone" has.
WITHOUT_POST = {"student"}
# Takes a list of ids and does nothing for those that are not the asker's own: the answer is the same for all.
SILENT = {"POST /api/comms/notices/read"}
RELATIONS = {
    *("self", "own child", "another's child", "person within", "person elsewhere"),
    *("own", "below", "above", "sibling", "foreign", "authority beside", "missing", "no right"),
}


def test_every_role_asks() -> None:
    assert {role_of(part) for part in ASKING} == set(packs().roles) - WITHOUT_POST
    assert {role for _name, role, _where in ALL_POSTS.values()} <= set(packs().roles)


def test_every_relation_occurs() -> None:
    every = list(cells())
    assert {cell.relation for cell in every} >= RELATIONS
    for wanted in ("yes", "no", "refused", "403"):
        assert sum(cell.wanted == wanted for cell in every) > 50, wanted


def test_every_protected_route_is_asked_by_everybody() -> None:
    asked: dict[str, set[str]] = {}
    for cell in cells():
        asked.setdefault(cell.route.split(" ", 1)[1] if " /" not in cell.route[8:] else cell.route, set()).add(
            cell.part
        )
    # "operator" is a machine or a token, never a person of the cast: tests/operation/test_metrics.py asks there.
    routes = {page.name for page in pages() if page.declared not in ("public", "operator")}
    assert {name for name, parts in asked.items() if parts == set(ASKING)} >= routes - {"web:today"}


def test_what_names_an_object_is_asked_for_a_foreign_and_a_missing_one() -> None:
    """Wherever an address names something, somebody with the right asks for what is not theirs."""
    denied = {cell.route for cell in cells() if cell.wanted == "no"}
    for page in pages():
        if isinstance(page.declared, Permission) and page.objects:
            assert any(route.endswith(f" {page.name}") for route in denied), page.name
    for operation in operations():
        if isinstance(operation.declared, Permission) and operation.objects and operation.name not in SILENT:
            assert any(route.endswith(operation.name) for route in denied), operation.name


def test_the_figures_are_those_of_the_cases() -> None:
    lines = figures()
    assert f"cells asked {len(list(cells()))} " in lines[2]
