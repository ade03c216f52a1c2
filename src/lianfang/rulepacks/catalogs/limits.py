"""Legal clocks, thresholds, fever limits, standards, sets of plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.kernel.temperature import Site
from lianfang.rulepacks.catalogs.entry import Entry, Variant

Capacity = Literal["education", "disease_control", "health", "market"]


@dataclass(frozen=True, kw_only=True)
class ReportClock(Entry):
    """A legal clock: what starts it, who must report to whom within how many hours (0: at once).

    It stops only when the receipt is recorded: who received it, when and by which way.
    """

    who: Literal["school", "medical_body", "responsible_unit", "kindergarten_or_primary"]
    hours: int
    recipients: tuple[Capacity, ...]
    trigger: Label
    obsolete: bool = False


@dataclass(frozen=True, kw_only=True)
class EventThreshold(Entry):
    """A public-health event: any one of the numbers reached within the window.

    ``window``: rolling days (``days``), one term, one event or session, or any length of time.
    """

    disease: str | None = None
    window: Literal["days", "term", "event", "any"]
    days: int | None = None
    place: Literal["any", "unit", "school", "township", "county"]
    cases: int | None = None
    deaths: int | None = None
    hospitalised: int | None = None
    first_ever: bool = False
    group_reaction: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.window == "days") != (self.days is not None):
            raise ValueError("days is given exactly with window: days")
        if not (self.cases or self.deaths or self.hospitalised or self.first_ever or self.group_reaction):
            raise ValueError("a threshold has at least one number")


@dataclass(frozen=True, kw_only=True)
class ClusterRule(Entry):
    """A cluster below an event: so many cases within so many days (inclusive, rolling) in one place.

    ``alike``: cases count only when they share a syndrome. ``measure``: what is counted. ``basis``: which day counts;
    where onset is unknown, the day of the report, marked. ``institution_kinds``: only in these (empty: in all).
    """

    disease: str | None = None
    level: Literal["cluster", "outbreak", "notify", "attention"] = "cluster"
    scope: Literal["class", "dormitory", "class_or_dormitory", "institution", "campus"]
    days: int | None
    cases: int
    window: Literal["days", "term", "event"] = "days"
    cases_below: int | None = None
    lab_confirmed: int | None = None
    deaths: int | None = None
    alike: bool = False
    linked: bool = False
    measure: Literal["cases", "new_absences"] = "cases"
    basis: Literal["onset", "report"] = "onset"
    syndromes: tuple[str, ...] = ()
    institution_kinds: tuple[Literal["kindergarten", "primary", "middle", "university"], ...] = ()
    clock: str | None = None
    variants: Mapping[str, Variant] = field(default_factory=dict)

    @property
    def threshold(self) -> Label:
        """The numbers in words, from the values as they hold after overrides."""
        cases_zh = f"{self.cases}–{self.cases_below - 1}" if self.cases_below else f"≥{self.cases}"
        cases_en = cases_zh.replace("–", "-")
        unit_zh, unit_en = ("人新增缺勤", "newly absent") if self.measure == "new_absences" else ("例", "cases")
        spans = {"term": Label("一学期内", "in one term"), "event": Label("一次事件", "in one event")}
        days_en = "1 day" if self.days == 1 else f"{self.days} days"
        span = spans.get(self.window) or Label(f"{self.days} 天内", f"in {days_en}")
        return Label(f"{span.zh} {cases_zh} {unit_zh}", f"{cases_en} {unit_en} {span.en}")


@dataclass(frozen=True, kw_only=True)
class FeverLimit(Entry):
    """At and above ``celsius`` it is a fever, in a context and, where it matters, for a site of measurement."""

    context: Literal["gate", "check", "influenza_like", "retest"]
    celsius: Decimal | None = None
    site: Site | None = None
    retest_after_minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Standard(Entry):
    """A figure of a standard: at least ``minimum``, at most ``maximum``, in ``unit`` for each ``per``."""

    topic: Literal["disinfection", "ventilation", "room", "staff", "supply", "kitchen", "air"]
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unit: str
    per: str = ""
    agent: str = ""
    contact_minutes: int | None = None
    times_per_day: int | None = None
    applies_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")


@dataclass(frozen=True)
class PlanItem:
    """One document of a set."""

    label: Label
    kind: Literal["plan", "system"]


@dataclass(frozen=True, kw_only=True)
class PlanSet(Entry):
    """A named set of plans and systems that an institution must hold."""

    items: Mapping[str, PlanItem]
