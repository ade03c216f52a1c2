"""Meetings: who was there, what was said in which version, and decisions that become duties."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.duties.models.owed import Duty
from lianfang.foundation.models import Account, RealmModel, Unit
from lianfang.people.models import Group, Person


class Meeting(RealmModel):
    """A meeting of a unit, perhaps of one of its groups. The minutes are rows of their own."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=100)
    begins_at = models.DateTimeField()
    place = models.CharField(max_length=60, blank=True)
    agenda = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "begins_at"], name="meeting_of_unit")]

    def __str__(self) -> str:
        return f"meeting {self.pk}"


class Attendance(RealmModel):
    """Somebody is asked to a meeting, and was there or not."""

    class State(models.TextChoices):
        INVITED = "invited"
        PRESENT = "present"
        ABSENT = "absent"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendances")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.INVITED)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["meeting", "person"], name="attendance_once")
        ]


class Minutes(RealmModel):
    """The minutes of a meeting in one version. Correcting them adds the next number, with the reason."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="minutes")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    reason = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["meeting", "number"], name="minutes_version_once"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="minutes_corrected_with_a_reason"),
        ]


class Decision(RealmModel):
    """What a meeting decided, to be done by whoever holds a role at a unit, by a day. It raises exactly one duty."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="decisions")
    client_id = models.UUIDField(default=uuid.uuid4)
    text = models.CharField(max_length=500)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    due_on = models.DateField()
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=500, blank=True, help_text="what the holder says was done")
    decided_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=200, blank=True)

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["meeting", "client_id"], name="decision_once")
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"
