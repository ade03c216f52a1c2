"""What is owed, on which terms, what was sent about it, and who stands in for whom."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.models import Account, RealmModel, Unit


class DutyTerms(models.Model):
    """A duty template as it was used: the content of the rule pack at that version, kept for ever.

    `body` is `rules.Terms` as JSON. The version is the hash of the content, so equal terms are one row.
    """

    version = models.CharField(max_length=40, primary_key=True)
    body: models.JSONField[Any, Any] = models.JSONField()

    def __str__(self) -> str:
        return self.version


class Duty(RealmModel):
    """One thing owed. Its state is derived (`rules.state`): nothing here says "late".

    `kind` is the id of a duty template ("class-morning-check") or a name that another room chose; `period` says which
    time it is for ("2026-11-23"). `step` counts the reminders and escalations already taken or passed over;
    `next_step_at` is the instant of the next one, empty when none is left or the duty is closed, done or excused.
    `done_at` is when we received what was owed.
    """

    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    holder_role = models.CharField(max_length=40)
    period = models.CharField(max_length=40)
    day = models.DateField(help_text="the unit's local day that the duty belongs to")
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True, help_text="from here on nobody is reminded any more")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    excused_at = models.DateTimeField(null=True)
    excused_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    excuse = models.CharField(max_length=200, blank=True)
    excuse_fact: models.JSONField[Any, Any] = models.JSONField(
        null=True, help_text="the calendar's word, if it excused"
    )
    step = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)
    link = models.CharField(max_length=200, blank=True)
    terms = models.ForeignKey(DutyTerms, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_step_at"], name="duty_next_step", condition=Q(next_step_at__isnull=False)),
            models.Index(fields=["unit", "due_at"], name="duty_of_unit"),
            models.Index(fields=["realm", "day", "kind"], name="duty_of_day"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["realm", "unit", "kind", "period"], name="duty_once_per_period"),
            models.CheckConstraint(condition=Q(due_at__gte=models.F("opens_at")), name="duty_is_due_after_it_opens"),
            models.CheckConstraint(
                condition=Q(next_step_at__isnull=True) | Q(done_at__isnull=True, excused_at__isnull=True),
                name="duty_is_not_chased_when_done_or_excused",
            ),
            models.CheckConstraint(
                condition=Q(excused_at__isnull=True) | ~Q(excuse=""), name="duty_is_excused_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"duty {self.pk} {self.kind} {self.period}"

    @property
    def template_version(self) -> str:
        """Version of the terms that it was raised on."""
        return self.terms_id


class DutyStep(RealmModel):
    """What was done about an open duty: a reminder, an escalation, or a reminder by hand (`number` empty)."""

    class Kind(models.TextChoices):
        REMINDER = "reminder"
        ESCALATION = "escalation"
        BY_HAND = "by_hand"

    class Outcome(models.TextChoices):
        SENT = "sent"
        SKIPPED = "skipped"
        NOBODY = "nobody"

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(null=True)
    kind = models.CharField(max_length=12, choices=Kind)
    role = models.CharField(max_length=40, blank=True, help_text="who was told, as a role")
    outcome = models.CharField(max_length=10, choices=Outcome)
    planned_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    notice = models.ForeignKey("comms.Notice", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    told = models.PositiveSmallIntegerField(default=0, help_text="how many accounts")

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["duty", "number"], name="duty_step_once")
        ]


class Delegation(RealmModel):
    """Somebody is away: from `begins` until before `ends` (local days), `to_account` holds the role at the unit."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    from_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    begins = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends__gte=models.F("begins")), name="delegation_ends_after_it_begins"),
            models.CheckConstraint(
                condition=~Q(from_account=models.F("to_account")), name="delegation_goes_to_somebody_else"
            ),
        ]
