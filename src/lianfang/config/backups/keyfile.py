"""Putting a keyring back into the key folder, without ever destroying one."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from lianfang.config.backups.places import sync_folder
from lianfang.config.backups.problems import BackupError
from lianfang.foundation.keys import Keyring, KeyringError, load_keyring
from lianfang.kernel.labels import Label

NAME = "keyring.json"


def put_back(folder: Path, keyring: Keyring, *, replace: bool = False) -> Path | None:
    """Write the keyring durably into `folder`. The same one there is left as it is; another one is refused with
    BackupError, or with `replace` renamed: its new path is returned."""
    path, aside = folder / NAME, None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        try:
            if load_keyring(folder) == keyring:
                return None
        except KeyringError:
            pass  # damaged: it is put aside like another one
        if not replace:
            raise BackupError(
                Label(
                    f"{folder.name} 里已有另一套密钥，没有改动。确定要换成恢复单上的，请加 --replace（原来的会改名保留）。",
                    f"There are other keys in {folder.name}; they were not changed. To put those of the sheet in their"
                    " place add --replace (the others are renamed and kept).",
                )
            )
        aside = path.with_name(f"keyring.aside-{secrets.token_hex(4)}.json")
    write(folder, keyring, aside)
    return aside


def write(folder: Path, keyring: Keyring, aside: Path | None = None) -> None:
    """Put the keyring in the place of the one that is there, at once and durably; with `aside` that one keeps a second name."""
    path = folder / NAME
    body = {
        purpose: {
            "current": keyring.current[purpose],
            "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keys.items()},
        }
        for purpose, keys in keyring.keys.items()
    }
    temporary = folder / f".keyring.{os.getpid()}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(body, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    if aside is not None:
        os.link(path, aside)
    os.replace(temporary, path)
    sync_folder(folder)
