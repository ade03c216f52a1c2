from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from lianfang.daily.models.facts import Fact, plausible_temperature, replaced_after_receipt
from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, Unit


class HealthReport(Fact):
    """What a person, their guardian or their class teacher said about the person's health on a day (H1).

    Several reports a day stand beside each other; only an explicit correction replaces one. `fever` is what the rules
    made of symptoms and temperature when it was received; a report without temperature claims none.
    """

    class Channel(models.TextChoices):
        SELF = "self"
        GUARDIAN = "guardian"
        CLASS = "class"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    channel = models.CharField(max_length=10, choices=Channel)
    temperature = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    site = models.CharField(max_length=20, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    symptoms: models.JSONField[Any, Any] = models.JSONField(default=list)
    fever = models.BooleanField(default=False)
    absent = models.BooleanField(default=False)
    unwell = models.BooleanField(default=False, help_text="says fever, a symptom or absence: it may contradict a check")
    cause = models.CharField(max_length=20, blank=True)
    contact_case = models.BooleanField(default=False, help_text="was with a case or a suspected case")
    contact_region = models.BooleanField(default=False, help_text="was with somebody from a watched region")
    track = EncryptedTextField(null=True, help_text="where the person has been")
    reported_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    corrects = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="corrected_by",
        help_text="the report that it replaces",
    )

    class Meta(Fact.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "day"]),
            models.Index(fields=["person", "day"]),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(absent=False, cause="") | Q(absent=True) & ~Q(cause=""), name="report_absent_has_cause"
            ),
            models.CheckConstraint(
                condition=Q(unwell=True) | Q(fever=False, absent=False), name="report_well_has_no_fever_or_absence"
            ),
            plausible_temperature("report_temperature_plausible"),
            replaced_after_receipt("report_replaced_after_receipt"),
        ]
