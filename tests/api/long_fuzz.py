"""The long run of `python -m dev.fuzz`; its name keeps it out of the suite."""

from __future__ import annotations

import os

import pytest

from tests.access.world import World
from tests.api.fuzzing import one_connection, run


@pytest.mark.django_db
def test_no_fault(world: World) -> None:
    calls, seed = (int(number) for number in os.environ["LIANFANG_FUZZ"].split(","))
    with one_connection():
        caller = run(world, calls, seed)
    print(f"\ncalls {sum(caller.statuses.values())}, seed {seed}, operations {len(caller.by_operation)}")
    print("statuses " + ", ".join(f"{kind} {n}" for kind, n in sorted(caller.statuses.items())))
    print("as " + ", ".join(f"{who} {n}" for who, n in sorted(caller.by_part.items())))
    print(f"answers of 500 and above {len(caller.faults)}, beside the schema {len(caller.broken)}")
    for line in [*caller.faults[:20], *caller.broken[:20]]:
        print(f"  {line}")
    assert not caller.faults
    assert not caller.broken
