"""The journal: audit, events and outbox in one append-only table (DESIGN, Journal).

`write` puts an entry into the transaction of the change. `seal` gives visible entries their place in one order and
links them into a hash chain. `verify` recomputes the chain. Reading is in `readers.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from lianfang.foundation import nudge
from lianfang.foundation.actor import Actor
from lianfang.foundation.bulk import insert_rows
from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, JournalSeal
from lianfang.foundation.realm import current_realm

SEAL_BATCH = 1000
# No transaction lives longer than this, so older unsealed ids can no longer appear (settings: statement timeouts).
SETTLED_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Event:
    """What an action did, before it is written. `body` is JSON-able; keep names and health detail out of `action`."""

    action: str
    subject_type: str
    subject_id: int | str
    unit_id: int | None
    true_at: datetime
    body: Mapping[str, Any]


def canonical(body: Any) -> bytes:
    """One byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write(actor: Actor, events: Iterable[Event], now: datetime) -> list[JournalEntry]:
    """Append entries inside the running transaction. Raises RuntimeError outside one."""
    return write_all((actor, event, now) for event in events)


def write_all(acts: Iterable[tuple[Actor, Event, datetime]]) -> list[JournalEntry]:
    """`write` for what several actors did in one transaction (group commit): (actor, event, received at) each."""
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry belongs into the transaction of its change")
    entries, payloads = [], []
    for actor, event, now in acts:
        salt = secrets.token_hex(16)
        said = canonical(event.body)
        entries.append(
            JournalEntry(
                realm_id=current_realm(),
                action=event.action,
                actor_id=actor.account_id,
                agent=actor.agent,
                unit_id=event.unit_id,
                subject_type=event.subject_type,
                subject_id=str(event.subject_id),
                payload_hash=settings.KEYRING.digest("journal", salt.encode() + said),
                request_id=actor.request_id,
                true_at=event.true_at,
                received_at=now,
            )
        )
        payloads.append(JournalPayload(body=json.loads(said), salt=salt))
    insert_rows(entries)
    for entry, payload in zip(entries, payloads, strict=True):
        payload.entry_id = entry.pk
    insert_rows(payloads)
    transaction.on_commit(nudge.wake)
    return entries


def _link(key: bytes, previous: str, seq: int, entry: JournalEntry) -> str:
    fields = (
        entry.uid.hex,
        entry.realm_id,
        entry.action,
        entry.actor_id,
        entry.agent,
        entry.unit_id,
        entry.subject_type,
        entry.subject_id,
        entry.payload_hash,
        entry.request_id,
        round(entry.true_at.timestamp() * 1_000_000),
        round(entry.received_at.timestamp() * 1_000_000),
    )
    message = json.dumps([previous, seq, *fields], separators=(",", ":"), ensure_ascii=False).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def seal(now: datetime) -> int:
    """Seal every visible unsealed entry; returns the last sequence number. Safe to call from anywhere, also inside an action."""
    _, key = settings.KEYRING.current_key("journal")
    head = JournalHead.objects.get(pk=1)
    if not JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).exists():
        return head.seq
    while True:
        with transaction.atomic():
            head = JournalHead.objects.select_for_update().get(pk=1)
            entries = list(
                JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).order_by("pk")[:SEAL_BATCH]
            )
            seals = []
            for entry in entries:
                head.seq += 1
                head.digest = _link(key, head.digest, head.seq, entry)
                seals.append(JournalSeal(seq=head.seq, entry_id=entry.pk, digest=head.digest, sealed_at=now))
            insert_rows(seals)
            settled = (
                JournalEntry.all_realms.filter(
                    pk__gt=head.floor_id, seal__isnull=False, received_at__lt=now - SETTLED_AFTER
                )
                .order_by("-pk")
                .values_list("pk", flat=True)
                .first()
            )
            if (
                settled is not None
                and not JournalEntry.all_realms.filter(pk__gt=head.floor_id, pk__lt=settled, seal__isnull=True).exists()
            ):
                head.floor_id = settled
            if seals or settled is not None:
                head.save(update_fields=["seq", "digest", "floor_id"])
        if len(entries) < SEAL_BATCH:
            return head.seq


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the journal does not verify."""

    seq: int
    what: str


def verify() -> Iterator[Fault]:
    """Recompute the chain from the first entry; yields every fault (link, gap, payload, head). Nothing means whole."""
    _, key = settings.KEYRING.current_key("journal")
    previous, expected = "0" * 64, 0
    seals = JournalSeal.objects.order_by("seq").prefetch_related(None)
    last = 0
    while True:
        chunk = list(seals.filter(seq__gt=last)[:SEAL_BATCH])
        if not chunk:
            break
        entries = {
            e.pk: e
            for e in JournalEntry.all_realms.filter(pk__in=[s.entry_id for s in chunk]).select_related("payload")
        }
        for item in chunk:
            last = item.seq
            expected += 1
            if item.seq != expected:
                yield Fault(item.seq, f"entries {expected}..{item.seq - 1} are missing")
                expected = item.seq
            entry = entries.get(item.entry_id)
            if entry is None:
                yield Fault(item.seq, "the entry is missing")
            elif _link(key, previous, item.seq, entry) != item.digest:
                yield Fault(item.seq, "the entry or its link was altered")
            else:
                yield from _payload_fault(item.seq, entry)
            previous = item.digest
    head = JournalHead.objects.get(pk=1)
    if (head.seq, head.digest) != (expected, previous):
        yield Fault(head.seq, "the end of the journal does not match its head")


def _payload_fault(seq: int, entry: JournalEntry) -> Iterator[Fault]:
    payload = getattr(entry, "payload", None)
    if payload is None:
        yield Fault(seq, "the payload row is missing")
    elif payload.erased_at is None:
        digest = settings.KEYRING.digest("journal", payload.salt.encode() + canonical(payload.body))
        if digest != entry.payload_hash:
            yield Fault(seq, "the payload was altered")


def erase_payloads(entries: Iterable[int], now: datetime) -> int:
    """Empty the payloads of these entries (retention); the chain still verifies. Returns how many."""
    return JournalPayload.objects.filter(pk__in=list(entries), erased_at=None).update(body=None, salt="", erased_at=now)
