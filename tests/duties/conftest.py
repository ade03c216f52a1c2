import pytest

from lianfang.foundation.actor import forget_cached_actors
from tests.duties.cast import Cast, county


@pytest.fixture
def cast(db) -> Cast:
    forget_cached_actors()
    return county()
