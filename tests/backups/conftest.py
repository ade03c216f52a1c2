"""An installation to back up, and empty ones to restore into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import transaction

from lianfang.config.backups.databases import standing_in
from lianfang.config.backups.making import Made, make
from lianfang.config.settings import database
from lianfang.foundation import journal
from lianfang.foundation.actor import system_actor
from lianfang.foundation.files import store_file
from lianfang.foundation.journal import Event
from lianfang.foundation.models import StoredFile
from tests.district import MORNING, District, make_district

LATER = MORNING + timedelta(days=1)
CONTENT = "三（1）班名单".encode() * 1000


@dataclass
class Home:
    """The folders of the installation under test; `district` is in its database."""

    data: Path
    to: Path
    district: District
    file: StoredFile

    def back_up(self, now: Any = MORNING, **more: Any) -> Made:
        return make(self.data, self.to, configured.KEYRING, now, version="0.2.0", **more)


def entries(number: int, now: Any = MORNING) -> None:
    """Something happens."""
    with transaction.atomic():
        journal.write(system_actor("test", now), [Event("a", "b", n, None, now, {"n": n}) for n in range(number)], now)


@pytest.fixture
def home(transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Home:
    data = tmp_path / "data"
    data.mkdir()
    settings.DATA_DIR, settings.SECRET_DIR = data, tmp_path / "keys"
    (tmp_path / "keys").mkdir()
    monkeypatch.setenv("LIANFANG_SECRET_DIR", str(tmp_path / "keys"))
    monkeypatch.setenv("LIANFANG_BACKUP_DIR", str(tmp_path / "to"))
    district = make_district(3)
    with transaction.atomic():
        file = store_file(
            system_actor("test", MORNING),
            MORNING,
            unit=district.units["school"],
            name="roster.xlsx",
            media_type="application/octet-stream",
            purpose="roster",
            content=CONTENT,
        )
    journal.seal(MORNING)
    return Home(data, tmp_path / "to", district, file)


Elsewhere = Callable[[], AbstractContextManager[Path]]


@pytest.fixture
def elsewhere(fresh_database: Callable[[], str], tmp_path: Path, settings: Any) -> Elsewhere:
    """Work on another machine: an empty database and a data folder of its own."""

    @contextmanager
    def away() -> Iterator[Path]:
        before = settings.DATA_DIR
        chosen = database(fresh_database())
        settings.DATA_DIR = tmp_path / f"other-{Path(str(chosen['NAME'])).stem}"
        with standing_in(NAME=chosen["NAME"]):
            try:
                yield settings.DATA_DIR
            finally:
                settings.DATA_DIR = before

    return away
