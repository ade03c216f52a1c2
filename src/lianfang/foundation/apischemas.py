"""What the API answers when it does not answer with a result; every operation declares these statuses."""

from __future__ import annotations

from typing import Any

from ninja import Schema


class FieldProblem(Schema):
    """One field that cannot be taken: a dotted path, a stable code, and words for the person."""

    field: str
    code: str
    message: str


class Problem(Schema):
    """An error in words, with the fields it concerns."""

    code: str
    message: str
    errors: list[FieldProblem] = []


ERRORS: dict[int, Any] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    422: Problem,
    429: Problem,
    503: Problem,
}
