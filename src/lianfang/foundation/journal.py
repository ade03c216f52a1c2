"""The journal: audit, events and outbox in one append-only table (DESIGN, Journal).

`write` puts an entry into the transaction of the change. `seal` gives visible entries their place in one order and
links them into a hash chain. `verify` recomputes the chain (`chain.py`). Reading is in `readers.py`.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from lianfang.foundation import nudge
from lianfang.foundation.actor import Actor
from lianfang.foundation.bulk import insert_rows, new_row
from lianfang.foundation.chain import LINKED, Fault, canonical, erasure_mark, head_mark, link, payload_digest, verify
from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, JournalSeal
from lianfang.foundation.realm import current_realm

__all__ = ["Event", "Fault", "canonical", "erase_payloads", "head_mark", "seal", "verify", "write", "write_all"]
SEAL_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """What an action did, before it is written. `body` is JSON-able; keep names and health detail out of `action`."""

    action: str
    subject_type: str
    subject_id: int | str
    unit_id: int | None
    true_at: datetime
    body: Mapping[str, Any]


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
            new_row(
                JournalEntry,
                realm_id=current_realm(),
                action=event.action,
                actor_id=actor.account_id,
                agent=actor.agent,
                unit_id=event.unit_id,
                subject_type=event.subject_type,
                subject_id=str(event.subject_id),
                payload_hash=payload_digest(salt, said),
                request_id=actor.request_id,
                true_at=event.true_at,
                received_at=now,
            )
        )
        payloads.append(new_row(JournalPayload, body=json.loads(said), salt=salt))
    insert_rows(entries)
    for entry, payload in zip(entries, payloads, strict=True):
        payload.entry_id = entry.pk
    insert_rows(payloads)
    transaction.on_commit(nudge.wake)
    return entries


def seal(now: datetime) -> int:
    """Seal every visible unsealed entry; returns the last sequence number. Safe to call from anywhere, also inside an action."""
    _, key = settings.KEYRING.current_key("journal")
    head = JournalHead.objects.get(pk=1)
    if not JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).exists():
        return head.seq
    while True:
        with transaction.atomic():
            head = JournalHead.objects.select_for_update().get(pk=1)
            unsealed = JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).order_by("pk")
            entries: list[Any] = list(unsealed.values_list(*LINKED, "pk", named=True)[:SEAL_BATCH])
            seals = []
            for entry in entries:
                head.seq += 1
                head.digest = link(key, head.digest, head.seq, entry)
                seals.append(new_row(JournalSeal, seq=head.seq, entry_id=entry.pk, digest=head.digest, sealed_at=now))
            insert_rows(seals)
            risen = _raise_floor(head, entries)
            if seals or risen:
                head.save(update_fields=["seq", "digest", "floor_id"])
        if len(entries) < SEAL_BATCH:
            return head.seq


@dataclass(slots=True)
class _Rising:
    """A sealed entry that becomes the floor when every transaction that ran while it waited has ended."""

    pk: int
    uid: uuid.UUID
    horizon: int | None = None


_rising: _Rising | None = None


def _raise_floor(head: JournalHead, entries: Sequence[Any]) -> bool:
    """Move `floor_id` up where no unsealed entry can appear below it any more; whether it moved.

    On PostgreSQL an entry with a lower id may commit long after one with a higher. The numbers of transactions tell when
    that is over; no clock does: an exercise, a replay or a clock put forward writes any `received_at`. The horizon is
    read one sealing later than the entry, so that a transaction that had just drawn its id has a number as well. What
    waits is remembered by the process alone: lost, the floor rises a little later.
    """
    global _rising
    oldest, following = _transactions()
    if _rising is not None and _rising.horizon is None:
        _rising.horizon = following
    if _rising is not None and oldest < (_rising.horizon or 0):
        return False
    before, waiting = head.floor_id, _rising
    _rising = _Rising(entries[-1].pk, entries[-1].uid) if entries else None
    if waiting is None or waiting.pk <= before:
        return False
    below = JournalEntry.all_realms.filter(pk__gt=before, pk__lte=waiting.pk)
    if below.filter(seal__isnull=True).exists() or not below.filter(pk=waiting.pk, uid=waiting.uid).exists():
        return False
    head.floor_id = waiting.pk
    return True


def _transactions() -> tuple[int, int]:
    """Number of the oldest transaction still running that may write here, and the one that the next will get. One of
    another database of the server, as far as the server says so, cannot. SQLite: one writes at a time."""
    if connection.vendor != "postgresql":
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT min(running.x) FROM (SELECT pg_snapshot_xip(now.s)::text::numeric x) running"
            " WHERE mod(running.x, 4294967296) NOT IN (SELECT backend_xid::text::numeric FROM pg_stat_activity"
            " WHERE backend_xid IS NOT NULL AND datname <> current_database())),"
            " pg_snapshot_xmax(now.s)::text FROM (SELECT pg_current_snapshot() s) now"
        )
        oldest, following = cursor.fetchone()
    return int(following if oldest is None else oldest), int(following)


def erase_payloads(entries: Iterable[int], now: datetime) -> int:
    """Empty the payloads of these entries (retention); the chain still verifies. Returns how many.

    What is left says, under the key, that it was erased and when (`chain.erasure_mark`).
    """
    with transaction.atomic():
        rows = JournalPayload.objects.select_for_update(of=("self",)).filter(pk__in=list(entries), erased_at=None)
        found = list(rows.select_related("entry").only("entry__payload_hash"))
        JournalPayload.objects.filter(pk__in=[row.pk for row in found]).update(body=None)
        for row in found:
            row.salt, row.erased_at = erasure_mark(row.entry.payload_hash, now), now
        return JournalPayload.objects.bulk_update(found, ["salt", "erased_at"], batch_size=200)
