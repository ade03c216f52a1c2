from __future__ import annotations

from collections.abc import Iterator

import pytest

from lianfang.foundation.actor import forget_cached_actors
from tests.foundation.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    forget_cached_actors()
    yield make_cast()
    forget_cached_actors()


@pytest.fixture
def sqlite_only(database_kind: str, request: pytest.FixtureRequest) -> None:
    """For tests about SQLite itself; the PostgreSQL run deselects them in `pytest_collection_modifyitems` below."""


@pytest.fixture
def postgres_only(database_kind: str, request: pytest.FixtureRequest) -> None:
    """For what only PostgreSQL can do (transactions that write side by side); the SQLite run deselects them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from dev.pytest_plugin import kind

    name = "sqlite_only" if kind() == "postgres" else "postgres_only"
    elsewhere = [i for i in items if name in getattr(i, "fixturenames", ())]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [i for i in items if i not in elsewhere]
