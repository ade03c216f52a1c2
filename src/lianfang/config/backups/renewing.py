"""Exchanging the keys of an installation: new ones for what is written from now on, and all that is stored under them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from lianfang.config.backups import keyfile, places
from lianfang.config.backups.problems import BackupError, no_room_said
from lianfang.config.backups.restoring import not_running
from lianfang.foundation.actor import system_actor
from lianfang.foundation.compacting import rewrite_files
from lianfang.foundation.keys import Keyring
from lianfang.foundation.rekeying import Unreadable, anything_stale, encrypt_anew
from lianfang.kernel.labels import Label

RUNNING = Label(
    "lianfang 正在使用这个数据目录。请先停止它（Ctrl-C），再更换密钥。",
    "Lianfang is running on this data folder. Stop it (Ctrl-C) before exchanging the keys.",
)


@dataclass(frozen=True, slots=True)
class Renewed:
    """The keyring now in use, how many values were encrypted anew, whether an exchange begun before was finished, and
    whether the old bytes are out of the database's files."""

    keyring: Keyring
    values: int
    finished: bool
    cleared: bool


def renew(data: Path, keyring: Keyring, now: datetime, progress: Callable[[int], None]) -> Renewed:
    """New keys of every renewable purpose, everything stored encrypted under them; everybody signs in again.

    The new keyring stands on the disk before the first value is written under it, and holds the older keys as well: killed
    at any moment, everything can be read, and the next call finishes the exchange without making further keys (with new
    ones when only the clearing of the old bytes was left). Raises
    BackupError when `up` is running on the folder, a backup is being made, the disk has no room, or a value does not open.
    """
    with no_room_said(), not_running(data, RUNNING), places.backing_up(data):
        if connection.vendor == "sqlite":  # the file grows by what is written anew, and is then written as a whole
            places.require_room((data, 2 * Path(str(connection.settings_dict["NAME"])).stat().st_size))
        finished = anything_stale()
        if not finished:
            keyring = keyring.renewed()
            keyfile.write(places.key_folder(data), keyring)
        settings.KEYRING = keyring
        try:
            values = encrypt_anew(system_actor("keys", now), now, keyring.current["field"], progress)
        except Unreadable as error:
            raise BackupError(
                Label(
                    f"有一项内容打不开：{error}。密钥没有丢失，其余内容照常可用；请从备份核对这一项，再运行一次。",
                    f"One value does not open: {error}. No key is lost and everything else can be used; look for it in a"
                    " backup, then run this again.",
                )
            ) from error
        return Renewed(keyring, values, finished, cleared=rewrite_files(at_rest=True))
