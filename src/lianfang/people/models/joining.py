from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.models import Account, Unit
from lianfang.people.joining import InvitationFacts


class Invitation(models.Model):
    """Somebody is asked to join a unit. Only the keyed hash of its code is kept; the code stands on paper alone.

    `many` is a class's code: several guardians use it until it runs out. A slip for one child, or for one member of
    staff, works once.
    """

    class Kind(models.TextChoices):
        GUARDIAN = "guardian"
        STAFF = "staff"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    many = models.BooleanField(default=False)
    child = models.ForeignKey("people.Person", on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=60, blank=True, help_text="of the member of staff who is invited")
    posts: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="[{unit, role, begins}]: posts that begin on acceptance, or on their later day"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "created_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(kind="staff", child=None, many=False)
                | models.Q(kind="guardian", many=False, child__isnull=False)
                | models.Q(kind="guardian", many=True, child=None),
                name="invitation_names_one_child_or_a_class_or_staff",
            )
        ]

    def facts(self) -> InvitationFacts:
        """What its state follows from."""
        return InvitationFacts(self.expires_at, self.many, self.used_at, self.revoked_at)


class GuardianClaim(models.Model):
    """Somebody says that they are a child's guardian. It opens nothing until the school confirms it."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="claims")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    claimant = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="claims")
    child = models.ForeignKey("people.Person", on_delete=models.CASCADE, null=True, related_name="+")
    said_child = models.CharField(max_length=60, help_text="the child's name as it was typed")
    relation = models.CharField(max_length=20)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed = models.BooleanField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "decided_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["claimant", "child"], condition=models.Q(decided_at=None), name="claim_waits_once"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, confirmed=None)
                | models.Q(decided_at__isnull=False, confirmed__isnull=False),
                name="claim_is_decided_with_an_answer",
            ),
        ]


class WrongCode(models.Model):
    """A code that fitted no invitation, by the keyed hash of the address it came from; kept for a day."""

    source = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["source", "at"])]
