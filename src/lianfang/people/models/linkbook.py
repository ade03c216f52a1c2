from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.foundation.crypto import EncryptedTextField
from lianfang.foundation.models import Account, Unit
from lianfang.people.models.memberships import Timed


class LinkEntry(Timed):
    """Whom a unit calls: a body outside or somebody of its own (D5). A changed entry is a new row that `replaces` the
    old one, which ends; so calls stay with the number that was called. `kind` is of `linkbook.KINDS`."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="link_entries")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60, help_text="the body, or the person's post")
    contact = models.CharField(max_length=60, blank=True, help_text="whom to ask for")
    phone = EncryptedTextField()
    private = models.BooleanField(help_text="somebody's own number; masked for those who may not call")
    note = models.CharField(max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=models.F("begins")), name="link_entry_ends_after_it_begins"
            )
        ]


class LinkCall(models.Model):
    """The number of an entry was called, and what came of it."""

    class Outcome(models.TextChoices):
        REACHED = "reached"
        NO_ANSWER = "no_answer"
        WRONG_NUMBER = "wrong_number"

    entry = models.ForeignKey(LinkEntry, on_delete=models.CASCADE, related_name="calls")
    outcome = models.CharField(max_length=12, choices=Outcome)
    note = models.CharField(max_length=200, blank=True)
    called_at = models.DateTimeField()
    called_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
