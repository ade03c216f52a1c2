"""One populated morning for all tests of this package, inside a transaction that is rolled back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from tests.access.world import NOW, World, hostile, make_world


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The district at 10:40, with hostile text wherever people type freely. Whoever changes something does it inside `undone()`."""
    with django_db_blocker.unblock(), using_clock(FixedClock(NOW)), transaction.atomic():
        yield make_world(hostile)
        transaction.set_rollback(True)
    forget_cached_actors()
