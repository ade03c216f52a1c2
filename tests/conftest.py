"""The database of all tests: migrated once a run, copied for every further process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The number of an account of the last test may be another person's in the next."""
    from lianfang.foundation.actor import forget_cached_actors
    from lianfang.foundation.sources import forget_sources

    forget_cached_actors()
    forget_sources()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Instead of pytest-django's, which migrates in every process anew."""
    from dev.migrated import migrated, run_folder

    copies = hasattr(request.config, "workerinput")
    with django_db_blocker.unblock():
        making = migrated(run_folder(), copies=copies)
        making.__enter__()
    yield
    with django_db_blocker.unblock():
        making.__exit__(None, None, None)
