"""A running installation under load, in short: kill -9, a bad network, a lock, a full disk or a crashed PostgreSQL.

`./lianfang test --soak` does the same at length (`tests/faults/soak.py`). The seed is printed when it fails; set
LIANFANG_SEED to take the same plan.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.postgres import EmbeddedPostgres
from tests.faults import bench
from tests.faults.bench import Installation, Row
from tests.faults.load import Load
from tests.faults.tree import Tree

pytestmark = [pytest.mark.storing, pytest.mark.slow]
SEED = int(os.environ.get("LIANFANG_SEED") or secrets.randbelow(2**32))


@pytest.fixture
def installation(tmp_path: Path, django_db_setup: None, database_kind: str) -> Iterator[Installation]:
    if database_kind == "sqlite":
        yield Installation(tmp_path, SEED, pattern=True)
        return
    with EmbeddedPostgres() as server:  # of its own: it will crash
        yield Installation(tmp_path, SEED, server.url, server, pattern=True)


def everything(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
    """Each fault once or twice, in one load."""
    for do in (
        bench.kills(5),
        bench.locks(1, beyond_limit=False),
        bench.crashes(2) if there.postgres is not None else bench.full_disk(1),
    ):
        do(there, load, chance, row)


def test_nothing_acknowledged_is_lost_doubled_or_half_written(installation: Installation) -> None:
    with installation.running():
        row = installation.run("everything", everything, bad_network=0.1)
    told = f"seed {SEED}: {row.line()} {row.words}"
    assert row.good, told
    assert row.acknowledged >= 40, told
    assert sum(installation.network.met.values()) > 0, told


def test_children_end_with_their_parent(
    tmp_path: Path, django_db_setup: None, fresh_database: Callable[..., str]
) -> None:
    tree = Tree(tmp_path, fresh_database(tables=True))
    try:
        tree.start()
        members = tree.members()
        assert len(members) >= 4
        tree.kill("tree", random.Random(1))
        tree.start()
        tree.stop()
        assert not [p for p in tree.members() if p.is_running()]
    finally:
        tree.stop()
