from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.daily.models.facts import Fact, plausible_temperature, replaced_after_receipt
from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, RealmModel, Unit


class RollCheck(Fact):
    """The roll of a unit called at a session of a day, by exception. Its counts are those of the marks below it.

    `expected` is the number on the roll when it was called; `present` includes late arrivals and who left early;
    `absent` less `absent_ill` and `absent_other` are those whose cause is not known yet. `symptomatic` counts everybody
    on the roll with a symptom or fever, at school or away; `fever` is a part of it.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    session = models.CharField(max_length=20, help_text="morning, noon, afternoon, evening, lesson-1 … lesson-9")
    all_well = models.BooleanField()
    expected = models.PositiveSmallIntegerField()
    present = models.PositiveSmallIntegerField()
    absent = models.PositiveSmallIntegerField(default=0)
    absent_ill = models.PositiveSmallIntegerField(default=0)
    absent_other = models.PositiveSmallIntegerField(default=0)
    late_arrivals = models.PositiveSmallIntegerField(default=0)
    symptomatic = models.PositiveSmallIntegerField(default=0)
    fever = models.PositiveSmallIntegerField(default=0)
    rules_version = models.CharField(max_length=12, help_text="version of the rule packs that decided fever and causes")
    checked_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    stand_in = models.BooleanField(default=False)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by", help_text="the check that it replaces"
    )
    correction_reason = models.CharField(max_length=200, blank=True)
    sheet = models.ForeignKey(
        "daily.RollSheet", on_delete=models.PROTECT, null=True, related_name="+", help_text="entered from this sheet"
    )

    class Meta(Fact.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "day", "session"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["realm", "unit", "day", "session"],
                condition=Q(superseded_at=None),
                name="one_effective_check_a_session",
            ),
            models.CheckConstraint(condition=Q(expected=F("present") + F("absent")), name="check_adds_up"),
            models.CheckConstraint(
                condition=Q(absent__gte=F("absent_ill") + F("absent_other")), name="check_causes_within_absent"
            ),
            models.CheckConstraint(condition=Q(late_arrivals__lte=F("present")), name="check_late_within_present"),
            models.CheckConstraint(
                condition=Q(fever__lte=F("symptomatic")) & Q(symptomatic__lte=F("expected")),
                name="check_fever_within_symptomatic",
            ),
            models.CheckConstraint(
                condition=Q(all_well=False) | Q(absent=0, symptomatic=0, late_arrivals=0), name="check_all_well_is_all"
            ),
            replaced_after_receipt("check_replaced_after_receipt"),
        ]


class RollMark(RealmModel):
    """One person's exception on a check. Whoever has no mark was present and well.

    A mark without absence, symptom and fever is written where a report of a guardian said otherwise and the checker
    looked: `answers` holds the ids of the reports that it answers. `since` is the first day of the absence.
    """

    class Presence(models.TextChoices):
        PRESENT = "present"
        LATE = "late"
        LEFT_EARLY = "left_early"
        ABSENT = "absent"

    roll_check = models.ForeignKey(
        RollCheck, on_delete=models.PROTECT, related_name="marks", db_column="check_id", db_index=False
    )
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    session = models.CharField(max_length=20)
    presence = models.CharField(max_length=10, choices=Presence)
    cause = models.CharField(max_length=20, blank=True)
    symptoms: models.JSONField[Any, Any] = models.JSONField(default=list)
    temperature = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    site = models.CharField(max_length=20, blank=True)
    instrument = models.CharField(max_length=20, blank=True)
    fever = models.BooleanField(default=False)
    onset = models.DateField(null=True)
    since = models.DateField(null=True)
    diagnosis = models.CharField(max_length=100, blank=True)
    hospital = models.CharField(max_length=100, blank=True)
    note = EncryptedTextField(null=True)
    answers: models.JSONField[Any, Any] = models.JSONField(default=list, help_text="ids of the health reports answered")

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person", "day"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["roll_check", "person"], name="one_mark_a_person"),
            models.CheckConstraint(
                condition=Q(presence="absent") & ~Q(cause="") & Q(since__isnull=False)
                | ~Q(presence="absent") & Q(cause="", since=None),
                name="mark_absent_has_cause",
            ),
            models.CheckConstraint(condition=Q(onset=None) | Q(onset__lte=F("day")), name="mark_onset_not_after_day"),
            models.CheckConstraint(condition=Q(since=None) | Q(since__lte=F("day")), name="mark_since_not_after_day"),
            plausible_temperature("mark_temperature_plausible"),
        ]
