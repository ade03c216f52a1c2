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
                "这份备份是用另一套密钥加密的。现有数据没有改动。请先用那套系统的恢复单恢复密钥（lianfang keys --from-sheet）。",
                "This backup was encrypted with other keys. Nothing was changed. First put back the keys of that"
                " installation from its recovery sheet (lianfang keys --from-sheet).",
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
        raise _no_room() from error
    except (sqlite3.OperationalError, OperationalError) as error:
        if "full" not in str(error) and "disk I/O" not in str(error):
            raise
        raise _no_room() from error


def _no_room() -> BackupError:
    return BackupError(
        Label(
            "磁盘空间不足，没有做成。以前的备份和现有数据都没有改动。请腾出空间，或用 --to 换一个磁盘。",
            "The disk is full; nothing was made. Earlier backups and the data are untouched."
            " Free some space, or choose another disk with --to.",
        )
    )
