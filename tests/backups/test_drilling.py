"""The restore drill says what it must and leaves nothing behind."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from lianfang.config.backups import places
from lianfang.config.backups.drilling import SCHEMA, drill
from lianfang.config.backups.problems import BackupError, Damaged
from lianfang.foundation.models import JournalEntry
from tests.backups.conftest import LATER, entries
from tests.district import MORNING
from tests.upgrades.contents import digest


def test_a_drill_restores_verifies_and_says_what_would_be_lost(home):
    with pytest.raises(BackupError, match="no backup yet"):
        drill(home.data, settings.KEYRING, LATER)
    assert places.state(LATER, home.data).drill["ok"] is False
    made = home.back_up()
    entries(7, LATER)
    before = digest()
    done = drill(home.data, settings.KEYRING, LATER)
    assert (done.ok, done.file, done.age, done.lost_entries, done.lost_receipts) == (
        True,
        made.file,
        LATER - MORNING,
        7,
        0,
    )
    assert done.seconds > 0 and digest() == before
    state = places.state(LATER, home.data)
    assert (state.newest, state.age, state.count, state.unfinished_restore) == (made.file, LATER - MORNING, 1, False)
    assert (state.drill["ok"], state.drill["at"], state.drill["lost_entries"]) == (True, LATER.isoformat(), 7)
    assert not list(home.data.glob("*work*"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
            assert cursor.fetchone() == (0,)


def test_a_broken_journal_in_a_backup_is_found_by_the_drill_and_damage_as_well(home):
    JournalEntry.all_realms.filter(pk=JournalEntry.all_realms.earliest("pk").pk).update(action="something.else")
    made = home.back_up()
    done = drill(home.data, settings.KEYRING, LATER)
    assert not done.ok and "altered" in done.faults[0]
    assert places.state(LATER, home.data).drill["ok"] is False
    made.file.write_bytes(made.file.read_bytes()[:-1])
    with pytest.raises(Damaged):
        drill(home.data, settings.KEYRING, LATER)
    assert "damaged" in places.state(LATER, home.data).drill["said"]
