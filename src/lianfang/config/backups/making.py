"""Making a backup: a moment copied, sealed beside, read back, and only then given its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection

from lianfang.config.backups import databases, places
from lianfang.config.backups.package import Manifest, pack, unpack
from lianfang.config.backups.problems import Damaged, no_room_said
from lianfang.foundation.keys import Keyring
from lianfang.kernel.labels import Label

WORK = "backup-work"
PART = ".lianfang-new.part"
Progress = Callable[[str], None]


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
    keep: int,
    progress: Progress = lambda step: None,
) -> Made:
    """Back up the connected database and the folder `data` into the folder `to`. `progress` is told each step.

    Killed at any moment it leaves the earlier backups and at most an unfinished file that the next run removes.
    Raises BackupError when another backup runs, the disk is full, or what was written does not read back whole.
    """
    running = Label("另一个备份正在进行，请等它完成。", "Another backup is running; wait until it is done.")
    with no_room_said():
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        with places.held(data / "backup.lock", running):
            work, part = data / WORK, to / PART
            shutil.rmtree(work, ignore_errors=True)
            try:
                work.mkdir(mode=0o700)
                manifest = _write(part, data, work, keyring, now, version, progress)
                _read_back(part, work, keyring, manifest)
                progress("verified")
                target = to / places.name_at(now)
                os.replace(part, target)
                places.sync_folder(to)
                progress("named")
                return Made(target, target.stat().st_size, manifest, places.prune(to, keep))
            finally:
                part.unlink(missing_ok=True)
                shutil.rmtree(work, ignore_errors=True)


def _write(
    part: Path, data: Path, work: Path, keyring: Keyring, now: datetime, version: str, progress: Progress
) -> Manifest:
    part.unlink(missing_ok=True)
    database, found = databases.take(work)
    progress("copied")
    last = found.last_at.isoformat() if found.last_at else None
    manifest = Manifest(connection.vendor, version, now.isoformat(), found.entries, found.sealed, last)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        progress("begun")
        # Files come after the database: a file is on the disk before its row is committed.
        pack(out, keyring, database, data, manifest)
        out.flush()
        os.fsync(out.fileno())
    database.unlink()
    progress("written")
    there = {name.rpartition("/")[2] for name in manifest.members}
    manifest.missing = len(found.files - there)
    return manifest


def _read_back(part: Path, work: Path, keyring: Keyring, written: Manifest) -> None:
    """The written file again, from the disk: every byte authenticated, every hash as measured, the database whole."""
    check = work / "check"
    check.mkdir(mode=0o700)
    if unpack(part, keyring, check, files=False).members != written.members:
        raise Damaged
    databases.check_copy(check / databases.FILE_OF[connection.vendor])
