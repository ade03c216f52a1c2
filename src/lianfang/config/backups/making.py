"""Making a backup: a moment copied, sealed beside, read back, and only then given its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection

from lianfang.config.backups import databases, erasures, places
from lianfang.config.backups.package import Manifest, data_files, pack, unpack
from lianfang.config.backups.problems import BackupError, Damaged, no_room_said
from lianfang.foundation.keys import Keyring

Progress = Callable[[str], None]


def _silent(step: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Made:
    """A verified backup: its file, size in bytes, contents, and which older ones were removed."""

    file: Path
    size: int
    manifest: Manifest
    pruned: list[Path]


def make(
    data: Path,
    to: Path,
    keyring: Keyring,
    now: datetime,
    *,
    version: str,
    keep: int | None = None,
    term: timedelta = timedelta(days=places.DAYS),
    locked: bool = False,
    progress: Progress = _silent,
) -> Made:
    """Back up the connected database and the folder `data` into the folder `to`. `progress` is told each step.

    `locked` says that the caller holds `places.backing_up` already. Older ones beyond the newest `keep`, or older than
    `term`, are removed afterwards; with `keep=None` none is. Killed at any moment it leaves the earlier backups and at
    most an unfinished file that the next run removes. How it went is remembered for `places.state`. Raises BackupError
    when another backup runs, the disk has no room, or what was written does not read back whole.
    """
    try:
        with no_room_said(), nullcontext() if locked else places.backing_up(data):
            made = _make(data, to, keyring, now, version, progress)
            pruned = places.prune(to, keep, now - term) if keep is not None else []
    except BackupError as error:
        places.remember(data, "backup", {"at": now.isoformat(), "ok": False, "said": str(error)})
        raise
    places.remember(data, "backup", {"at": now.isoformat(), "ok": True, "said": made.file.name})
    return Made(made.file, made.size, made.manifest, pruned)


def _make(data: Path, to: Path, keyring: Keyring, now: datetime, version: str, progress: Progress) -> Made:
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    work, part, target = data / places.WORK, to / places.PART, to / places.name_at(now)
    shutil.rmtree(work, ignore_errors=True)
    part.unlink(missing_ok=True)
    try:
        work.mkdir(mode=0o700)
        places.require_room((data, databases.size()), (to, databases.size() + _stored(data)))
        manifest = _write(part, data, work, keyring, now, version, progress)
        _read_back(part, work, keyring, manifest)
        progress("verified")
        erasures.copy_beside(data, to, keyring)
        os.replace(part, target)
        places.sync_folder(to)
        progress("named")
        return Made(target, target.stat().st_size, manifest, [])
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(work, ignore_errors=True)


def _stored(data: Path) -> int:
    """Bytes of the stored files."""
    return sum(path.stat().st_size for path in (data / "files").glob("??/*"))


def _write(
    part: Path, data: Path, work: Path, keyring: Keyring, now: datetime, version: str, progress: Progress
) -> Manifest:
    found = databases.take(work)
    progress("copied")
    manifest = Manifest(
        kind=connection.vendor,
        version=version,
        made_at=now.isoformat(),
        entries=found.entries,
        receipts=found.receipts,
        sealed=found.sealed,
        head=found.head,
        last_at=found.last_at.isoformat() if found.last_at else None,
        migrations=found.migrations,
        tables=found.tables,
        columns=found.columns,
        sequences=found.sequences,
        made_by=found.made_by,
        finished_by=found.finished_by,
    )
    database = [(path.relative_to(work).as_posix(), path) for path in sorted(work.rglob("*")) if path.is_file()]
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        progress("begun")
        # Files come after the database: a file is on the disk before its row is committed.
        pack(out, keyring, [*database, *data_files(data, found.files)], manifest, found.files)
        out.flush()
        os.fsync(out.fileno())
    for _name, path in database:
        path.unlink()
    progress("written")
    return manifest


def _read_back(part: Path, work: Path, keyring: Keyring, written: Manifest) -> None:
    """The written file again, from the disk: every byte authenticated, every hash as measured, the database whole."""
    check = work / "check"
    check.mkdir(mode=0o700)
    if unpack(part, keyring, check, files=False) != written:
        raise Damaged
    databases.check_copy(check, written.tables)
