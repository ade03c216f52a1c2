"""Files of the installation, encrypted in the data folder (uploads, exports, evidence)."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import StoredFile, Unit


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
    key_id, key = settings.KEYRING.current_key("field")
    nonce = os.urandom(12)
    target = _path(row.uid.hex)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(key_id.encode().ljust(16, b"\0") + nonce + AESGCM(key).encrypt(nonce, content, row.uid.bytes))
        handle.flush()
        os.fsync(handle.fileno())
    row.save()
    return row


def read_file(row: StoredFile) -> bytes:
    """The plain content. Raises NotFound when it was erased."""
    try:
        data = _path(row.uid.hex).read_bytes()
    except FileNotFoundError:
        raise NotFound("file") from None
    key = settings.KEYRING.key("field", data[:16].rstrip(b"\0").decode())
    return AESGCM(key).decrypt(data[16:28], data[28:], row.uid.bytes)


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
