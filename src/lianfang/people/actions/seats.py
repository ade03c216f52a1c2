"""Seat plans of classes. Who sat where on a day stays known: a seat is ended, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import perms
from lianfang.people.actions.following import today_at
from lianfang.people.models import Membership, SeatHolding, SeatPlan
from lianfang.people.place_rules import MOST_COLUMNS, MOST_ROWS, Grid, grid_fault, seats_fault


class NewSeat(NamedTuple):
    """Row 1 is nearest the blackboard, column 1 on the left as seen by the class."""

    row: int
    column: int
    person_id: int


def _check(unit: Unit, grid: Grid, seats: Sequence[NewSeat], begins: date, today: date) -> None:
    """Raises Invalid for the first thing that cannot be."""
    if unit.level != "class":
        raise NotFound("unit")
    fault = grid_fault(grid)
    if fault in ("rows", "columns"):
        limit = {"rows": MOST_ROWS, "columns": MOST_COLUMNS}[fault]
        raise invalid(fault, "range", _("行数和列数应在 1 到 %(n)d 之间。") % {"n": limit})
    if fault == "aisles":
        raise invalid("aisles", "range", _("过道要在两列之间，每处写一次。"))
    if begins > today:
        raise invalid("begins", "future", _("座位表从今天或以前的日子开始，请改日期。"))
    wrong = seats_fault(grid, seats)
    if wrong is not None:
        words = {
            "outside": _("有座位在行列之外，请核对。"),
            "twice_seat": _("同一个座位安排了两个人，请核对。"),
            "twice_person": _("同一个学生安排了两个座位，请核对。"),
        }
        raise invalid(f"seats.{wrong[1]}", wrong[0], words[wrong[0]])
    members = set(
        Membership.objects.in_force(begins).filter(unit=unit, kind="student").values_list("person_id", flat=True)
    )
    for index, seat in enumerate(seats):
        if seat.person_id not in members:
            raise invalid(f"seats.{index}", "not_a_pupil", _("有人这一天不在这个班，请刷新后再安排。"))


@transaction.atomic
def arrange_seats(
    actor: Actor,
    now: datetime,
    *,
    unit: Unit,
    rows: int,
    columns: int,
    seats: Sequence[NewSeat],
    aisles: Sequence[int] = (),
    begins: date | None = None,
) -> SeatPlan:
    """Who sits where in a class from a day on (None: today). Who keeps the seat keeps the row; pupils without a seat are
    allowed. Another grid begins another plan. Raises Forbidden, NotFound, Invalid.
    """
    unit = unit_for(actor, perms.SEAT_MANAGE, unit.pk)
    Unit.objects.select_for_update().get(pk=unit.pk)
    today = today_at(unit, now)
    begins = begins or today
    grid = Grid(rows, columns, tuple(aisles))
    _check(unit, grid, seats, begins, today)
    plans = SeatPlan.objects.filter(Q(ends=None) | Q(ends__gt=begins), unit=unit, void_at=None).order_by("begins", "pk")
    kept = [p for p in plans if (p.rows, p.columns, tuple(p.aisles)) == (rows, columns, grid.aisles) and p.ends is None]
    plan = kept[0] if kept and kept[0].begins <= begins else None
    for old in plans:
        if plan is None or old.pk != plan.pk:
            _close(old, begins, now)
    wanted = {(s.row, s.column): s.person_id for s in seats}
    moved = 0
    held = SeatHolding.objects.filter(Q(ends=None) | Q(ends__gt=begins), plan__unit=unit, void_at=None)
    for row in held.order_by("pk"):
        stays = plan is not None and row.plan_id == plan.pk and row.ends is None and row.begins <= begins
        if stays and wanted.get((row.row, row.column)) == row.person_id:
            del wanted[row.row, row.column]
            continue
        _close(row, begins, now)
        moved += 1
    if plan is None:
        plan = SeatPlan(unit=unit, rows=rows, columns=columns, aisles=list(grid.aisles), begins=begins, known_at=now)
        plan.recorded_by_id = actor.account_id
        plan.save()
    SeatHolding.objects.bulk_create(
        SeatHolding(
            plan=plan,
            person_id=person_id,
            row=row,
            column=column,
            begins=begins,
            known_at=now,
            recorded_by_id=actor.account_id,
        )
        for (row, column), person_id in sorted(wanted.items())
    )
    body = {"begins": begins, "seats": len(seats), "given": len(wanted), "ended": moved}
    write(actor, [Event("people.seats.arranged", "unit", unit.pk, unit.pk, now, body)], now)
    return plan


def _close(row: SeatPlan | SeatHolding, begins: date, now: datetime) -> None:
    """End a row on a day; one that had not begun before that day never was."""
    if row.begins >= begins:
        row.void_at = now
        row.save(update_fields=["void_at"])
    else:
        row.ends, row.end_known_at = begins, now
        row.save(update_fields=["ends", "end_known_at"])
