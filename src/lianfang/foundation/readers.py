"""Readers of the journal: follow-on actions of other rooms, notices, projections. All are wired in `config/wiring.py`.

A reader handles one event in one transaction together with its cursor, so that each event works exactly once per
reader however often the worker is killed. An event that fails is parked and tried again with growing pauses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from lianfang.foundation.actor import system_actor
from lianfang.foundation.models import JournalEntry, JournalHead, JournalSeal, ParkedEvent, ReaderCursor
from lianfang.foundation.realm import REAL, in_realm

log = logging.getLogger("lianfang.readers")
PAUSES = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
BATCH = 500

# A handler gets (actor of the system in the event's realm, the entry with its payload, now).
Handler = Callable[..., None]


class Told(NamedTuple):
    """Of an entry as much as choosing takes."""

    pk: int
    subject_id: str


# Which of these entries (all of one action, in the realm in force) the handler would do anything with: their ids.
Chooser = Callable[[Sequence[Told]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A named reader: action key → handler. Keys not named are passed over.

    `choosers`: action key → `Chooser`, for actions that come by the thousand and of which few matter: what it leaves out
    is passed over without a transaction of its own. It may only leave out what the handler would never act on, also later.
    """

    name: str
    handlers: Mapping[str, Handler]
    choosers: Mapping[str, Chooser] = field(default_factory=dict)


def run_reader(reader: Reader, now: datetime) -> int:
    """Handle everything sealed since the cursor; returns how many events were handed to a handler."""
    handled = 0
    cursor, _ = ReaderCursor.objects.get_or_create(reader=reader.name)
    while True:
        last = JournalHead.objects.values_list("seq", flat=True).get(pk=1)
        if cursor.seq >= last:
            return handled + _retry(reader, now)
        ours = JournalSeal.objects.filter(seq__gt=cursor.seq, seq__lte=last, entry__action__in=reader.handlers)
        rows = list(ours.order_by("seq").values_list(*_COLUMNS)[:BATCH])
        chosen = _chosen(reader, rows)
        seals = JournalSeal.objects.filter(seq__in=chosen).select_related("entry").order_by("seq") if chosen else ()
        for seal in list(seals):
            handled += _handle(reader, seal, now, cursor)
        cursor.seq = rows[-1][0] if len(rows) == BATCH else last
        ReaderCursor.objects.filter(reader=reader.name, seq__lt=cursor.seq).update(seq=cursor.seq)


_COLUMNS = ("seq", "entry_id", "entry__action", "entry__realm_id", "entry__subject_id")


def _chosen(reader: Reader, rows: Sequence[tuple[int, int, str, str | None, str]]) -> list[int]:
    """Places of those that have to be handled, in their order; `rows` as `_COLUMNS`. A chooser that fails leaves nothing out."""
    passed: set[int] = set()
    groups: dict[tuple[str, str], list[Told]] = {}
    for _seq, entry_id, action, realm, subject_id in rows:
        if action in reader.choosers:
            groups.setdefault((action, realm or REAL), []).append(Told(entry_id, subject_id))
    for (action, realm), entries in groups.items():
        try:
            with in_realm(realm), transaction.atomic():
                wanted = set(reader.choosers[action](entries))
        except Exception:
            log.exception("reader %s could not choose among %d entries (%s)", reader.name, len(entries), action)
        else:
            passed |= {entry.pk for entry in entries if entry.pk not in wanted}
    return [seq for seq, entry_id, *_ in rows if entry_id not in passed]


def _handle(reader: Reader, seal: JournalSeal, now: datetime, cursor: ReaderCursor) -> int:
    try:
        with transaction.atomic():
            current = ReaderCursor.objects.select_for_update().get(reader=reader.name)
            if current.seq >= seal.seq:
                cursor.seq = current.seq
                return 0
            _call(reader, seal.entry, now)
            current.seq = seal.seq
            current.save(update_fields=["seq"])
    except Exception as error:
        log.exception("reader %s could not take entry %s (%s)", reader.name, seal.seq, seal.entry.action)
        _set_aside(reader, seal, error, now)
    cursor.seq = seal.seq
    return 1


@transaction.atomic
def _set_aside(reader: Reader, seal: JournalSeal, error: Exception, now: datetime) -> None:
    """Park an event that failed and pass it by; not one whose work was committed and only the answer to COMMIT was lost:
    the cursor tells."""
    current = ReaderCursor.objects.select_for_update().get(reader=reader.name)
    if current.seq >= seal.seq:
        return
    ParkedEvent.objects.create(reader=reader.name, seal=seal, error=type(error).__name__, next_try_at=now + PAUSES[0])
    current.seq = seal.seq
    current.save(update_fields=["seq"])


def _call(reader: Reader, entry: JournalEntry, now: datetime) -> None:
    with in_realm(entry.realm_id or REAL):
        reader.handlers[entry.action](system_actor(f"reader:{reader.name}", now), entry, now)


def _retry(reader: Reader, now: datetime) -> int:
    done = 0
    for parked in ParkedEvent.objects.filter(reader=reader.name, next_try_at__lte=now).select_related("seal__entry")[
        :BATCH
    ]:
        try:
            with transaction.atomic():
                if not ParkedEvent.objects.select_for_update().filter(pk=parked.pk).exists():
                    continue
                _call(reader, parked.seal.entry, now)
                parked.delete()
                done += 1
        except Exception as error:
            log.warning("reader %s still cannot take entry %s: %s", reader.name, parked.seal_id, type(error).__name__)
            pause = PAUSES[min(parked.tries, len(PAUSES) - 1)]
            ParkedEvent.objects.filter(pk=parked.pk).update(
                tries=parked.tries + 1, next_try_at=now + pause, error=type(error).__name__
            )
    return done


def backlog(reader: Reader) -> int:
    """How many sealed entries the reader has not yet passed."""
    cursor = ReaderCursor.objects.filter(reader=reader.name).values_list("seq", flat=True).first() or 0
    return JournalHead.objects.values_list("seq", flat=True).get(pk=1) - cursor
