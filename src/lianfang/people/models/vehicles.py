from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Unit


class Vehicle(models.Model):
    """A school bus. Its unit (kind `school_bus`) carries the name, the riders (memberships) and the posts of driver and
    attendant, all in time; it is out of use when the unit has ended."""

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="vehicle")
    plate = models.CharField(max_length=12, unique=True)
    seats = models.PositiveSmallIntegerField(help_text="places for riders, driver and attendant not counted")
    route = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(seats__gte=1), name="vehicle_has_seats")
        ]
