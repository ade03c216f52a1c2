"""Files of the installation, encrypted in the data folder (uploads, exports, evidence)."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import StoredFile, Unit

ID_ROOM = 16
STRAY_AFTER = timedelta(days=1).total_seconds()


def _path(uid: str) -> Path:
    return Path(settings.DATA_DIR) / "files" / uid[:2] / uid


def store_file(
    actor: Actor, now: datetime, *, unit: Unit, name: str, media_type: str, purpose: str, content: bytes
) -> StoredFile:
    """Write `content` durably, then its row; call inside the action's transaction."""
    row = StoredFile(
        unit=unit,
        name=Path(name).name[:200],
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        purpose=purpose,
        stored_by_id=actor.account_id,
        stored_at=now,
    )
    _write_durably(_path(row.uid.hex), _sealed(row, content), now)
    row.save()
    return row


def _sealed(row: StoredFile, content: bytes) -> bytes:
    """`key id(16) | nonce(12) | ciphertext+tag`, bound to the file's id."""
    key_id, key = settings.KEYRING.current_key("field")
    nonce = os.urandom(12)
    return key_id.encode().ljust(ID_ROOM, b"\0") + nonce + AESGCM(key).encrypt(nonce, content, row.uid.bytes)


def _write_durably(target: Path, content: bytes, now: datetime) -> None:
    """A new file, on the disk with its name when this returns; on a full disk nothing of it is left. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.utime(target, (now.timestamp(), now.timestamp()))
        _sync(target.parent)
        _sync(target.parent.parent)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_file(row: StoredFile) -> bytes:
    """The plain content. Raises NotFound when it was erased."""
    try:
        data = _path(row.uid.hex).read_bytes()
    except FileNotFoundError:
        raise NotFound("file") from None
    key = settings.KEYRING.key("field", _key_id(data))
    return AESGCM(key).decrypt(data[ID_ROOM : ID_ROOM + 12], data[ID_ROOM + 12 :], row.uid.bytes)


def _key_id(head: bytes) -> str:
    return head[:ID_ROOM].rstrip(b"\0").decode()


def is_stale(row: StoredFile) -> bool:
    """Whether the content stands under another key than the one now used for writing; an erased one does not."""
    try:
        with _path(row.uid.hex).open("rb") as content:
            return _key_id(content.read(ID_ROOM)) != settings.KEYRING.current["field"]
    except FileNotFoundError:
        return False


def seal_anew(row: StoredFile, now: datetime) -> None:
    """Put the same content there under the key now used for writing: whole, or as it was. Raises OSError."""
    path = _path(row.uid.hex)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)  # of a killed try
    _write_durably(beside, _sealed(row, read_file(row)), now)
    os.replace(beside, path)
    _sync(path.parent)


def erase_file(row: StoredFile, now: datetime) -> None:
    """Remove the content for good; the row stays as evidence that it was there. Inside a transaction the content goes
    when it commits; what a kill just then left behind goes with `sweep_erased`."""
    row.erased_at = now
    row.save(update_fields=["erased_at"])
    path = _path(row.uid.hex)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def sweep_erased() -> int:
    """Remove contents whose rows say that they were erased. Returns how many were still there."""
    left = [_path(uid.hex) for uid in StoredFile.all_realms.exclude(erased_at=None).values_list("uid", flat=True)]
    found = [path for path in left if path.exists()]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def sweep_strays(now: datetime) -> int:
    """Remove contents that have no row: what was written for a change that a fault or a kill then undid. How many.

    Only after a day, because the row of a content being stored just now is not to be seen yet.
    """
    there = [
        p for p in (Path(settings.DATA_DIR) / "files").glob("??/*") if now.timestamp() - p.stat().st_mtime > STRAY_AFTER
    ]
    found = 0
    for start in range(0, len(there), 500):
        part = {p.name: p for p in there[start : start + 500]}
        known = StoredFile.all_realms.filter(uid__in=[n for n in part if _is_uid(n)]).values_list("uid", flat=True)
        for name in part.keys() - {uid.hex for uid in known}:
            part[name].unlink(missing_ok=True)
            found += 1
    return found


def _is_uid(name: str) -> bool:
    return len(name) == 32 and all(sign in "0123456789abcdef" for sign in name)
