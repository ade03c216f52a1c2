"""How the installation stands: the same answers for `/metrics` and for `lianfang doctor`. Counts and ages, never rows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Min

from lianfang.comms.models import Delivery
from lianfang.config.wiring import READERS
from lianfang.duties.models import Duty
from lianfang.exchange.models import RosterImport
from lianfang.foundation.models import JournalEntry, JournalHead, JournalSeal, ParkedEvent
from lianfang.foundation.readers import backlog
from lianfang.foundation.realm import REAL

# A sweep runs every ten seconds; what is a minute past its instant was not swept.
SWEPT_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Journal:
    """`unsealed` entries, the oldest since `lag` (zero when none waits); `newest` is when the last sealed was received."""

    sealed: int
    unsealed: int
    lag: timedelta
    newest: datetime | None


def journal(now: datetime) -> Journal:
    """Where the journal's seal stands."""
    head = JournalHead.objects.get(pk=1)
    waiting = JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True)
    oldest = waiting.aggregate(at=Min("received_at"))["at"]
    newest = (
        JournalSeal.objects.filter(seq=head.seq).values_list("entry__received_at", flat=True).first()
        if head.seq
        else None
    )
    lag = max(now - oldest, timedelta()) if oldest is not None else timedelta()
    return Journal(head.seq, waiting.count() if oldest is not None else 0, lag, newest)


@dataclass(frozen=True, slots=True)
class ReaderState:
    name: str
    behind: int
    parked: int


def readers() -> list[ReaderState]:
    """Of each reader: sealed entries not yet passed, and events set aside because they could not be taken."""
    return [
        ReaderState(reader.name, backlog(reader), ParkedEvent.objects.filter(reader=reader.name).count())
        for reader in READERS
    ]


@dataclass(frozen=True, slots=True)
class Duties:
    """`overdue`: open, due and not yet closed. `unswept`: a reminder or escalation whose instant passed a minute ago."""

    overdue: int
    unswept: int


def duties(now: datetime) -> Duties:
    """What is owed in the real realm, as numbers."""
    rows = Duty.all_realms.filter(realm_id=REAL)
    open_now = rows.filter(done_at=None, excused_at=None, due_at__lt=now).exclude(closes_at__lte=now)
    late = rows.filter(next_step_at__lt=now - SWEPT_WITHIN)
    return Duties(open_now.count(), late.count())


@dataclass(frozen=True, slots=True)
class Mail:
    """E-mails on their way: how many, the oldest since when; given up within a day; the last trouble's codes."""

    waiting: int
    oldest: timedelta
    failed: int
    problems: tuple[str, ...]


def mail(now: datetime) -> Mail:
    """The queue of e-mails."""
    rows = Delivery.all_realms.filter(channel=Delivery.Channel.EMAIL)
    queued = rows.filter(state=Delivery.State.QUEUED)
    since = queued.aggregate(at=Min("notice__sent_at"))["at"]
    failed = rows.filter(state=Delivery.State.FAILED, notice__sent_at__gte=now - timedelta(days=1))
    problems = queued.exclude(problem="").values_list("problem", flat=True).distinct().order_by("problem")
    return Mail(
        queued.count(), max(now - since, timedelta()) if since else timedelta(), failed.count(), tuple(problems[:5])
    )


def imports_waiting() -> int:
    """Rosters that the worker has still to take over."""
    waiting = RosterImport.all_realms.filter(state__in=(RosterImport.State.QUEUED, RosterImport.State.COMMITTING))
    return int(waiting.count())


@dataclass(frozen=True, slots=True)
class Disk:
    free: int
    size: int
    inodes_free: int
    inodes: int

    @property
    def share(self) -> float:
        return self.free / self.size if self.size else 1.0


def disk(folder: Path) -> Disk:
    """Of the file system below a folder, in bytes and inodes, as far as this account may use them."""
    found = os.statvfs(folder)
    return Disk(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail, found.f_files)


def database_bytes() -> tuple[int, int]:
    """Bytes of the database, and of SQLite's write-ahead log (0 on PostgreSQL)."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        sizes = [p.stat().st_size if p.exists() else 0 for p in (path, Path(f"{path}-wal"))]
        return sizes[0], sizes[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0]), 0
