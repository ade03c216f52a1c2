from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.foundation.models.accounts import Account
from lianfang.foundation.models.units import Unit


class RetentionRun(models.Model):
    """One removal of what is past its term, or of one person on request. Counts only, no names.

    A run that was killed stays open (`finished_at` empty) and the next one goes on with it. `compacted_at` says when
    the bytes were cleared out of the database's files as well.
    """

    class Kind(models.TextChoices):
        TERM = "term"
        REQUEST = "request"

    kind = models.CharField(max_length=8, choices=Kind)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    compacted_at = models.DateTimeField(null=True)
    removed = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(finished_at=None, kind="term"), name="one_open_retention_run"
            )
        ]

    def __str__(self) -> str:
        return f"retention {self.pk}"


class RetentionCount(models.Model):
    """How many rows or files of one thing a run removed at one institution (empty: of none)."""

    run = models.ForeignKey(RetentionRun, on_delete=models.CASCADE, related_name="counts")
    item = models.CharField(max_length=60, help_text="<purpose>.<thing> of the rule pack")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    removed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "item", "unit"], name="retention_counted_once_at_a_unit"),
            models.UniqueConstraint(
                fields=["run", "item"], condition=models.Q(unit=None), name="retention_counted_once_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.removed}"
