"""The district (or school) overview: who is well, who is ill, who has not answered, down to class counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import IntegerField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.reading import calendar_of
from lianfang.reporting.models import Report
from lianfang.reporting.queries import Board, board, boards_received
from lianfang.web import perms

KIND = "daily-zero"
TREND_DAYS = 14
TREND_HEIGHT = 60
SHOWN_FIELDS = ("expected", "present", "absent_ill", "fever", "symptomatic", "unanswered")
SILENT_FIELDS = ("expected", "unanswered")


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One school day of the trend: signed reports only. `height` is for the drawing, in its units."""

    day: date
    absent_ill: int | None
    fever: int | None
    x: int
    height: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One board with its trend. `previous` and `next` are the school days beside it; `counts_classes`: whether any row
    says how many of its classes have reported."""

    board: Board
    day: date
    previous: date
    next: date | None
    trend: Sequence[TrendDay]
    totals: Mapping[str, int] | None
    counts_classes: bool

    @property
    def any_signed(self) -> bool:
        """Whether the trend has anything to draw."""
        return any(d.absent_ill is not None for d in self.trend)

    @property
    def width(self) -> int:
        """Width of the trend's drawing, in its units."""
        return max(len(self.trend) * 20, 20)


def tops(actor: Actor) -> list[Unit]:
    """Where the actor's overview begins: the bureau of a county officer, the bureau over the same schools for the CDC,
    the own institution for its leaders."""
    permit(actor, perms.OVERVIEW)
    own = Unit.objects.filter(pk__in=actor.units_of(*perms.OVERVIEW.roles))
    found = {u.pk: u for u in own if u.level == "institution" or u.kind == "education_bureau"}
    found.update({u.pk: u for u, kind in boards_received(actor, actor.now) if kind.id == KIND})
    return sorted(found.values(), key=lambda u: (u.level != "authority", u.name))


def today_of(unit: Unit, now: datetime) -> date:
    """The unit's local day; on a day without school the last school day before it."""
    day = local_date(now, time_zone_of(unit))
    calendar = calendar_of(unit)
    return day if calendar.is_school_day(day) else calendar.previous_school_day(day)


def overview(actor: Actor, unit_id: int, day: date | None, now: datetime) -> Overview:
    """The overview of a unit on a day (None: its last school day). Raises Forbidden, NotFound."""
    permit(actor, perms.OVERVIEW)
    asked = one(Unit.objects.all(), pk=unit_id)  # whose it is, the board asks
    chosen = day or today_of(asked, now)
    shown = board(actor, KIND, unit_id, chosen, now)
    calendar = calendar_of(shown.unit)
    following = calendar.next_school_day(chosen)
    return Overview(
        board=shown,
        day=chosen,
        previous=calendar.previous_school_day(chosen),
        next=following if following <= local_date(now, time_zone_of(shown.unit)) else None,
        trend=_trend(shown, [*_days_before(calendar, chosen), chosen]),
        totals=_totals(shown.figures),
        counts_classes=any(row.below for row in shown.rows),
    )


def _totals(figures: Mapping[str, int] | None) -> Mapping[str, int] | None:
    """What is known: nothing before the signature that is waited for, and no zeros while nobody has answered."""
    if figures is None:
        return None
    silent = figures.get("unanswered", 0) >= figures.get("expected", 0)
    return {name: figures[name] for name in (SILENT_FIELDS if silent else SHOWN_FIELDS) if name in figures}


def _days_before(calendar: object, day: date) -> list[date]:
    first = day - timedelta(days=TREND_DAYS * 2)
    return list(calendar.school_days(first, day - timedelta(days=1)))[-(TREND_DAYS - 1) :]  # type: ignore[attr-defined]


def _sum(name: str) -> Sum:
    """The sum of a field of signed figures, made by the database: a county's two weeks are thousands of reports."""
    return Sum(Cast(KeyTextTransform(name, "figures"), IntegerField()))


def _trend(shown: Board, days: Sequence[date]) -> list[TrendDay]:
    """Signed reports of the units of a board that was permitted before, summed by day; a day without any stays empty."""
    inside = [row.unit.pk for row in shown.rows] if shown.unit.level == "authority" else [shown.unit.pk]
    reports = Report.objects.filter(kind=KIND, unit_id__in=inside, day__in=days, superseded_at=None)
    rows = reports.order_by().values_list("day").annotate(ill=_sum("absent_ill"), fever=_sum("fever"))
    sums: dict[date, tuple[int, int]] = {day: (ill or 0, fever or 0) for day, ill, fever in rows}
    most = max((ill for ill, _fever in sums.values()), default=0) or 1
    return [
        TrendDay(
            d,
            sums[d][0] if d in sums else None,
            sums[d][1] if d in sums else None,
            number * 20,
            round(TREND_HEIGHT * sums[d][0] / most) if d in sums else 0,
        )
        for number, d in enumerate(days)
    ]
