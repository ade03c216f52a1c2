"""Report kinds, bureau tables and duty templates: what is owed, by when, and how it looks on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry
from lianfang.rulepacks.catalogs.limits import Capacity
from lianfang.rulepacks.expressions import Expression
from lianfang.rulepacks.schema import LocalTime

Recurrence = Literal["school_day", "every_day", "week", "month", "once", "on_event"]


@dataclass(frozen=True)
class ReportField:
    """One count of a report. ``derive`` computes it from others; without it the level below is summed."""

    label: Label
    short: Label | None = None
    derive: Expression | None = None
    from_facts: bool = True
    case: bool = False
    reveals_health: bool = False


@dataclass(frozen=True)
class ReportCheck:
    """An equation that a report must fulfil, and the sentence shown when it does not."""

    left: Expression
    right: Expression
    label: Label


@dataclass(frozen=True)
class ReportLevel:
    """One level of a report.

    ``unit_kinds`` are the kinds of unit that file here; ``prepared_by`` may look it over and correct, ``signed_by``
    answers for it. Times are local to the unit. After ``due`` plus ``grace_minutes`` it is late. A level that does not
    exist in an institution is passed over: its children report to the next one.
    """

    label: Label
    unit_kinds: tuple[str, ...]
    opens: LocalTime
    due: LocalTime
    grace_minutes: int = 0
    prepared_by: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    next: str | None = None
    recipients: tuple[Capacity, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportKind(Entry):
    """A kind of daily report, from the lowest level upward."""

    session: Literal["morning", "noon", "evening"]
    every: Recurrence = "school_day"
    enabled: bool = True
    zero_report: bool = True
    levels: Mapping[str, ReportLevel]
    fields: Mapping[str, ReportField]
    checks: tuple[ReportCheck, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        known = self.fields.keys()
        for name, level in self.levels.items():
            if level.next is not None and level.next not in self.levels:
                raise ValueError(f"level {name}: next level {level.next!r} does not exist")
            unknown = set(level.fields) - known
            if unknown:
                raise ValueError(f"level {name}: unknown fields {', '.join(sorted(unknown))}")
        used = {name for f in self.fields.values() if f.derive is not None for name in f.derive.names}
        used |= {name for check in self.checks for name in check.left.names | check.right.names}
        if used - known:
            raise ValueError(f"formulas name unknown fields: {', '.join(sorted(used - known))}")

    def fields_at(self, level: str) -> Mapping[str, ReportField]:
        """The fields of a level in the order of the pack; all of them where the level names none."""
        wanted = self.levels[level].fields or tuple(self.fields)
        return {name: self.fields[name] for name in wanted}

    def is_zero(self, values: Mapping[str, int]) -> bool:
        """Whether a report with these counts says that nothing happened: every field marked ``case`` is 0."""
        return not any(values.get(name, 0) for name, f in self.fields.items() if f.case)


@dataclass(frozen=True)
class TableColumn:
    """One column: ``group`` is the upper header line (equal neighbours are merged), ``value`` a field or a formula."""

    header: Label
    value: Expression
    group: Label | None = None
    width: int = 8
    total: Literal["sum", "ratio", "none"] = "sum"
    format: Literal["text", "count", "percent", "date"] = "count"


@dataclass(frozen=True, kw_only=True)
class BureauTable(Entry):
    """The layout of a paper table as the bureau wants it.

    Texts may hold ``{unit}``, ``{date}``, ``{session}``, ``{signer}``, ``{signed_at}``, ``{phone}``.
    """

    report_kind: str
    level: str
    rows: Literal["children", "self", "classes"] = "children"
    orientation: Literal["portrait", "landscape"] = "landscape"
    title: Label
    above: tuple[Label, ...] = ()
    columns: Mapping[str, TableColumn]
    totals: Label | None = None
    signature: tuple[Label, ...] = ()
    footnotes: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Due:
    """A deadline: an own local time (``at``, ``after_days`` later), that of a level of a report kind, or of each shift of
    the holder's role: so many ``minutes`` after it begins or ends."""

    at: LocalTime | None = None
    report_kind: str | None = None
    level: str | None = None
    after_days: int = 0
    shift: Literal["begins", "ends"] | None = None
    minutes: int = 0

    def __post_init__(self) -> None:
        ways = (self.at is not None) + (self.report_kind is not None) + (self.shift is not None)
        if ways != 1 or (self.report_kind is None) != (self.level is None):
            raise ValueError("a deadline is either a time, a level of a report kind or the beginning or end of a shift")
        if self.after_days and self.at is None:
            raise ValueError("only a deadline with a time can be days later")


@dataclass(frozen=True)
class Holder:
    """Who owes it: the holder of a role in units of these kinds; ``stand_in`` roles in order when nobody holds it."""

    role: str
    unit_kinds: tuple[str, ...]
    stand_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Escalation:
    """Who is told when it is still open so many minutes after the deadline."""

    after_minutes: int
    role: str
    level: str
    capacity: Capacity | None = None


@dataclass(frozen=True, kw_only=True)
class DutyTemplate(Entry):
    """What recurs: kind, holder, when it opens and is due, reminders (minutes from the deadline) and escalation.

    ``every`` week or month: raised on the first school day of it on which the job runs. ``only_with``: only units that
    keep a link book are asked. ``once`` and ``on_event`` are raised by other rooms.
    """

    kind: str
    holder: Holder
    every: Recurrence = "school_day"
    enabled: bool = True
    opens: LocalTime | None = None
    due: Due
    reminders: tuple[int, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    closes: LocalTime | None = None
    session: str | None = None
    only_with: Literal["link_book"] | None = None
    text: Label | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        steps = [step.after_minutes for step in self.escalations]
        if steps != sorted(set(steps)):
            raise ValueError("escalations go up in time")
        if list(self.reminders) != sorted(set(self.reminders)):
            raise ValueError("reminders go up in time")
