from __future__ import annotations

from collections.abc import Iterator

import pytest

from lianfang.foundation.actor import forget_cached_actors
from tests.daily.cast import Morning, make_morning


@pytest.fixture
def school(db: None) -> Iterator[Morning]:
    """The district on a Tuesday morning, everybody able to sign in, nothing reported yet."""
    forget_cached_actors()
    yield make_morning()
    forget_cached_actors()
