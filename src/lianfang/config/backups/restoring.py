"""Restoring: everything is read and checked beside, put in place at the end, and the journal verified."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, connections, transaction

from lianfang.config import upgrading
from lianfang.config.backups import databases, erasures, places
from lianfang.config.backups.making import Progress, _silent, make
from lianfang.config.backups.package import MARKS, Manifest, unpack
from lianfang.config.backups.problems import BackupError, Damaged, NewerFormat, OtherEngine, no_room_said
from lianfang.foundation.journal import verify
from lianfang.foundation.keys import Keyring
from lianfang.foundation.models import JournalHead
from lianfang.kernel.labels import Label

STAGE = "restore-work"
PLACED = ("files", *MARKS)
MOVING, PLACING = "moving ", "placing"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the backup's contents, persons erased again, faults of the journal ([] means whole), the sealed
    entries that were verified, and where what was there before lies now (None: nothing was)."""

    manifest: Manifest
    erased: int
    faults: list[str]
    sealed: int
    before: Path | None


def restore(
    file: Path,
    data: Path,
    keyring: Keyring,
    now: datetime,
    *,
    version: str,
    replace: bool = False,
    progress: Progress = _silent,
) -> Restored:
    """Bring the backup `file` back into the folder `data` and the settings' database.

    Raises BackupError and leaves both as they were when the file is damaged, foreign, newer or of another kind of
    database, when something is there already (unless `replace`: then it is kept beside), when `up` is running on the
    folder, or when the disk has no room. Killed at any moment, the next `restore` begins anew and `up` refuses until
    one was finished.
    """
    new = not data.exists()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with no_room_said(), not_running(data), places.backing_up(data):
            return _restore(file, data, keyring, now, version, replace, progress)
    finally:
        if new:
            _remove_if_only_locks(data)


RUNNING = Label(
    "lianfang 正在使用这个数据目录。请先停止它（Ctrl-C），再恢复。",
    "Lianfang is running on this data folder. Stop it (Ctrl-C) before restoring.",
)


@contextmanager
def not_running(data: Path, refusal: Label = RUNNING) -> Iterator[None]:
    """Hold the folder as `up` does. Raises BackupError(refusal) when it is running."""
    with places.held(data / "up.lock", refusal):
        yield


def _remove_if_only_locks(data: Path) -> None:
    if {path.name for path in data.iterdir()} <= {"up.lock", places.LOCK}:
        shutil.rmtree(data)


def check_manifest(manifest: Manifest) -> None:
    """Raises OtherEngine, NewerFormat for a backup that this program and database cannot take."""
    if manifest.kind != connection.vendor:
        raise OtherEngine(manifest.kind, connection.vendor)
    if upgrading.unknown(manifest.migrations):
        raise NewerFormat(manifest.version)


def occupied(data: Path) -> bool:
    """Whether an installation is there already; files alone that an unfinished restore left count as none."""
    files = data / "files"
    left = (data / places.UNFINISHED).exists()
    return not databases.is_empty() or (not left and files.is_dir() and any(files.iterdir()))


def _restore(
    file: Path, data: Path, keyring: Keyring, now: datetime, version: str, replace: bool, progress: Progress
) -> Restored:
    there = occupied(data)
    if there and not replace:
        raise BackupError(
            Label(
                "目标里已有数据，没有恢复。请换一个空的 --data 目录（或空数据库），或加 --replace（原有数据会另存）。",
                "The target already holds data; nothing was restored. Choose an empty --data folder (or database), or"
                " add --replace (what is there is kept beside).",
            )
        )
    # Read to its end before anything is written.
    manifest = unpack(file, keyring, None)
    check_manifest(manifest)
    places.require_room((data, 2 * manifest.size))
    progress("checked")
    stage = data / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    try:
        stage.mkdir(mode=0o700)
        if unpack(file, keyring, stage) != manifest:
            raise Damaged
        databases.check_copy(stage, manifest.tables)
        progress("unpacked")
        before = _keep_beside(data, keyring, now, version) if there else None
        noted = [place / erasures.FILE for place in _noted_in(file, data)]
        put = _put_sqlite if connection.vendor == "sqlite" else _put_postgres
        erased, faults = put(stage, data, manifest, keyring, noted, now, progress)
        (data / places.UNFINISHED).unlink()
        places.sync_folder(data)
        progress("done")
        return Restored(manifest, erased, faults, manifest.sealed, before)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _noted_in(file: Path, data: Path) -> list[Path]:
    """Where erasures since the backup may have been noted."""
    backups = places.backup_folder(data)
    return [file.resolve().parent, places.key_folder(data), *([backups] if backups is not None else [])]


def _keep_beside(data: Path, keyring: Keyring, now: datetime, version: str) -> Path:
    """Before it is replaced: SQLite's folder is moved aside as the last step; PostgreSQL is backed up."""
    if connection.vendor == "sqlite":
        return _beside(data, now)
    folder = places.backup_folder(data) or data.with_name(data.name + ".backups")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return make(data, folder, keyring, now, version=version, locked=True).file


def complete(manifest: Manifest, keyring: Keyring, noted: list[Path], now: datetime) -> tuple[int, list[str]]:
    """In the connected, loaded database: this version's tables, nobody signed in, erased again what was erased, and the
    journal's faults: it has to be whole and to end exactly where the backup noted that it ended."""
    upgrading.migrate()
    ends = [(head.seq, head.digest) for head in JournalHead.objects.all()]
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL DEFERRED")
    from lianfang.foundation.sessions import end_all

    end_all()
    erased = erasures.repeat(noted, keyring, now)
    faults = [f"{fault.seq}: {fault.what}" for fault in verify(manifest.noted)]
    if manifest.noted and ends != manifest.noted:
        faults.insert(0, f"{manifest.sealed}: the journal does not end where it ended when it was backed up")
    return erased, faults


def _mark(data: Path, step: str) -> None:
    """From here on the target is not whole until the mark is gone. `step` says with what the next restore goes on."""
    with os.fdopen(os.open(data / places.UNFINISHED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as mark:
        mark.write(step)
        mark.flush()
        os.fsync(mark.fileno())
    places.sync_folder(data)


def _place(data: Path, stage: Path) -> None:
    """The restored files in place of what an unfinished restore left."""
    _mark(data, PLACING)
    for name in PLACED:
        old = data / name
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        if (stage / name).exists():
            os.replace(stage / name, old)


def _put_sqlite(
    stage: Path, data: Path, manifest: Manifest, keyring: Keyring, noted: list[Path], now: datetime, progress: Progress
) -> tuple[int, list[str]]:
    staged, target = stage / databases.SQLITE_FILE, Path(str(connection.settings_dict["NAME"]))
    with databases.standing_in(NAME=str(staged)):
        erased, faults = complete(manifest, keyring, noted, now)
        connection.checkpoint()  # type: ignore[attr-defined]
    progress("verified")
    connections.close_all()
    _move_aside(data, target, _beside(data, now))
    _place(data, stage)
    progress("placing")
    for extra in ("-wal", "-shm"):
        Path(f"{target}{extra}").unlink(missing_ok=True)
    with staged.open("rb+") as written:
        os.fsync(written.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, target)
    places.sync_folder(target.parent)
    progress("placed")
    _sweep()
    return erased, faults


def _beside(data: Path, now: datetime) -> Path:
    return data.with_name(f"{data.name}.before-{now.astimezone(UTC).strftime(places.STAMP)}")


def _move_aside(data: Path, target: Path, beside: Path) -> None:
    """What is there goes aside, the database first; a move that was killed is gone on with."""
    mark = data / places.UNFINISHED
    step = mark.read_text() if mark.exists() else ""
    if step == PLACING and not target.exists():
        return
    if step.startswith(MOVING):
        beside = Path(step.removeprefix(MOVING))
    there = [target, Path(f"{target}-wal"), Path(f"{target}-shm"), *(data / name for name in PLACED)]
    if not any(path.exists() for path in there):
        return
    _mark(data, f"{MOVING}{beside}")
    beside.mkdir(mode=0o700, exist_ok=True)
    for path in there:
        if path.exists():
            os.replace(path, beside / path.name)
    places.sync_folder(beside)


def _put_postgres(
    stage: Path, data: Path, manifest: Manifest, keyring: Keyring, noted: list[Path], now: datetime, progress: Progress
) -> tuple[int, list[str]]:
    from lianfang.config.backups.postgres import drop_all, fill

    with transaction.atomic():
        drop_all()
        fill(stage, manifest)
        erased, faults = complete(manifest, keyring, noted, now)
        progress("verified")
        _place(data, stage)
        progress("placing")
    progress("placed")
    _sweep()
    return erased, faults


def _sweep() -> None:
    """Contents of files that were erased again just now."""
    from lianfang.foundation.files import sweep_erased

    sweep_erased()
