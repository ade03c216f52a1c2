"""Where backups lie, how they are called, how long they stay, who holds which folder, and how things stand."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lianfang.config.backups.problems import BackupError, no_room
from lianfang.foundation.keys import Keyring, load_keyring
from lianfang.kernel.labels import Label

NAME = re.compile(r"lianfang-(\d{8}T\d{6}Z)\.lfb")
STAMP = "%Y%m%dT%H%M%SZ"
PART = ".lianfang-new.part"
LOCK = "backup.lock"
WORK = "backup-work"
STATE = "backups.json"
UNFINISHED = "restore.unfinished"
KEEP = 14
DAYS = 30
HOUR = 3
OFF = ("off", "no", "0")
RESERVE = 256 * 2**20


def backup_folder(data: Path) -> Path | None:
    """LIANFANG_BACKUP_DIR, else the data folder's name with `.backups`; None when it is `off`."""
    chosen = os.environ.get("LIANFANG_BACKUP_DIR", "")
    if chosen.lower() in OFF:
        return None
    return Path(chosen).expanduser().resolve() if chosen else data.with_name(data.name + ".backups")


def _number(name: str, usual: int, least: int, most: int) -> int:
    text = os.environ.get(name, "").strip()
    return min(max(int(text), least), most) if text.isdecimal() else usual


def kept() -> int:
    """How many backups are kept: LIANFANG_BACKUP_KEEP, at least one (14)."""
    return _number("LIANFANG_BACKUP_KEEP", KEEP, 1, 3660)


def term() -> timedelta:
    """How old a backup may become: LIANFANG_BACKUP_DAYS (30 days). What was erased is in no backup after that."""
    return timedelta(days=_number("LIANFANG_BACKUP_DAYS", DAYS, 1, 3660))


def hour() -> int:
    """The local hour from which the nightly backup is due: LIANFANG_BACKUP_HOUR (3, after the removal of what is past its term)."""
    return _number("LIANFANG_BACKUP_HOUR", HOUR, 0, 23)


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


def prune(folder: Path, keep: int, oldest: datetime) -> list[Path]:
    """Remove all but the newest `keep`, and those made before `oldest`; the newest one always stays.

    Call after a new one was verified. Returns what was removed.
    """
    there = all_backups(folder)
    old = [path for n, (at, path) in enumerate(there, 1) if n < len(there) and (n <= len(there) - keep or at < oldest)]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def key_folder(data: Path) -> Path:
    """LIANFANG_SECRET_DIR, else the data folder's name with `.keys`."""
    return Path(os.environ.get("LIANFANG_SECRET_DIR") or str(data) + ".keys").resolve()


def keys_missing(data: Path) -> Label | None:
    """Why nothing may start: data are there but their keys are not (new ones would open nothing). None when all is well."""
    if (key_folder(data) / "keyring.json").exists():
        return None
    if not any((data / name).exists() for name in ("lianfang.sqlite3", "files", "static.mark")):
        return None
    return Label(
        f"数据目录里有数据，但密钥目录 {key_folder(data).name} 里没有密钥。请先用恢复单恢复密钥：lianfang keys restore",
        f"There are data but no keys in {key_folder(data).name}. First put the keys back from the recovery sheet:"
        " lianfang keys restore",
    )


def unfinished(data: Path) -> Label | None:
    """Why nothing may start: a restore into the folder was killed. None when there was none."""
    if not (data / UNFINISHED).exists():
        return None
    return Label(
        "上次恢复没有完成，数据不完整。请再运行一次 lianfang restore。",
        "The last restore was not finished and the data are not whole. Run lianfang restore again.",
    )


def existing_keyring(data: Path) -> Keyring:
    """The keyring that is there; none is made. Raises BackupError when it is missing."""
    folder = key_folder(data)
    if not (folder / "keyring.json").exists():
        raise BackupError(
            Label(
                f"密钥目录 {folder.name} 里没有密钥。请先用恢复单恢复密钥：lianfang keys restore",
                f"There are no keys in {folder.name}. First put them back from the recovery sheet: lianfang keys restore",
            )
        )
    return load_keyring(folder)


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


def backing_up(data: Path) -> Any:
    """Held while a backup of `data` is made or one is restored into it."""
    running = Label(
        "另一个备份或恢复正在进行，请等它完成。", "Another backup or restore is running; wait until it is done."
    )
    return held(data / LOCK, running)


def is_backing_up(data: Path) -> bool:
    """Whether one is running now."""
    if not (data / LOCK).exists():
        return False
    try:
        with backing_up(data):
            return False
    except BackupError:
        return True


def require_room(*needs: tuple[Path, int]) -> None:
    """Raises BackupError unless every (folder, bytes) fits with some left over: 256 MB, on a small disk a twentieth."""
    wanted: dict[int, tuple[Path, int]] = {}
    for folder, size in needs:
        device = folder.stat().st_dev
        wanted[device] = (folder, wanted.get(device, (folder, 0))[1] + size)
    for folder, size in wanted.values():
        disk = shutil.disk_usage(folder)
        if disk.free - size < min(RESERVE, disk.total // 20):
            raise no_room(size + min(RESERVE, disk.total // 20), disk.free)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remember(data: Path, what: str, outcome: dict[str, Any]) -> None:
    """Keep how the last "backup" or "drill" went, in `backups.json` of the data folder."""
    known = recalled(data)
    known[what] = outcome
    part = data / f".{STATE}.{os.getpid()}"
    part.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(part, data / STATE)


def recalled(data: Path) -> dict[str, Any]:
    """What `remember` kept; {} where there is nothing or it cannot be read."""
    try:
        found = json.loads((data / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class State:
    """How backups stand. `folder` is None when they are switched off; `age` since the newest finished (and so
    verified) backup, None without one. `backup` and `drill` are the last outcomes: `at` (ISO 8601), `ok`, `said`
    (English); a drill also has `file`, `seconds`, `lost_entries`, `lost_receipts`. {} before the first."""

    folder: Path | None
    newest: Path | None
    made_at: datetime | None
    age: timedelta | None
    count: int
    backup: dict[str, Any]
    drill: dict[str, Any]
    unfinished_restore: bool


def state(now: datetime, data: Path | None = None) -> State:
    """How backups stand at `now` for the data folder (default: the settings'). Opens no database and no backup."""
    if data is None:
        from django.conf import settings

        data = Path(settings.DATA_DIR)
    folder = backup_folder(data)
    there = all_backups(folder) if folder is not None else []
    made_at, newest = there[-1] if there else (None, None)
    known = recalled(data)
    age = now - made_at if made_at is not None else None
    last = {what: value for what in ("backup", "drill") if isinstance(value := known.get(what), dict)}
    unfinished = (data / UNFINISHED).exists()
    return State(folder, newest, made_at, age, len(there), last.get("backup", {}), last.get("drill", {}), unfinished)
