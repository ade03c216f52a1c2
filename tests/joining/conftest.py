"""The cast and the browsers of the people tests, and an identity provider on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.joining.provider import Provider
from tests.people.conftest import at_now, cast, signed_in

__all__ = ["at_now", "cast", "signed_in"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A running identity provider."""
    running = Provider()
    yield running
    running.close()
