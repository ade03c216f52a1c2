from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account
from lianfang.foundation.realm import REAL


class Person(models.Model):
    """One human being, once, whatever schools and roles they have. ID number and phone are encrypted (D2)."""

    class Sex(models.TextChoices):
        FEMALE = "female"
        MALE = "male"
        UNKNOWN = "unknown"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    realm = models.ForeignKey("foundation.Realm", on_delete=models.PROTECT, default=REAL, related_name="+")
    account = models.OneToOneField(Account, on_delete=models.SET_NULL, null=True, related_name="person")
    household = models.ForeignKey("people.Household", on_delete=models.SET_NULL, null=True, related_name="persons")
    name = models.CharField(max_length=60)
    name_key = models.CharField(
        max_length=60, db_index=True, help_text="name without spaces and middle dots, lower case"
    )
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    birth_date = models.DateField(null=True)
    id_type = models.CharField(max_length=20, blank=True)
    id_number = EncryptedTextField(null=True)
    id_index = models.CharField(max_length=64, blank=True, help_text="blind index of type and number")
    phone = EncryptedTextField(null=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, help_text="last change of this row by our clock, if any")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["realm", "id_index"], condition=~Q(id_index=""), name="person_once_per_id_number"
            )
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"
