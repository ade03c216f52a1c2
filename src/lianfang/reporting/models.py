"""Signed reports and the excuses of late ones. A report is a frozen snapshot: counts and references, no names."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.foundation.models import Account, RealmModel, Unit


class Report(RealmModel):
    """What a unit's signer answered for on one day (H3). Only `superseded_at` is written after signing.

    `true_at` is when the signer said it was so, `signed_at` when we received it; lateness looks at
    our receipt of the first version only.
    `figures` are the counts by field of the kind; `basis` says what they rest on: the units below with the state and
    counts that each had, the calendar, the rules with their versions, the formulas that did not hold. `journal_seq` is
    the sealed place of the signing, so "what was known then" stays a query. An amendment points at what it replaces.
    """

    class Verdict(models.TextChoices):
        CONFIRMED_ZERO = "confirmed_zero"
        HAS_CASES = "has_cases"

    kind = models.CharField(max_length=40)
    kind_version = models.CharField(max_length=12)
    level = models.CharField(max_length=20)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reports", db_index=False)
    day = models.DateField()
    verdict = models.CharField(max_length=16, choices=Verdict)
    figures: models.JSONField[Any, Any] = models.JSONField()
    basis: models.JSONField[Any, Any] = models.JSONField()
    due_at = models.DateTimeField()
    grace_minutes = models.PositiveSmallIntegerField(default=0)
    true_at = models.DateTimeField()
    signed_at = models.DateTimeField()
    first_signed_at = models.DateTimeField(help_text="when the first version was received: what lateness looks at")
    signed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    stand_in = models.BooleanField(default=False)
    late_reason = models.CharField(max_length=200, blank=True)
    journal_seq = models.BigIntegerField(null=True)
    amends = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="amended_by")
    reason = models.CharField(max_length=200, blank=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "kind", "-day"]),
            models.Index(fields=["kind", "day"]),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["realm", "kind", "unit", "day"],
                condition=Q(superseded_at=None),
                name="report_in_force_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["confirmed_zero", "has_cases"]), name="report_verdict_is_one_of_two"
            ),
            models.CheckConstraint(
                condition=Q(amends=None, reason="") | (Q(amends__isnull=False) & ~Q(reason="")),
                name="report_amendment_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None) | Q(superseded_at__gte=F("signed_at")),
                name="report_superseded_after_it_was_signed",
            ),
        ]


class LatenessExcuse(RealmModel):
    """Why somebody above accepts that a unit's report of a day came late or not at all in time. The lateness itself
    stays what it is: both are shown."""

    kind = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    reason = models.CharField(max_length=200)
    excused_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    excused_at = models.DateTimeField()

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["realm", "kind", "unit", "day"], name="lateness_excused_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="lateness_excuse_has_a_reason"),
        ]
