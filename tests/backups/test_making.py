"""A backup of the database as it runs: reads back whole, keeps the newest, never half."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from lianfang.config.backups.making import make
from lianfang.config.backups.package import unpack
from lianfang.config.backups.places import all_backups
from lianfang.config.backups.problems import Damaged
from lianfang.foundation import journal
from lianfang.foundation.actor import system_actor
from lianfang.foundation.journal import Event
from tests.foundation.cast import NOW


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database("pg_dump of the server's version is not on every machine")
def test_a_backup_reads_back_and_the_newest_are_kept(tmp_path: Path) -> None:
    data, to = tmp_path / "data", tmp_path / "to"
    uid = "ab" * 16
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / uid).write_bytes(b"sealed content")
    with transaction.atomic():
        journal.write(system_actor("test", NOW), [Event("a", "b", n, None, NOW, {}) for n in range(5)], NOW)
    journal.seal(NOW)
    for day in range(3):
        made = make(data, to, settings.KEYRING, NOW + timedelta(days=day), version="1", keep=2)
    assert (made.manifest.entries, made.manifest.sealed, made.manifest.missing) == (5, 5, 0)
    assert [at for at, _ in all_backups(to)] == [NOW + timedelta(days=1), NOW + timedelta(days=2)]
    assert sorted(p.name for p in to.iterdir()) == [p.name for _, p in all_backups(to)]
    again = unpack(made.file, settings.KEYRING, tmp_path / "again")
    assert again.members == made.manifest.members
    assert (tmp_path / "again" / "files" / "ab" / uid).read_bytes() == b"sealed content"
    made.file.write_bytes(made.file.read_bytes()[:-40])
    with pytest.raises(Damaged):
        unpack(made.file, settings.KEYRING, tmp_path / "cut")
