"""What the Today page is made of: what I owe now, what is late below me, what changed since yesterday."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from lianfang.daily.queries import (
    OwnRoll,
    Subject,
    UnitChanges,
    changes_since_yesterday,
    class_figures,
    own_rolls,
    own_subjects,
)
from lianfang.duties.queries import Owed, late_below, owed_by
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.models import GuardianClaim
from lianfang.people.perms import GUARDIAN_MANAGE
from lianfang.people.queries import own_claims, waiting_claims
from lianfang.people.reading import calendar_of, classes_below
from lianfang.reporting.models import Report
from lianfang.reporting.queries import visible_reports
from lianfang.web.overview import KIND

SHOWN = 12


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class whose figures changed, in numbers."""

    unit: Unit
    new_ill: int
    fever: int
    returned: int
    absent_ill: int


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """An institution whose signed figures differ from those of its school day before; None: not signed that day."""

    unit: Unit
    absent_ill: int
    ill_before: int | None
    fever: int
    fever_before: int | None

    @property
    def weight(self) -> int:
        """How much changed: what is shown first."""
        return abs(self.absent_ill - (self.ill_before or 0)) + abs(self.fever - (self.fever_before or 0))


@dataclass(frozen=True, slots=True)
class Schools:
    """What changed at the institutions under an authority: those that changed most, and how many changed."""

    previous: date
    total: int
    rows: Sequence[SchoolLine]


@dataclass(frozen=True, slots=True)
class Late:
    """What is late below, by kind, and the first of it."""

    total: int
    rows: Sequence[Owed]


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the page; a part that does not concern the reader is empty or None."""

    day: date
    owed: Sequence[Owed]
    done: Sequence[Owed]
    late: Late | None
    own_class: Sequence[UnitChanges]
    below: Sequence[ClassLine] | None
    schools: Schools | None
    subjects: Sequence[Subject]
    rolls: Sequence[OwnRoll] = ()
    claims_waiting: int = 0
    own_claims: Sequence[GuardianClaim] = ()


def today(actor: Actor, now: datetime) -> Today:
    """The page for one actor at one instant."""
    day = local_date(now, _zone(actor))
    listed = owed_by(actor, now, include_done=True)
    late = late_below(actor, now)
    return Today(
        day=day,
        owed=[d for d in listed if d.done_at is None and d.state != "excused"],
        done=[d for d in listed if d.done_at is not None and d.day == day],
        late=Late(len(late), late[:SHOWN]) if late or actor.roles & CHASERS else None,
        own_class=[
            c for unit_id in actor.units_of("homeroom_teacher") for c in changes_since_yesterday(actor, unit_id, day)
        ],
        below=_below(actor, day),
        schools=_schools(actor, day),
        subjects=own_subjects(actor, now),
        rolls=_rolls(actor, now, {duty.link for duty in listed}),
        claims_waiting=waiting_claims(actor).count() if actor.can(GUARDIAN_MANAGE) else 0,
        own_claims=own_claims(actor) if not actor.held else (),
    )


def _rolls(actor: Actor, now: datetime, owed: set[str]) -> list[OwnRoll]:
    """Rolls of one's own dormitory, lesson, office or bus for which no duty is on the page."""
    return [roll for roll in own_rolls(actor, now) if roll.link not in owed]


OUTSIDE = ("county_officer", "cdc_officer")
CHASERS = frozenset({"grade_head", "epidemic_reporter", "principal", "leader_on_duty", *OUTSIDE})
INSIDE = ("grade_head", "school_nurse", "epidemic_reporter", "principal", "leader_on_duty")


def _zone(actor: Actor) -> str:
    first = next(iter(actor.units_of()), None)
    unit = Unit.objects.filter(pk=first).first() if first is not None else None
    return time_zone_of(unit) if unit is not None else settings.TIME_ZONE


def _below(actor: Actor, day: date) -> list[ClassLine] | None:
    """Changes in numbers for who answers for several classes of one's own institution; None for others."""
    tops = actor.units_of(*INSIDE)
    if not tops:
        return None
    units: dict[int, Unit] = {}
    for top in Unit.objects.filter(pk__in=tops):
        units.update({u.pk: u for u in classes_below(top, day, ("class",))})
    figures = class_figures(list(units), day, "morning")
    return [
        ClassLine(units[i], f.new_ill, f.fever, f.returned, f.absent_ill)
        for i, f in figures.items()
        if f.new_ill or f.fever or f.returned
    ]


def _schools(actor: Actor, day: date) -> Schools | None:
    """Signed figures of the institutions under one's authority beside those of the school day before; None for others."""
    own = Unit.objects.filter(pk__in=actor.units_of(*OUTSIDE)).first()
    if own is None:
        return None
    previous = calendar_of(own).previous_school_day(day)
    rows = visible_reports(actor).filter(kind=KIND, unit__level="institution", superseded_at=None)
    now_signed = {row.unit_id: row for row in rows.filter(day=day)}
    before = dict(rows.filter(day=previous, unit_id__in=list(now_signed)).values_list("unit_id", "figures"))
    lines = [_school_line(row, before.get(unit_id)) for unit_id, row in now_signed.items()]
    changed = sorted((line for line in lines if line.weight), key=lambda line: (-line.weight, line.unit.name))
    return Schools(previous, len(changed), changed[:SHOWN])


def _school_line(row: Report, before: Mapping[str, int] | None) -> SchoolLine:
    return SchoolLine(
        row.unit,
        int(row.figures.get("absent_ill", 0)),
        None if before is None else int(before.get("absent_ill", 0)),
        int(row.figures.get("fever", 0)),
        None if before is None else int(before.get("fever", 0)),
    )
