"""The realm that the current request, job or test acts in: `real` or one exercise.

Default managers of realm-bound tables filter by it, and new rows take it, so that a drill never touches real figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REAL = "real"
_current: ContextVar[str] = ContextVar("lianfang_realm", default=REAL)


def current_realm() -> str:
    """Key of the realm in force."""
    return _current.get()


@contextmanager
def in_realm(key: str) -> Iterator[None]:
    """Act in realm `key` within the block."""
    token = _current.set(key)
    try:
        yield
    finally:
        _current.reset(token)


def enter_realm(key: str) -> None:
    """Change the realm until the enclosing `in_realm` block ends (a token's account is known only inside the request)."""
    _current.set(key)
