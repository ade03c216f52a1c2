"""Every operation of the API × every part × every object, with a token: 401, 403, 404 as declared, never a fault.

The whole of it on SQLite; on PostgreSQL what can differ there, see `asking`."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from lianfang.foundation.permissions import Permission
from tests.access.asking import MOST_PROBLEMS, asking, judge
from tests.access.beside_cases import BESIDE
from tests.access.cases import Case
from tests.access.operation_cases import OPERATION_CASES
from tests.access.routes import operations
from tests.access.world import Asking, World, undone

DECLARED = {operation.name: operation for operation in operations()}


def ask(world: World, case: Case, part: str, key: str) -> Any:
    asked = case.fill(world, key)
    operation = DECLARED[case.route]
    client = Asking()
    address = operation.path.format(**asked.address)
    header = world.bearer(part)
    if case.method == "GET":
        return client.get(address, asked.query, **header)
    with undone():
        if "file" in (asked.body or {}):
            return client.post(address, asked.body, **header)
        body = json.dumps(asked.body) if asked.body is not None else ""
        return client.generic(case.method, address, body, "application/json", **header)


def test_every_parameter_is_filled() -> None:
    """A new operation has to say in the registry whose objects it may be asked for."""
    filled: dict[str, set[str]] = {}
    for case in OPERATION_CASES:
        filled.setdefault(case.route, set()).update(case.names)
    protected = {name: o for name, o in DECLARED.items() if o.declared != "public"}
    assert set(filled) == set(protected)
    for name, operation in protected.items():
        beside = {case.field for case in BESIDE if case.route == name}
        assert operation.objects - beside <= filled[name], name


@pytest.mark.django_db
@pytest.mark.parametrize("case", OPERATION_CASES, ids=lambda c: c.route)
def test_answers_as_declared(world: World, case: Case, database_kind: str) -> None:
    declared = DECLARED[case.route].declared
    permission = declared if isinstance(declared, Permission) else None
    problems = (
        problem
        for part in asking(case, permission, database_kind)
        for problem in judge(case, permission, part, lambda part, key: ask(world, case, part, key))
    )
    wrong = list(islice(problems, MOST_PROBLEMS))
    assert not wrong, "\n".join(wrong)
