"""Notices and what became of each one's deliveries."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.models import Account, RealmModel, Unit


class Notice(RealmModel):
    """One message to some accounts: a declared text with its parameters, rendered in each reader's language.

    `params` hold no names of pupils and no health detail. `dedupe` is unique in its realm for ever (None: may repeat).
    """

    class Importance(models.TextChoices):
        NORMAL = "normal"
        HIGH = "high"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    text_key = models.CharField(max_length=80)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    link = models.CharField(max_length=200, blank=True, help_text="a path of this installation, beginning with /")
    importance = models.CharField(max_length=10, choices=Importance, default=Importance.NORMAL)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    dedupe = models.CharField(max_length=160, null=True)
    sent_at = models.DateTimeField()

    class Meta(RealmModel.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["realm", "dedupe"], name="notice_once_per_dedupe_key")
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} {self.text_key}"


class Delivery(RealmModel):
    """A notice on its way to one account by one channel. `state` is the key of the status catalogue's group `delivery`."""

    class Channel(models.TextChoices):
        IN_APP = "in_app"
        EMAIL = "email"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        READ = "read"
        FAILED = "failed"

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=State)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True, help_text="code of the last failure, see rules.PROBLEMS")

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "-id"], name="delivery_inbox", condition=models.Q(channel="in_app")),
            models.Index(
                fields=["account"], name="delivery_unread", condition=models.Q(channel="in_app", read_at__isnull=True)
            ),
            models.Index(fields=["next_try_at"], name="delivery_to_try", condition=models.Q(state="queued")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "account", "channel"], name="delivery_once_per_channel"),
            models.CheckConstraint(
                condition=models.Q(state="queued", next_try_at__isnull=False)
                | ~models.Q(state="queued") & models.Q(next_try_at__isnull=True),
                name="delivery_is_tried_again_only_while_queued",
            ),
            models.CheckConstraint(
                condition=models.Q(state="read", read_at__isnull=False)
                | ~models.Q(state="read") & models.Q(read_at__isnull=True),
                name="delivery_is_read_when_it_says_so",
            ),
        ]
