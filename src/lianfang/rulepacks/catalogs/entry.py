"""What every entry of every catalogue has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lianfang.kernel.codes.divisions import NATION, ancestors
from lianfang.kernel.labels import Label
from lianfang.kernel.periods import Period


@dataclass(frozen=True)
class Variant:
    """What another source or place says: the field it replaces, the value, and who says so."""

    field: str
    value: Any
    source: tuple[str, ...] = ()
    needs_review: bool = False
    note: Label | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry: its id, its two names, where it comes from, and where and when it holds.

    ``version`` is the hash of its content after overrides. ``locked`` entries are law: an institution cannot override
    them. ``needs_review`` marks values that were not seen in a source. ``changed`` lists what overrides have replaced,
    as ``field@jurisdiction``, in the order in which they were laid over.
    """

    id: str
    label: Label
    version: str = ""
    source: tuple[str, ...] = ()
    jurisdiction: str = NATION
    valid_from: date | None = None
    valid_to: date | None = None
    needs_review: bool = False
    locked: bool = False
    note: Label | None = None
    changed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.valid_to is not None:
            Period(self.valid_from or date.min, self.valid_to)
        ancestors(self.jurisdiction)

    @property
    def validity(self) -> Period:
        """The days on which the entry holds (``valid_to`` is not included)."""
        return Period(self.valid_from or date.min, self.valid_to)

    def in_force(self, on: date) -> bool:
        return self.validity.contains(on)

    def applies_in(self, division: str) -> bool:
        """Whether the entry holds in a place (six-digit division code)."""
        return self.jurisdiction in ancestors(division)
