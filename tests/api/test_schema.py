"""The API keeps what /api/openapi.json promises, whatever is sent: declared statuses and shapes only, never a fault."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis
from ninja import Schema

from tests.access.world import World, undone
from tests.api.fuzzing import CHECKS, Caller, application, lead_home, one_connection, operations, real, run, schema

PARTS = ("admin", "reporter", "teacher", "officer", "mother")


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two rooms with one name for two shapes would overwrite each other in the published schema."""
    found: dict[str, set[str]] = {}
    waiting = list(Schema.__subclasses__())
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        if shape.__module__.startswith("lianfang."):
            found.setdefault(shape.__name__, set()).add(shape.__module__)
    assert not {name: modules for name, modules in found.items() if len(modules) > 1}


@pytest.fixture(autouse=True)
def connected() -> Iterator[None]:
    with one_connection():
        yield


@pytest.mark.django_db
@schema.parametrize()
@hypothesis.settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.generate],
)
def test_keeps_its_schema(world: World, case: schemathesis.Case) -> None:
    turn = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "replace"))
    part = PARTS[turn % len(PARTS)]
    lead_home(case, real(world, part), turn // 7)
    with undone():
        answer = case.call(
            base_url="http://localhost", app=application, headers={"Authorization": f"Bearer {world.tokens[part]}"}
        )
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.django_db
def test_the_long_run_asks_everything(world: World) -> None:
    """What `python -m dev.fuzz` does at length: every operation, both ways to sign in, and no fault."""
    caller = run(world, 1, seed=3, say=lambda words: None)
    assert set(caller.by_operation) == {f"{o.method.upper()} {o.path}" for o in operations()}
    assert {key.split("(")[1] for key in caller.by_part} == {"token)", "session)"}
    assert caller.statuses["2xx"] > 10
    assert not caller.faults, caller.faults
    assert not caller.broken, caller.broken


@pytest.mark.django_db
def test_the_long_run_would_see_a_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from lianfang.foundation.models import ApiToken

    def broken(*asked: object) -> object:
        raise RuntimeError("broken on purpose")

    caller = Caller(world, random.Random(1))
    monkeypatch.setattr(ApiToken.objects, "filter", broken)
    (listing,) = [o for o in operations() if o.method == "get" and o.path == "/api/foundation/tokens"]
    with undone():
        caller.call(listing.Case())
    assert caller.faults
