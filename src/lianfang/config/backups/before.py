"""A backup before an upgrade changes the tables of an installation that is in use."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from lianfang.config import upgrading
from lianfang.config.backups import databases, places
from lianfang.config.backups.making import Made, make
from lianfang.config.backups.problems import BackupError
from lianfang.foundation.keys import Keyring
from lianfang.kernel.labels import Label

LARGE = 2 * 2**30
FRESH = timedelta(hours=24)


def needed() -> bool:
    """Whether there are tables already and this version would change them."""
    return bool(upgrading.recorded()) and bool(upgrading.pending())


def before_upgrade(data: Path, keyring: Keyring, now: datetime, version: str) -> Made | None:
    """Back up before the upgrade. None when nobody wants backups here, or a large installation (over 2 GB) has one that
    is not older than a day: making another would keep a school waiting. Raises BackupError when none could be made."""
    state = places.state(now, data)
    if state.folder is None:
        return None
    if databases.size() > LARGE:
        if state.age is not None and state.age <= FRESH:
            return None
        raise BackupError(
            Label(
                "升级前需要一份 24 小时以内的备份。请先运行 lianfang backup（数据较多，需要一些时间），再启动。",
                "The upgrade needs a backup not older than 24 hours. Run lianfang backup first (there is much to copy),"
                " then start.",
            )
        )
    return make(data, state.folder, keyring, now, version=version, keep=places.kept(), term=places.term())
