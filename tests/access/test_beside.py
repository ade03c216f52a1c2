"""References in a body: another institution's row answers word for word like one that does not exist."""

from __future__ import annotations

import re

import pytest

from tests.access.beside_cases import BESIDE, Beside
from tests.access.cases import Case, anybody
from tests.access.test_operations import ask
from tests.access.world import World

VARYING = re.compile(rb'"[\w:.+-]*T[\d:.+-]+Z?"|\d+')


@pytest.mark.django_db
@pytest.mark.parametrize("case", BESIDE, ids=lambda c: f"{c.route} {c.field}")
def test_a_foreign_row_answers_like_none(world: World, case: Beside) -> None:
    def answer(pk: int) -> tuple[int, bytes]:
        method = case.route.split(" ", 1)[0]
        one = Case(case.route, method, frozenset(), ("-",), lambda w, key: case.fill(w, pk), anybody)
        got = ask(world, one, case.part, "-")
        return got.status_code, VARYING.sub(b"", got.content)

    missing = answer(world.ids["missing"])
    assert missing[0] not in (401, 403) and missing[0] < 500, missing
    assert answer(case.foreign(world)) == missing
    if case.own is not None:
        assert missing[0] >= 400
        assert answer(case.own(world))[0] in (200, 201)
