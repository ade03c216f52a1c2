from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Unit
from lianfang.people.models.memberships import Timed


class Place(models.Model):
    """Campus → building → floor → room → seat, with kind and area (D6). `path` as in Unit; kinds are the rule pack
    `place_kinds`. `uid` is what stands on the sign at the door. From `closed_from` on the place is out of use."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="places", help_text="institution that it belongs to"
    )
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=200, unique=True, null=True, editable=False)
    kind = models.CharField(max_length=20, help_text="campus, building, floor, classroom, dormitory, office, gate …")
    name = models.CharField(max_length=60)
    area_m2 = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    capacity = models.PositiveIntegerField(null=True)
    taps = models.PositiveIntegerField(null=True)
    used_by = models.ForeignKey(
        Unit, on_delete=models.SET_NULL, null=True, related_name="rooms", help_text="class or department"
    )
    closed_from = models.DateField(null=True, help_text="the first day on which it is out of use")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit", "parent", "name"], name="place_name_once_below_a_parent"),
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(parent=None), name="place_name_once_at_the_top"
            ),
        ]


class Occupancy(Timed):
    """A person sleeps, or works, in a place in time."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="occupancies")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="occupancies")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "place"], condition=Q(ends=None, void_at=None), name="occupancy_once_at_a_time"
            )
        ]


class Lesson(models.Model):
    """A period of the weekly timetable: who teaches which class where."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="lessons", help_text="the class")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday … 6 Sunday")
    period = models.PositiveSmallIntegerField()
    begins = models.TimeField()
    ends = models.TimeField()
    subject = models.CharField(max_length=40)
    teacher = models.ForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="lessons")
    place = models.ForeignKey(Place, on_delete=models.SET_NULL, null=True, related_name="lessons")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit", "weekday", "period"], name="one_lesson_a_period")
        ]
