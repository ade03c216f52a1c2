"""What an action answers. It is kept with the receipt, so that a repeated submission gets the very same answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


def shallow(item: Any) -> dict[str, Any]:
    """The fields of a dataclass as they are; `dataclasses.asdict` copies each value, which the morning has no time for."""
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Answer:
    """JSON-able: days and instants are ISO texts (UTC)."""

    id: int
    unit_id: int
    day: str
    received_at: str

    def as_json(self) -> dict[str, Any]:
        return shallow(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class CheckAnswer(Answer):
    """A saved check. `state` is a key of the status catalogue, group check; `figures` as `rules.Figures`."""

    session: str
    state: str
    corrects: int | None
    figures: dict[str, int]


@dataclass(frozen=True, slots=True)
class ReportAnswer(Answer):
    """A taken report. `unwell`: it says fever, a symptom or absence, and the school is told."""

    person_id: int
    channel: str
    unwell: bool


@dataclass(frozen=True, slots=True)
class LeaveAnswer(Answer):
    """A recorded early leave."""

    person_id: int
    left_at: str
