"""The journal's hash chain: how a link is made, and the verification that finds what was altered.

A link is a keyed digest over the link before it, the sequence number and every column of the entry; the payload hangs on
the entry by its own keyed, salted hash. `UNCOVERED` names what the chain says nothing about, and why. The key is outside
the database, so whoever can only write to the database cannot make a journal that verifies (ADR 0005).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, OperationalError
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, JournalSeal

START = "0" * 64
BATCH = 1000
# (table, column) that an edit may change without the chain noticing, and why that is so.
UNCOVERED = {
    (
        "journalseal",
        "sealed_at",
    ): "when the worker sealed; no rule, deadline or page reads it, and the entry carries its "
    "own two times, which are covered",
    ("journalhead", "floor_id"): "lowering it only makes the next sealing look through more rows; raising it over an "
    "entry that waits, or beyond the last sealed one, is found",
}
LARGEST = 2**63 - 1
# What reading a damaged row raises: text that is no JSON, no instant, no UUID; on SQLite no UTF-8, on PostgreSQL the
# year 20263.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, DataError, OperationalError)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the journal does not verify. `seq` 0: not at a sealed entry."""

    seq: int
    what: str


def canonical(body: Any) -> bytes:
    """One byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def payload_digest(salt: str, said: bytes) -> str:
    """The keyed hash of a payload in its canonical form."""
    return str(settings.KEYRING.digest("journal", salt.encode() + said))


def erasure_mark(payload_hash: str, at: datetime) -> str:
    """What stands in an erased payload's salt, 32 hex digits: that the system erased it, and when. Needs the key, so a
    payload that somebody emptied in the database is told from one that retention erased."""
    moment = round(at.timestamp() * 1_000_000)
    return str(settings.KEYRING.digest("journal", f"erased\0{payload_hash}\0{moment}".encode()))[:32]


# What of an entry the chain covers, in the order of its digest.
LINKED = (
    *("uid", "realm_id", "action", "actor_id", "agent", "unit_id", "subject_type", "subject_id", "payload_hash"),
    *("request_id", "true_at", "received_at"),
)


def link(key: bytes, previous: str, seq: int, entry: Any) -> str:
    """The digest that seals an entry (`JournalEntry`, or a row of its LINKED columns) at its place."""
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


def head_mark() -> str:
    """`SEQ:DIGEST` of the journal's end as it stands: to be noted where this database cannot be changed."""
    head = JournalHead.objects.get(pk=1)
    return f"{head.seq}:{head.digest}"


def verify(expect: Iterable[tuple[int, str]] = ()) -> Iterator[Fault]:
    """Recompute the chain from the first entry; yields every fault (link, gap, payload, head). Nothing means whole.

    `expect` are (seq, digest) of heads that were noted elsewhere. Without one, a journal whose end was cut off together
    with its head, or that was put back to an older copy, looks like one to which nothing was added since.
    """
    _, key = settings.KEYRING.current_key("journal")
    noted: dict[int, set[str]] = {}
    for seq, digest in expect:
        noted.setdefault(seq, set()).add(digest)
    previous, expected, last, seen = START, 0, 0, 0
    while True:
        chunk, broken = _read(JournalSeal.objects.filter(seq__gt=last, seq__lte=LARGEST), "seq")
        seen += len(chunk) + len(broken)
        yield from (Fault(seq, "the seal cannot be read") for seq in broken)
        if not chunk and not broken:
            break
        entries, torn = _entries({s.entry_id for s in chunk if isinstance(s.entry_id, int)})
        for item in chunk:
            last = item.seq
            expected += 1
            if item.seq != expected:
                yield Fault(item.seq, f"entries {expected}..{item.seq - 1} are missing")
                expected = item.seq
            entry = entries.get(item.entry_id)
            if item.entry_id in torn:
                yield Fault(item.seq, "the entry or its payload cannot be read")
            elif entry is None:
                yield Fault(item.seq, "the entry is missing")
            elif not _linked(key, previous, item, entry):
                yield Fault(item.seq, "the entry or its link was altered")
            else:
                yield from _payload_fault(item.seq, entry)
            if noted.pop(item.seq, {item.digest}) != {item.digest}:
                yield Fault(item.seq, "the digest is not the one that was noted elsewhere")
            previous = item.digest
        last = max([last, *broken])
    for seq in sorted(noted):
        if seq != 0 or noted[seq] != {START}:
            yield Fault(seq, "this entry was noted elsewhere and is not in the journal: its end was cut off")
    if seen != (stored := JournalSeal.objects.count()):
        yield Fault(0, f"{stored - seen} seals have no proper number")
    yield from _end(expected, previous)
    yield from _beside()


def verify_end(number: int) -> Iterator[Fault]:
    """A quick look at the last `number` entries: their links, their payloads and the head; what stands before them is taken
    for true. Raises what the database raises for rows that cannot be read."""
    _, key = settings.KEYRING.current_key("journal")
    head = JournalHead.objects.get(pk=1)
    after = max(head.seq - number, 0)
    before = JournalSeal.objects.filter(seq=after).values_list("digest", flat=True).first()
    previous, last = before or START, after
    for item in JournalSeal.objects.filter(seq__gt=after).select_related("entry__payload").order_by("seq"):
        last += 1
        if item.seq != last:
            yield Fault(item.seq, f"entries {last}..{item.seq - 1} are missing")
            last = item.seq
        if not _linked(key, previous, item, item.entry):
            yield Fault(item.seq, "the entry or its link was altered")
        else:
            yield from _payload_fault(item.seq, item.entry)
        previous = item.digest
    if (head.seq, head.digest) != (last, previous):
        yield Fault(head.seq, "the end of the journal does not match its head")


def _linked(key: bytes, previous: str, item: JournalSeal, entry: JournalEntry) -> bool:
    try:
        return hmac.compare_digest(link(key, previous, item.seq, entry), item.digest)
    except UNREADABLE:  # a column that holds something of another kind
        return False


def _end(seq: int, digest: str) -> Iterator[Fault]:
    """The head says where the chain ends, and its floor lies below nothing that is not sealed."""
    heads, broken = _read(JournalHead.objects.filter(pk=1), "pk")
    if not heads:
        yield Fault(0, "the head cannot be read" if broken else "the head is missing")
        return
    head = heads[0]
    if (head.seq, head.digest) != (seq, digest):
        yield Fault(head.seq, "the end of the journal does not match its head")
    top = JournalSeal.objects.aggregate(top=Max("entry_id"))["top"] or 0
    if not isinstance(head.floor_id, int) or not 0 <= head.floor_id <= top:
        yield Fault(head.seq, "the head's floor lies beyond the last sealed entry")
    elif JournalEntry.all_realms.filter(pk__lte=head.floor_id, seal__isnull=True).exists():
        yield Fault(head.seq, "an entry below the head's floor has no seal")


def _beside() -> Iterator[Fault]:
    """What no link goes through: entries that wait for their seal, payloads without an entry, an entry's contents put
    into another one. Hashes are salted at random, so none occurs twice by itself."""
    last = 0
    while True:
        waiting, broken = _read(
            JournalEntry.all_realms.filter(seal__isnull=True, pk__gt=last, pk__lte=LARGEST).select_related("payload"),
            "pk",
        )
        if not waiting and not broken:
            break
        for pk in broken:
            yield Fault(0, f"entry id {pk}, which waits for its seal, cannot be read")
        for entry in waiting:
            for fault in _payload_fault(0, entry):
                yield Fault(0, f"entry id {entry.pk}, which waits for its seal: {fault.what}")
        last = max([last, *broken, *(entry.pk for entry in waiting)])
    twice = JournalEntry.all_realms.order_by().values("payload_hash").annotate(n=Count("pk")).filter(n__gt=1)
    for found in twice:
        ids = list(JournalEntry.all_realms.filter(payload_hash=found["payload_hash"]).values_list("pk", flat=True)[:5])
        yield Fault(0, f"entries with ids {ids} carry the same payload hash: one is a copy")
    owner = JournalEntry.all_realms.filter(pk=OuterRef("pk"))
    for pk in JournalPayload.objects.filter(~Exists(owner)).values_list("pk", flat=True)[:100]:
        yield Fault(0, f"payload {pk} belongs to no entry")


def _payload_fault(seq: int, entry: JournalEntry) -> Iterator[Fault]:
    payload = getattr(entry, "payload", None)
    if payload is None:
        yield Fault(seq, "the payload row is missing")
    elif payload.erased_at is None:
        if payload_digest(payload.salt, canonical(payload.body)) != entry.payload_hash:
            yield Fault(seq, "the payload was altered")
    elif payload.body is not None or payload.salt != erasure_mark(entry.payload_hash, payload.erased_at):
        yield Fault(seq, "the payload was emptied or altered by somebody else than the retention")


def _entries(ids: Iterable[int]) -> tuple[dict[int, JournalEntry], set[int]]:
    rows, torn = _read(JournalEntry.all_realms.filter(pk__in=ids).select_related("payload"), "pk")
    return {entry.pk: entry for entry in rows}, set(torn)


def _read(rows: QuerySet[Any], key: str) -> tuple[list[Any], list[int]]:
    """The next rows by their key; a row whose columns do not hold what they should is named instead of ending the run."""
    chosen = rows.order_by(key)[:BATCH]
    try:
        return list(chosen), []
    except UNREADABLE as error:
        _unless_busy(error)
        found, broken = [], []
        for value in chosen.values_list(key, flat=True):
            try:
                found += list(rows.filter(**{key: value}))
            except UNREADABLE as error:
                _unless_busy(error)
                broken.append(value)
        return found, broken


def _unless_busy(error: Exception) -> None:
    """A database that is locked or away says nothing about the journal: that error goes on."""
    if isinstance(error, OperationalError) and "decode" not in str(error):
        raise error
