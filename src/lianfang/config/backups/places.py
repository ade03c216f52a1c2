"""Where backups lie, how they are called, which are kept, and who holds which folder."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lianfang.config.backups.problems import BackupError
from lianfang.foundation.keys import Keyring, load_keyring
from lianfang.kernel.labels import Label

NAME = re.compile(r"lianfang-(\d{8}T\d{6}Z)\.lfb")
STAMP = "%Y%m%dT%H%M%SZ"
KEEP = 14
OFF = ("off", "no", "0")


def backup_folder(data: Path) -> Path | None:
    """LIANFANG_BACKUP_DIR, else the data folder's name with `.backups`; None when it is `off`."""
    chosen = os.environ.get("LIANFANG_BACKUP_DIR", "")
    if chosen.lower() in OFF:
        return None
    return Path(chosen).expanduser().resolve() if chosen else data.with_name(data.name + ".backups")


def kept() -> int:
    """How many backups are kept: LIANFANG_BACKUP_KEEP, at least one."""
    text = os.environ.get("LIANFANG_BACKUP_KEEP", "")
    return max(int(text), 1) if text.isdigit() else KEEP


def name_at(now: datetime) -> str:
    """File name of a backup made at `now` (any zone; the name is in UTC)."""
    return f"lianfang-{now.astimezone(UTC).strftime(STAMP)}.lfb"


def all_backups(folder: Path) -> list[tuple[datetime, Path]]:
    """(instant in UTC, file) of every finished backup, oldest first. Other files are left alone."""
    found = []
    for path in folder.glob("lianfang-*.lfb") if folder.is_dir() else ():
        match = NAME.fullmatch(path.name)
        if match:
            found.append((datetime.strptime(match.group(1), STAMP).replace(tzinfo=UTC), path))
    return sorted(found)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep`; call after a new one was verified. Returns what was removed."""
    old = [path for _, path in all_backups(folder)[: -max(keep, 1)]]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def existing_keyring(data: Path) -> Keyring:
    """The keyring that is there; none is made. Raises BackupError when it is missing."""
    folder = key_folder(data)
    if not (folder / "keyring.json").exists():
        raise BackupError(
            Label(
                f"密钥目录 {folder.name} 里没有密钥。请先用恢复单恢复：lianfang keys --from-sheet FILE",
                f"There are no keys in {folder.name}. First put them back from the recovery sheet:"
                " lianfang keys --from-sheet FILE",
            )
        )
    return load_keyring(folder)


def key_folder(data: Path) -> Path:
    """LIANFANG_SECRET_DIR, else the data folder's name with `.keys`."""
    return Path(os.environ.get("LIANFANG_SECRET_DIR") or str(data) + ".keys").resolve()


@contextmanager
def held(path: Path, refusal: Label) -> Iterator[None]:
    """Hold the lock file `path` alone. Raises BackupError(refusal) when another process does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(refusal) from None
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
