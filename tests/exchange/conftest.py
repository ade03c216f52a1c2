"""The cast and the browsers of the people tests."""

from tests.people.conftest import at_now, cast, signed_in

__all__ = ["at_now", "cast", "signed_in"]
