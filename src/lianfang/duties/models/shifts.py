"""Duty rosters: plans by rotation, their shifts, what was changed about them, and hand-over notes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Account, RealmModel, Unit


class ShiftPlan(RealmModel):
    """Who holds a role at a unit by the hour, from `begins` until before `ends` (local days).

    `slots` are [{"name", "begins", "ends"}] in local time ("07:00"; an end at or before the beginning is the next
    day's); `people` the ids of accounts in the order of rotation; `turn` says after what the next one comes.
    """

    class Days(models.TextChoices):
        SCHOOL = "school"
        FREE = "free"
        EVERY = "every"

    class Turn(models.TextChoices):
        SHIFT = "shift"
        DAY = "day"
        WEEK = "week"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    begins = models.DateField()
    ends = models.DateField()
    days = models.CharField(max_length=8, choices=Days)
    turn = models.CharField(max_length=8, choices=Turn)
    slots: models.JSONField[Any, Any] = models.JSONField()
    people: models.JSONField[Any, Any] = models.JSONField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends__gt=models.F("begins")), name="shift_plan_ends_after_it_begins")
        ]

    @property
    def last(self) -> date:
        """The last day, included."""
        return self.ends - timedelta(days=1)


class Shift(RealmModel):
    """One person's hours on duty. `account` holds it now, `planned` was chosen by the plan; the two differ after a
    change. `day` is the local day on which it begins. `cancelled_at`: not held after all (holiday, plan withdrawn)."""

    plan = models.ForeignKey(ShiftPlan, on_delete=models.PROTECT, related_name="shifts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=40)
    name = models.CharField(max_length=20)
    day = models.DateField()
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    planned = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    on_post_at = models.DateTimeField(null=True, help_text="when the holder said to be on post, by our clock")
    on_post_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "begins"], name="shift_of_unit"),
            models.Index(fields=["realm", "day"], name="shift_of_day"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["realm", "unit", "role", "begins"],
                condition=Q(cancelled_at=None),
                name="shift_once_at_an_hour",
            ),
            models.CheckConstraint(condition=Q(ends__gt=models.F("begins")), name="shift_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"shift {self.pk} {self.role} {self.begins:%Y-%m-%dT%H:%MZ}"


class ShiftChange(RealmModel):
    """A shift goes to somebody else: asked of the other and answered, or ordered. `other` is the shift given in
    return (a swap); without it the other stands in. `outcome` is empty until it is answered."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted"
        DECLINED = "declined"
        TAKEN_BACK = "taken_back"
        ORDERED = "ordered"

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="changes")
    other = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="changes_in_return")
    from_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["shift"], condition=Q(outcome=""), name="shift_asked_for_once_at_a_time"),
            models.CheckConstraint(
                condition=~Q(from_account=models.F("to_account")), name="shift_goes_to_somebody_else"
            ),
        ]


class HandOver(RealmModel):
    """What the next one has to know. Written at the end of a shift, seen by whoever comes next; never rewritten."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=2000)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
