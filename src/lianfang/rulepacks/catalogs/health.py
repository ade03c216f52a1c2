"""Symptoms, syndromes and causes of absence."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry

SymptomGroup = Literal["general", "respiratory", "digestive", "skin", "eyes", "other"]


@dataclass(frozen=True, kw_only=True)
class Symptom(Entry):
    """A sign that a teacher or guardian can tick.

    ``quick`` ones stand on the first screen; ``urgent`` ones are told to the school at once; ``snomed`` is the SNOMED
    CT concept for FHIR Observation and Condition.
    """

    group: SymptomGroup
    quick: bool = False
    urgent: bool = False
    snomed: str | None = None
    help: Label | None = None


@dataclass(frozen=True)
class SymptomPattern:
    """All of ``all_of``, at least one of ``any_of`` and a temperature of at least ``min_celsius``, if given.

    ``alone``: nothing else than these symptoms may be present.
    """

    all_of: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    min_celsius: Decimal | None = None
    alone: bool = False

    def __post_init__(self) -> None:
        if not (self.all_of or self.any_of):
            raise ValueError("a pattern names at least one symptom")

    def matches(self, symptoms: Set[str], celsius: Decimal | None) -> bool:
        if not self.all_of <= symptoms or (self.any_of and not self.any_of & symptoms):
            return False
        if self.alone and symptoms - self.all_of - self.any_of:
            return False
        return self.min_celsius is None or (celsius is not None and celsius >= self.min_celsius)


@dataclass(frozen=True, kw_only=True)
class Syndrome(Entry):
    """Symptoms that make two cases alike: any one of the patterns."""

    patterns: tuple[SymptomPattern, ...]

    def matches(self, symptoms: Set[str], celsius: Decimal | None = None) -> bool:
        """Whether somebody with these symptoms and this highest temperature (°C, None: not measured) belongs here."""
        return any(pattern.matches(symptoms, celsius) for pattern in self.patterns)


@dataclass(frozen=True, kw_only=True)
class AbsenceCause(Entry):
    """Why somebody is away. ``counts_as`` is the column of the daily report; ``asks`` what is asked further."""

    counts_as: Literal["ill", "other", "unknown"]
    asks: tuple[Literal["symptoms", "onset", "temperature", "hospital", "diagnosis", "until", "note"], ...] = ()
    follow_up: bool = False
    quick: bool = False
