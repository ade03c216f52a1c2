from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.foundation.models import Unit
from lianfang.people.models.memberships import Timed


class SeatPlan(Timed):
    """The grid of desks of a class from a day on: row 1 is nearest the blackboard, column 1 on the left as seen by the
    class. `aisles` holds the columns after which a gangway runs. Another grid is another plan."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="seat_plans", help_text="the class")
    rows = models.PositiveSmallIntegerField()
    columns = models.PositiveSmallIntegerField()
    aisles: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["unit"], condition=Q(ends=None, void_at=None), name="one_seat_plan_at_a_time"
            ),
            models.CheckConstraint(condition=Q(rows__gte=1, columns__gte=1), name="seat_plan_has_seats"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("begins")), name="seat_plan_ends_after"),
        ]


class SeatHolding(Timed):
    """A pupil sits at a desk from a day on."""

    plan = models.ForeignKey(SeatPlan, on_delete=models.CASCADE, related_name="holdings")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="seats_held")
    row = models.PositiveSmallIntegerField()
    column = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["plan", "row", "column"], condition=Q(ends=None, void_at=None), name="one_pupil_a_seat"
            ),
            models.UniqueConstraint(
                fields=["plan", "person"], condition=Q(ends=None, void_at=None), name="one_seat_a_pupil"
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("begins")), name="seat_ends_after"),
        ]
