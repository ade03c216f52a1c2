"""The restore drill: the newest backup is restored into a place of its own and thrown away; what counts is said."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from lianfang.config.backups import databases, places
from lianfang.config.backups.making import Progress, _silent
from lianfang.config.backups.package import Manifest, unpack
from lianfang.config.backups.problems import BackupError, Damaged, no_room_said
from lianfang.config.backups.restoring import check_manifest, complete
from lianfang.foundation.keys import Keyring
from lianfang.kernel.labels import Label

STAGE = "drill-work"
SCHEMA = "lianfang_drill"


@dataclass(frozen=True, slots=True)
class Drilled:
    """How a drill went: the backup and its age, seconds it took, what has come into the running database since (journal
    entries, accepted submissions), stored files without content, and faults of the restored journal ([] means whole)."""

    file: Path
    age: timedelta
    seconds: float
    manifest: Manifest
    lost_entries: int
    lost_receipts: int
    faults: list[str]

    @property
    def ok(self) -> bool:
        return not self.faults


def drill(
    data: Path, keyring: Keyring, now: datetime, *, file: Path | None = None, progress: Progress = _silent
) -> Drilled:
    """Restore `file` (default: the newest backup) into a temporary place and verify it. The outcome is remembered.

    SQLite: a file beside, removed afterwards. PostgreSQL: a schema made in a transaction that is rolled back. Raises
    BackupError when there is no backup or it cannot be restored.
    """
    running = Label("另一次恢复演练正在进行。", "Another restore drill is running.")
    try:
        with no_room_said(), places.held(data / "drill.lock", running):
            done = _drill(data, keyring, now, file or _newest(data), progress)
    except BackupError as error:
        places.remember(data, "drill", {"at": now.isoformat(), "ok": False, "said": str(error)})
        raise
    said = "; ".join(done.faults[:3]) or "restored and verified"
    figures = {
        "seconds": round(done.seconds, 1),
        "lost_entries": done.lost_entries,
        "lost_receipts": done.lost_receipts,
    }
    outcome = {"at": now.isoformat(), "ok": done.ok, "said": said, "file": done.file.name, **figures}
    places.remember(data, "drill", outcome)
    return done


def _newest(data: Path) -> Path:
    folder = places.backup_folder(data)
    there = places.all_backups(folder) if folder is not None else []
    if not there:
        raise BackupError(
            Label("还没有备份。请先运行 lianfang backup。", "There is no backup yet. Run lianfang backup first.")
        )
    return there[-1][1]


def _drill(data: Path, keyring: Keyring, now: datetime, file: Path, progress: Progress) -> Drilled:
    began, stage = time.monotonic(), data / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    try:
        stage.mkdir(mode=0o700)
        seen = unpack(file, keyring, None)
        check_manifest(seen)
        places.require_room((data, 2 * seen.size))
        manifest = unpack(file, keyring, stage)
        if manifest != seen:
            raise Damaged
        databases.check_copy(stage, manifest.tables)
        progress("unpacked")
        work = _try_sqlite if connection.vendor == "sqlite" else _try
        faults = work(stage, manifest, keyring, now)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    seconds = time.monotonic() - began
    entries, receipts = (
        int(databases.ask_connected(f"SELECT count(*) FROM foundation_{table}")[0][0])
        for table in ("journalentry", "receipt")
    )
    lost = max(entries - manifest.entries, 0), max(receipts - manifest.receipts, 0)
    return Drilled(file, now - manifest.made, seconds, manifest, *lost, faults)


def _try_sqlite(stage: Path, manifest: Manifest, keyring: Keyring, now: datetime) -> list[str]:
    with databases.standing_in(NAME=str(stage / databases.SQLITE_FILE)):
        return complete(manifest, keyring, [], now)[1]


def _try(stage: Path, manifest: Manifest, keyring: Keyring, now: datetime) -> list[str]:
    from lianfang.config.backups.postgres import fill

    with databases.standing_in(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{SCHEMA}"')
            cursor.execute(f'SET LOCAL search_path TO "{SCHEMA}"')
        fill(stage, manifest)
        faults = complete(manifest, keyring, [], now)[1]
        transaction.set_rollback(True)
    return faults
