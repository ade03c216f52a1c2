"""Shapes of a changeset before it is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a recognised sheet: texts by field. `number` as a spreadsheet counts; `headers` as they stand there."""

    sheet: str
    kind: str
    number: int
    cells: dict[str, str]
    headers: dict[str, str]

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(slots=True)
class Change:
    """What one row would change, or why it cannot. `proposed` is JSON-able: see `rows.roster_row`.

    `errors` hold codes with parameters and `differences` codes of fields; both are worded when they are read.
    """

    kind: str
    sheet: str
    row: int
    name: str
    raw: dict[str, str] = field(default_factory=dict)
    person_id: int | None = None
    membership_id: int | None = None
    where: str = ""
    differences: list[dict[str, str]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    proposed: dict[str, Any] = field(default_factory=dict)
    subject: str = "student"

    def fault(self, column: str, code: str, /, **params: object) -> None:
        self.errors.append({"column": column, "code": code, "params": params})

    def differ(self, what: str, old: str, new: str, /, **more: str) -> None:
        """`more`: `known` "yes" where the old value is registered but not shown, `role` of a post."""
        self.differences.append({"field": what, "old": old, "new": new, **more})


@dataclass(slots=True)
class Plan:
    """A whole changeset with the units that it needs and that do not exist yet."""

    changes: list[Change]
    new_units: list[dict[str, Any]]
    mapping: dict[str, Any]

    def counts(self) -> dict[str, int]:
        found = Counter(change.kind for change in self.changes)
        return {"rows": sum(1 for change in self.changes if change.row), **dict(sorted(found.items()))}
