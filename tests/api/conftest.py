"""The populated morning of the access tests, for all tests of this package."""

from __future__ import annotations

from tests.access.conftest import world

__all__ = ["world"]
