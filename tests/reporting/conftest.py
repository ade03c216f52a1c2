from __future__ import annotations

from collections.abc import Iterator

import pytest

from lianfang.foundation.actor import forget_cached_actors
from tests.district import make_district
from tests.reporting.cast import Reporting


@pytest.fixture
def school(db: None) -> Iterator[Reporting]:
    """The district on a Tuesday morning, nothing checked and nothing signed yet."""
    forget_cached_actors()
    yield Reporting(make_district(6))
    forget_cached_actors()
