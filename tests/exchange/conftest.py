from __future__ import annotations

from collections.abc import Iterator

import pytest

from lianfang.foundation.actor import forget_cached_actors
from tests.people.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    forget_cached_actors()
    yield make_cast()
    forget_cached_actors()
