"""Disease profiles: who stays away, until when, who is watched, and when lessons stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry, Variant

Milestone = Literal[
    "onset",
    "rash_onset",
    "cough_onset",
    "symptoms_gone",
    "fever_gone",
    "swelling_gone",
    "scabs_dry",
    "treatment_start",
    "positive_test",
    "isolation_start",
]
Evidence = Literal[
    "return_certificate",
    "doctor_opinion",
    "designated_hospital_certificate",
    "isolation_release",
    "negative_stool",
    "negative_test",
    "negative_throat_culture",
    "cdc_decision",
]


@dataclass(frozen=True)
class DayRange:
    """Days, with the usual value where a source gives one; hours are fractions of a day."""

    min_days: Decimal
    max_days: Decimal
    usual_days: Decimal | None = None
    source: tuple[str, ...] = ()
    needs_review: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.min_days <= self.max_days:
            raise ValueError("a range runs from low to high")


@dataclass(frozen=True)
class Infectious:
    """How long others can catch it: days before onset, days after ``until`` (None: not fixed by time)."""

    days_before_onset: Decimal = Decimal(0)
    days_after: Decimal | None = None
    after: Milestone = "onset"
    text: Label | None = None
    source: tuple[str, ...] = ()
    needs_review: bool = False


@dataclass(frozen=True)
class ReturnPart:
    """One condition: ``hours`` have passed since a milestone, or a kind of evidence is held (``count`` times)."""

    after: Milestone | None = None
    hours: int = 0
    evidence: Evidence | None = None
    count: int = 1
    min_interval_hours: int = 0

    def __post_init__(self) -> None:
        if (self.after is None) == (self.evidence is None):
            raise ValueError("a part is either time after a milestone or a piece of evidence")


@dataclass(frozen=True)
class ReturnCourse:
    """One way back: every part must hold. ``applies_to`` picks the kind of case."""

    parts: tuple[ReturnPart, ...]
    applies_to: Literal["default", "asymptomatic", "food_handler", "pneumonia", "untreated"] = "default"
    source: tuple[str, ...] = ()
    needs_review: bool = False


@dataclass(frozen=True)
class ContactWatch:
    """How long contacts are watched (days after last contact), and whether they may attend meanwhile."""

    days: int | None = None
    may_attend: bool = True
    screen: tuple[Literal["class", "dormitory", "household"], ...] = ()
    note: Label | None = None
    source: tuple[str, ...] = ()
    needs_review: bool = False


@dataclass(frozen=True)
class SuspensionRule:
    """When stopping lessons is proposed: a number or share of cases within a window, and for how many days."""

    scope: Literal["class", "division", "institution"]
    cases: int | None = None
    share_percent: Decimal | None = None
    window_days: int | None = None
    severe_cases: int | None = None
    classes: int | None = None
    cases_per_class: int | None = None
    days: int | None = None
    note: Label | None = None
    source: tuple[str, ...] = ()
    needs_review: bool = False


@dataclass(frozen=True)
class RiskClass:
    """One class of people coming back; classes are tried in order and the first match decides."""

    label: Label
    any_of: tuple[str, ...]
    measure: Label
    days: int = 0
    place: Literal["central", "home_observation", "home", "none"] = "none"


@dataclass(frozen=True, kw_only=True)
class Disease(Entry):
    """A disease profile. ``return_courses``: any one course that applies to the case must be fulfilled as a whole."""

    legal_class: Literal["A", "B", "C", "none"]
    managed_as: Literal["A", "B", "C"] | None = None
    icd10: tuple[str, ...] = ()
    syndromes: tuple[str, ...] = ()
    incubation: DayRange | None = None
    infectious: Infectious | None = None
    return_courses: tuple[ReturnCourse, ...]
    certificate_required: bool = True
    contacts: ContactWatch = ContactWatch()
    suspension: tuple[SuspensionRule, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    risk_classes: Mapping[str, RiskClass] = field(default_factory=dict)
    historic: bool = False

    def courses_for(self, kind: str = "default") -> tuple[ReturnCourse, ...]:
        """The ways back for a kind of case; those of the default kind where none is set apart."""
        own = tuple(course for course in self.return_courses if course.applies_to == kind)
        return own or tuple(course for course in self.return_courses if course.applies_to == "default")
