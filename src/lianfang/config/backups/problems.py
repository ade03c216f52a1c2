"""What can go wrong with a backup, said in both languages: what happened, what was kept, what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError

from lianfang.kernel.labels import Label

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BackupError(Exception):
    """A backup, restore or key sheet was refused or failed; `label` says it to a person."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label


class Damaged(BackupError):
    """The file is not what was written: cut off, altered, or no backup at all."""

    def __init__(self) -> None:
        super().__init__(
            Label(
                "备份文件已损坏、不完整，或不是本系统的备份。现有数据没有改动。请换另一份备份。",
                "The backup file is damaged, cut off or no backup of this system. Nothing was changed. Use another one.",
            )
        )


class ForeignKey(BackupError):
    """The file was encrypted with another installation's keys."""

    def __init__(self) -> None:
        super().__init__(
            Label(
                "这份备份是用另一套密钥加密的。现有数据没有改动。请先用那套系统的恢复单恢复密钥：lianfang keys restore",
                "This backup was encrypted with other keys. Nothing was changed. First put back the keys of that"
                " installation from its recovery sheet: lianfang keys restore",
            )
        )


class NewerFormat(BackupError):
    """The file, or the database in it, was made by a newer version of the program."""

    def __init__(self, version: str = "") -> None:
        by = f"（{version}）" if version else ""
        by_en = f" ({version})" if version else ""
        super().__init__(
            Label(
                f"这份备份由更新的版本{by}制作。现有数据没有改动。请先升级程序，再恢复。",
                f"This backup was made by a newer version{by_en}. Nothing was changed. Upgrade the program first.",
            )
        )


class OtherEngine(BackupError):
    """The backup is of the other kind of database."""

    def __init__(self, kind: str, here: str) -> None:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        there, own = names.get(kind, kind), names.get(here, here)
        super().__init__(
            Label(
                f"这是 {there} 的备份，而这里用的是 {own}。现有数据没有改动。请恢复到 {there}（LIANFANG_DATABASE_URL）。",
                f"This is a backup of {there}, but {own} is used here. Nothing was changed."
                f" Restore it into {there} (LIANFANG_DATABASE_URL).",
            )
        )


@contextmanager
def no_room_said() -> Iterator[None]:
    """Turns a full disk into words. Whatever was there before stays."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise no_room() from error
    except (sqlite3.OperationalError, OperationalError) as error:
        if "full" not in str(error) and "disk I/O" not in str(error):
            raise
        raise no_room() from error


NO_SPACE = Label(
    "磁盘空间不足{counted}，没有做成。以前的备份和现有数据都没有改动。请腾出空间，或换一个磁盘。",
    "The disk has too little room{counted}; nothing was made. Earlier backups and the data are untouched. "
    "Free some space, or choose another disk.",
)
SPACE = Label("（需要 {needed} MB，可用 {free} MB）", " ({needed} MB needed, {free} MB free)")


def no_room(needed: int = 0, free: int = 0) -> BackupError:
    """Not enough space: bytes `needed` and `free`, where they are known."""
    if not needed:
        return BackupError(NO_SPACE.format(counted=""))
    counted = SPACE.format(needed=needed // 2**20 + 1, free=free // 2**20)
    return BackupError(Label(NO_SPACE.zh.format(counted=counted.zh), NO_SPACE.en.format(counted=counted.en)))
