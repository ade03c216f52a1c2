from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.models import Unit


class RollSize(models.Model):
    """Derived: how many students are on the rolls of an institution's units of one kind on a day. Counting them again for
    every look at a county would read a million memberships; `people.sizes` does it every few minutes and says until
    when the number may be used. Whoever asks for an earlier instant, or finds none in force, counts."""

    institution = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+", db_index=False)
    unit_kind = models.CharField(max_length=30)
    day = models.DateField()
    students = models.PositiveIntegerField()
    valid_until = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["institution", "unit_kind"], name="roll_size_once_a_kind")
        ]
