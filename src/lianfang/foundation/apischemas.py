"""What the API answers when it does not answer with a result; every operation declares these statuses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, field_validator

from lianfang.kernel.clock import as_utc

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 12, 31))]  # in addresses and queries
# What a client gives as an instant, in UTC: PostgreSQL takes no offset of 16 hours and more, and Python none that leads
# out of its years.
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(as_utc),
]


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(inner) for inner in (*value, *value.values()))
    return isinstance(value, list) and any(map(_holds_nul, value))


class Given(Schema):
    """What a client gives. A field that nobody asked for is refused by name: a misspelt one would be lost in silence,
    and nobody may hope to set what is not theirs to set."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """PostgreSQL stores no NUL in a text; it is refused with the name of the field, on every database."""
        if _holds_nul(value):
            raise ValueError("a text may not hold the character NUL")
        return value


class FieldProblem(Schema):
    """One field that cannot be taken: a dotted path, a stable code, and words for the person."""

    field: str
    code: str
    message: str


class Problem(Schema):
    """An error in words, with the fields it concerns; `request_id` where nobody is to blame but us, to be told to the operator."""

    code: str
    message: str
    errors: list[FieldProblem] = []
    request_id: str = ""


ERRORS: dict[int, Any] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    413: Problem,
    422: Problem,
    429: Problem,
    503: Problem,
}
