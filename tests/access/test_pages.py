"""Every page × every part × every object: 403 without the right, 404 for what is foreign or missing, never a fault.

The whole of it on SQLite; on PostgreSQL what can differ there, see `asking`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from django.urls import reverse

from lianfang.foundation.permissions import Permission
from tests.access.asking import MOST_PROBLEMS, asking, judge
from tests.access.cases import Case
from tests.access.page_cases import PAGE_CASES
from tests.access.routes import pages
from tests.access.world import World, undone

DECLARED = {page.name: page.declared for page in pages()}


def ask(world: World, case: Case, part: str, key: str) -> Any:
    asked = case.fill(world, key)
    client = world.client(part)
    client.cookies.pop("messages", None)  # what an earlier answer said would be shown on this one
    address = reverse(case.route, kwargs=dict(asked.address))
    if case.method == "GET":
        return client.get(address, asked.query)
    with undone():
        return client.post(address, asked.body or {})


@pytest.mark.django_db
@pytest.mark.parametrize("case", PAGE_CASES, ids=lambda c: f"{c.method} {c.route}")
def test_answers_as_declared(world: World, case: Case, database_kind: str) -> None:
    declared = DECLARED[case.route]
    permission = declared if isinstance(declared, Permission) else None
    problems = (
        problem
        for part in asking(case, permission, database_kind)
        for problem in judge(case, permission, part, lambda part, key: ask(world, case, part, key))
    )
    wrong = list(islice(problems, MOST_PROBLEMS))
    assert not wrong, "\n".join(wrong)
