"""Facts that go into the statutory rules, the rules themselves, and the answers.

Source of the rules: Norms for reporting infectious disease in schools and kindergartens (卫办疾控发〔2006〕65号) and the
thresholds collected in rules/REGULATIONS sections 2, 3 and 10. Values live in the rule packs; this is their shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Measure = Literal["cases", "new_absences"]
Basis = Literal["onset", "report"]

SCOPES: dict[str, tuple[str, ...]] = {"class_or_dormitory": ("class", "dormitory")}
"""Scopes that cover several kinds of place; any other scope is one kind of place by its own name."""


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One person's illness or absence as one record tells it.

    ``places`` maps a kind of place (class, dormitory, institution, campus …) to the id of the place where the person
    belongs. Days are calendar days in the institution's zone. ``link`` names the epidemiological link (a meal, a
    chain) if there is one. A person counts once in a window however many records there are.
    """

    id: str
    person: str
    reported_on: date
    places: Mapping[str, str]
    onset_on: date | None = None
    syndromes: frozenset[str] = frozenset()
    diseases: frozenset[str] = frozenset()
    lab_confirmed: bool = False
    hospitalised: bool = False
    died: bool = False
    new_absence: bool = False
    link: str | None = None
    institution_kind: str | None = None

    def day(self, basis: Basis) -> date:
        """Day on which the fact counts: onset, or the report where onset is unknown or the rule says so."""
        return self.reported_on if basis == "report" or self.onset_on is None else self.onset_on


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """``cases`` persons in a window of ``days`` consecutive calendar days (inclusive) at one place.

    ``days`` ``None``: the whole of one of ``spans`` (terms; empty: no limit). ``alike``: they share a syndrome (one of
    ``syndromes`` if given). Otherwise a fact counts by ``disease``, by one of ``syndromes``, or as a new absence.
    ``cases_below``: does not hold from that number on (the next rule does). ``deaths`` and ``hospitalised`` are
    alternatives to ``cases``; ``lab_confirmed`` of the cases must be; ``linked`` cases must share a link. In force from
    ``valid_from``; ``valid_to`` is the first day on which it no longer is, as in the rule packs.
    Raises ``ValueError`` for a rule that cannot be meant.
    """

    id: str
    version: str
    scope: str
    cases: int
    days: int | None
    alike: bool = False
    disease: str | None = None
    syndromes: frozenset[str] = frozenset()
    measure: Measure = "cases"
    basis: Basis = "onset"
    cases_below: int | None = None
    lab_confirmed: int = 0
    linked: bool = False
    deaths: int | None = None
    hospitalised: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    institution_kinds: frozenset[str] = frozenset()
    spans: tuple[tuple[date, date], ...] = ()

    def __post_init__(self) -> None:
        if self.cases < 1:
            raise ValueError(f"rule {self.id}: the number of cases must be at least 1")
        if self.days is not None and self.days < 1:
            raise ValueError(f"rule {self.id}: the window must have at least 1 day")
        if self.cases_below is not None and self.cases_below <= self.cases:
            raise ValueError(f"rule {self.id}: cases_below must lie above cases")
        if not (self.alike or self.disease or self.syndromes or self.measure == "new_absences"):
            raise ValueError(f"rule {self.id}: says neither alike, nor a disease, nor syndromes, nor new absences")

    @property
    def place_kinds(self) -> tuple[str, ...]:
        """Kinds of place in which the rule is counted, each for itself."""
        return SCOPES.get(self.scope, (self.scope,))

    def keys(self, fact: CaseFact) -> tuple[str, ...]:
        """What the fact is counted under: syndromes for ``alike``, links for ``linked``, else one common key."""
        if self.institution_kinds and fact.institution_kind not in self.institution_kinds:
            return ()
        keys: tuple[str, ...]
        if self.measure == "new_absences":
            keys = ("absence",) if fact.new_absence else ()
        elif self.alike:
            keys = tuple(sorted(fact.syndromes & self.syndromes if self.syndromes else fact.syndromes))
        elif (self.disease is not None and self.disease in fact.diseases) or self.syndromes & fact.syndromes:
            keys = (self.disease or "+".join(sorted(self.syndromes)),)
        else:
            keys = ()
        if not self.linked:
            return keys
        return tuple(f"{key}@{fact.link}" for key in keys) if fact.link is not None else ()

    def met(self, cases: int, lab_confirmed: int, hospitalised: int, deaths: int) -> bool:
        """Whether counts of distinct persons in one window fulfil the rule. Numbers include themselves."""
        if self.deaths is not None and deaths >= self.deaths:
            return True
        if self.hospitalised is not None and hospitalised >= self.hospitalised:
            return True
        if self.cases_below is not None and cases >= self.cases_below:
            return False
        return cases >= self.cases and lab_confirmed >= self.lab_confirmed

    @property
    def fewest(self) -> int:
        """Smallest number of persons that can fulfil the rule."""
        return min(n for n in (self.cases, self.deaths, self.hospitalised) if n is not None)


@dataclass(frozen=True, slots=True)
class ClusterAnswer:
    """A rule that holds at a place: from ``raised_on``, the first day on which a window was full, to ``lasts_to``.

    ``count`` is the largest number of distinct persons in one of the windows, ``facts`` the records in all of them,
    ``by_report`` those of them counted by report date because onset is unknown.
    """

    rule_id: str
    version: str
    place_kind: str
    place: str
    key: str
    raised_on: date
    lasts_to: date
    count: int
    needed: int
    facts: tuple[str, ...]
    by_report: tuple[str, ...] = field(default=())

    def active(self, today: date) -> bool:
        """Whether the rule holds on ``today``."""
        return self.raised_on <= today <= self.lasts_to

    def changes_at(self, zone: ZoneInfo) -> datetime | None:
        """Instant (UTC) at which the answer ends by time alone: local midnight after its last day; ``None``: never."""
        if self.lasts_to == date.max:
            return None
        return datetime.combine(self.lasts_to + timedelta(days=1), time.min, zone).astimezone(UTC)

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """Rule, version, place and key: what stays the same while a spell grows."""
        return (self.rule_id, self.version, self.place_kind, self.place, self.key)
