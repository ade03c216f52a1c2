from __future__ import annotations

from typing import ClassVar

from django.db import models

from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account


class Household(models.Model):
    """People who live together; exposure evidence and the family level of the network (D1)."""

    address = EncryptedTextField(null=True)


class Guardianship(models.Model):
    """A guardian of a child. It opens the child's rows only while confirmed and in force (D8)."""

    guardian = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="wards")
    child = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="guardians")
    relation = models.CharField(max_length=20, help_text="mother, father, grandparent, other")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    begins = models.DateField()
    ends = models.DateField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["guardian", "child"], condition=models.Q(ends=None), name="guardianship_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(guardian=models.F("child")), name="nobody_is_their_own_guardian"
            ),
            models.CheckConstraint(
                condition=models.Q(ends=None) | models.Q(ends__gte=models.F("begins")),
                name="guardianship_ends_after_it_begins",
            ),
        ]
