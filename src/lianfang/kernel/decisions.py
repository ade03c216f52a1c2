"""Answers that carry their reasons: which rule, in which version, from which facts, and when the answer changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

T = TypeVar("T")
U = TypeVar("U")
Json = Any
"""What json.dumps accepts: None, bool, int, float, str, list, dict with str keys."""


def to_json(value: object) -> Json:
    """A JSON-able copy: instants, days, decimals and ids as text, enums by value, sets sorted.

    Raises ``TypeError`` for a type that has no agreed form.
    """
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted((to_json(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule and its version, the facts it used, and the key of the sentence that explains it."""

    rule_id: str
    version: str
    facts: Mapping[str, object] = field(default_factory=dict)
    text_key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    def __hash__(self) -> int:
        return hash((self.rule_id, self.version, self.text_key))

    def as_json(self) -> dict[str, Json]:
        return {
            "rule_id": self.rule_id,
            "version": self.version,
            "facts": to_json(self.facts),
            "text_key": self.text_key,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Reason:
        """The reason as it was written by ``as_json``; facts stay in their JSON form."""
        return cls(data["rule_id"], data["version"], data.get("facts", {}), data.get("text_key", ""))


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """A value, the reasons that gave it, and the instant (UTC) at which time alone will change it.

    ``changes_at`` None: only a new fact can change the answer.
    """

    value: T
    reasons: tuple[Reason, ...] = ()
    changes_at: datetime | None = None

    def is_current(self, now: datetime) -> bool:
        """Whether the answer still stands at ``now`` as far as time alone decides."""
        return self.changes_at is None or now < self.changes_at

    def map(self, change: Callable[[T], U]) -> Decision[U]:
        """The same reasons for a value computed from this one."""
        return Decision(change(self.value), self.reasons, self.changes_at)

    def because(self, *more: Reason) -> Decision[T]:
        """The same answer with further reasons."""
        return Decision(self.value, (*self.reasons, *more), self.changes_at)

    def as_json(self) -> dict[str, Json]:
        return {
            "value": to_json(self.value),
            "reasons": [reason.as_json() for reason in self.reasons],
            "changes_at": to_json(self.changes_at),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json], read: Callable[[Json], U]) -> Decision[U]:
        """The decision as written by ``as_json``; ``read`` turns the JSON value back into its type."""
        changes_at = data.get("changes_at")
        return Decision(
            read(data["value"]),
            tuple(Reason.from_json(reason) for reason in data.get("reasons", ())),
            datetime.fromisoformat(changes_at) if changes_at else None,
        )


def earliest_change(*decisions: Decision[Any]) -> datetime | None:
    """The first instant at which any of the answers changes by time alone."""
    return min((d.changes_at for d in decisions if d.changes_at is not None), default=None)
