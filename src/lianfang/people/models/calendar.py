from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.foundation.models import Account, Unit
from lianfang.kernel.calendar import DayKind


class Term(models.Model):
    """A term of an institution (or of an authority, for all below it). `ends` is the first day after it.
    A later row of the same unit and name replaces an earlier one."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="terms")
    name = models.CharField(max_length=60)
    begins = models.DateField()
    ends = models.DateField()
    known_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "known_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("begins")), name="term_ends_after_it_begins")
        ]


class CalendarException(models.Model):
    """A day that departs from the week's pattern: holiday, make-up school day, suspension; or the withdrawal of an
    earlier word about it. Kinds are the kernel's `DayKind`. A later row for the same day replaces an earlier one."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="calendar_exceptions")
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in DayKind])
    reason = models.CharField(max_length=100)
    known_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "day"])]
