from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, StoredFile, Unit


class NoticeSeen(models.Model):
    """A person was shown the privacy notice in one version (hash of the purposes as they held) and said so."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=12)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "version"], name="notice_seen_once_a_version")
        ]


class Consent(models.Model):
    """What somebody said about one purpose and one child (or themselves) from an instant on. Rows are never changed:
    the latest word of each speaker counts."""

    class Word(models.TextChoices):
        GIVEN = "given"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    child = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    speaker = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    word = models.CharField(max_length=10, choices=Word)
    notice_version = models.CharField(max_length=12)
    said_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["child", "purpose", "said_at"])]


class DataRequest(models.Model):
    """Somebody asks the school to correct, erase or explain what is kept about a person. Answered in words."""

    class Kind(models.TextChoices):
        CORRECT = "correct"
        ERASE = "erase"
        ASK = "ask"

    class Decision(models.TextChoices):
        DONE = "done"
        PARTLY = "partly"
        DECLINED = "declined"

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", help_text="the institution that answers")
    kind = models.CharField(max_length=8, choices=Kind)
    text = EncryptedTextField(null=True)
    asked_by = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision, blank=True)
    answer = EncryptedTextField(null=True)
    answered_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "asked_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(answered_at=None, decision="") | (Q(answered_at__isnull=False) & ~Q(decision="")),
                name="data_request_is_answered_with_a_decision",
            )
        ]


class OwnDataCopy(models.Model):
    """A copy of one's own and one's children's data, made for download and removed after its term."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_index=True)


class Erasure(models.Model):
    """A person's data was erased on request: who did it, why, and what a duty to keep held back. No content."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    whole = models.BooleanField()
    removed: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    held_back: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
