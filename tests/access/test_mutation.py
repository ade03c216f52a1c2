"""The mutation run finds the checks, opens them, and the matrix notices: asked of a fixed few in every run of the suite."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dev.mutation.__main__ import allowed
from dev.mutation.checks import Check, checks, files, opened_code, watched_code
from dev.mutation.swapping import loaded, open_check, swap
from lianfang.foundation.permissions import Permission
from tests.access import test_operations, test_pages
from tests.access.asking import judge
from tests.access.cases import Case
from tests.access.operation_cases import OPERATION_CASES
from tests.access.page_cases import PAGE_CASES
from tests.access.world import World

pytestmark = pytest.mark.one_database("opens checks in Python code, the same for both")
# A check, and the route whose cells notice that it is open.
SAMPLE = {
    "foundation/access.py::unit_for::condition": "GET /api/people/units/{unit_id}/members",
    "foundation/middleware.py::ActorMiddleware.process_view::refusal": "web:search",
    "config/api.py::_guard.<locals>.run_checks::can": "POST /api/web/search",
    "people/reaching.py::persons_reached::condition": "GET /api/people/persons/{person_id}",
    "foundation/api.py::end_token::own": "DELETE /api/foundation/tokens/{token_id}",
}


@pytest.fixture(scope="module")
def every() -> list[Check]:
    return checks()


def problems(world: World, route: str) -> list[str]:
    ask: Any
    if " " in route:
        case: Case = next(c for c in OPERATION_CASES if c.route == route)
        declared, ask = test_operations.DECLARED[route].declared, test_operations.ask
    else:
        case = next(c for c in PAGE_CASES if c.route == route)
        declared, ask = test_pages.DECLARED[route], test_pages.ask
    permission = declared if isinstance(declared, Permission) else None
    for part in ("teacher", "cdc", "foreign_admin", "mother"):
        for problem in judge(case, permission, part, lambda who, key: ask(world, case, who, key)):
            return [problem]
    return []


def test_every_check_has_a_name_and_can_be_opened(every: list[Check]) -> None:
    assert len(every) > 500
    assert len({check.key for check in every}) == len(every)
    kinds = Counter(check.kind for check in every)
    assert {"permit", "unit", "scope", "can", "covers", "condition", "in scope", "refusal", "own", "realm"} <= set(
        kinds
    )
    assert {"look", "suppression", "branch", "family", "units", "persons"} <= set(kinds)
    for check in every[::25]:
        assert opened_code(check).co_filename.endswith(check.file)
    with pytest.raises(KeyError):
        opened_code(Check("gone", every[0].file, "gone", "permit", 1, 0))


def test_what_is_explained_still_stands(every: list[Check]) -> None:
    names = {check.key for check in every}
    assert set(allowed()) <= names
    assert all(len(why) > 20 for why in allowed().values())


@pytest.mark.django_db
@pytest.mark.parametrize("mark", SAMPLE)
def test_an_open_check_is_noticed(world: World, every: list[Check], mark: str) -> None:
    check = next(check for check in every if mark in check.key)
    route = SAMPLE[mark]
    assert not problems(world, route)
    with open_check(check, loaded()):
        assert problems(world, route), check.key
    assert not problems(world, route)


@pytest.mark.django_db
def test_a_watched_check_says_that_it_was_reached(world: World, every: list[Check]) -> None:
    from dev.mutation import opened

    numbers = {check.key: number for number, check in enumerate(every)}
    path = next(path for path in files() if path.name == "access.py" and path.parent.name == "foundation")
    changed = swap(watched_code(path, numbers), loaded())
    opened.reached.clear()
    try:
        assert world.client("teacher").get(f"/people/units/{world.unit('class1')}/").status_code == 200
    finally:
        for function, code in changed:
            function.__code__ = code
    reached = {every[number].function for number in opened.reached}
    assert "unit_for" in reached
