from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from lianfang.daily.models.facts import Fact, plausible_temperature, replaced_after_receipt
from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, Unit


class EarlyLeave(Fact):
    """A person left before the end of the day. `true_at` is when they left; `fetched_by` who took them."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    cause = models.CharField(max_length=20)
    symptoms: models.JSONField[Any, Any] = models.JSONField(default=list)
    temperature = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    site = models.CharField(max_length=20, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    fever = models.BooleanField(default=False)
    fetched_by = EncryptedTextField(null=True)
    hospital = models.CharField(max_length=100, blank=True)
    note = EncryptedTextField(null=True)
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")

    class Meta(Fact.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "day"]),
            models.Index(fields=["person", "day"]),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["realm", "person", "unit", "day"],
                condition=Q(superseded_at=None),
                name="one_effective_leave_a_day",
            ),
            models.CheckConstraint(condition=~Q(cause=""), name="leave_has_cause"),
            plausible_temperature("leave_temperature_plausible"),
            replaced_after_receipt("leave_replaced_after_receipt"),
        ]
