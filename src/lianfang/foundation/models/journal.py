from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from lianfang.foundation.models.accounts import Account
from lianfang.foundation.models.realms import RealmModel
from lianfang.foundation.models.units import Unit


class JournalEntry(RealmModel):
    """One change, written in the transaction that made it; append-only. An event is a journal entry.

    Realm-bound like the change; the journal's own readers use `all_realms`. The id only orders roughly: commits
    become visible out of order, so readers follow `JournalSeal.seq`.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.CharField(max_length=60, help_text="account:<id>, or the job or import that acted")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    payload_hash = models.CharField(max_length=64)
    request_id = models.CharField(max_length=40)
    true_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject_type", "subject_id"])]


class JournalPayload(models.Model):
    """The erasable part of an entry. Erasing empties the body and keeps the hash, so the chain stays whole."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, related_name="payload")
    body: models.JSONField[Any, Any] = models.JSONField(null=True)
    salt = models.CharField(
        max_length=32, help_text="random; erasing puts a keyed mark here, so that the hash cannot be guessed back"
    )
    erased_at = models.DateTimeField(null=True)


class JournalSeal(models.Model):
    """Place of an entry in the one order that readers follow, and the link of the hash chain."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()


class JournalHead(models.Model):
    """One row: the last sequence number and digest, and the entry id below which everything is sealed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)
    floor_id = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="journal_has_one_head")
        ]


class ReaderCursor(models.Model):
    """How far a reader has come. Moves in the transaction of what the reader did, so an event works once."""

    reader = models.CharField(max_length=60, primary_key=True)
    seq = models.BigIntegerField(default=0)


class ParkedEvent(models.Model):
    """An event that a reader could not take; set aside so that it does not stop the others, tried again later."""

    reader = models.CharField(max_length=60)
    seal = models.ForeignKey(JournalSeal, on_delete=models.PROTECT, related_name="+")
    error = models.CharField(max_length=200)
    tries = models.PositiveIntegerField(default=1)
    next_try_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["reader", "seal"], name="parked_once_per_reader")
        ]


class Receipt(models.Model):
    """Accept exactly once: (source, client_id) for ever. The same id with another body is refused (409)."""

    source = models.CharField(max_length=60)
    client_id = models.UUIDField()
    body_hash = models.CharField(max_length=64)
    answer: models.JSONField[Any, Any] = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client_id", "source"], name="receipt_once_per_source_and_client_id")
        ]


class NamedLook(RealmModel):
    """Somebody looked at identifiable health detail outside their own class or care."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    permission = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    request_id = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta(RealmModel.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject_type", "subject_id", "at"])]
