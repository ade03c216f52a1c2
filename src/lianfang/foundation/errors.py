"""What an action can answer instead of a result. Pages and API turn these into the same words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ActionError(Exception):
    """Base. `status` is the HTTP status the API answers with."""

    status = 400


class NotFound(ActionError):
    """The thing does not exist, or lies outside the actor's reach: both answer alike."""

    status = 404


class Forbidden(ActionError):
    """The actor's roles never allow this action."""

    status = 403


class Conflict(ActionError):
    """The same client id came with other content, or the row was changed meanwhile. `message` is shown."""

    status = 409

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with the input. `field` is a path such as "temperature" or "exceptions.3.symptoms"."""

    field: str
    code: str
    message: str


class Invalid(ActionError):
    """The input cannot be taken; nothing was stored. `errors` names every field and says what to do."""

    status = 422

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.field}: {e.code}" for e in self.errors))


def invalid(field: str, code: str, message: str) -> Invalid:
    """An `Invalid` with one error."""
    return Invalid([FieldError(field, code, message)])
