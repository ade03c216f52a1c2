"""A backup of the database as it runs: one moment, read back whole, never half, never too old."""

from __future__ import annotations

import resource
import shutil
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from lianfang.config.backups import databases, places
from lianfang.config.backups.package import unpack
from lianfang.config.backups.problems import BackupError, Damaged
from lianfang.foundation.files import erase_file
from lianfang.foundation.models import JournalEntry
from tests.backups.conftest import LATER, entries
from tests.backups.forked import in_a_child, kill_at
from tests.district import MORNING

STEPS = ("copied", "begun", "written", "verified")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def test_a_backup_reads_back_as_it_was_written(home, tmp_path):
    made = home.back_up()
    manifest = made.manifest
    assert (manifest.entries, manifest.made, manifest.kind) == (
        JournalEntry.all_realms.count(),
        MORNING,
        connection.vendor,
    )
    assert manifest.tables["people_person"] > 20 and manifest.tables["foundation_storedfile"] == 1
    assert ("people", "0001_initial") in manifest.migrations and manifest.missing == 0
    assert unpack(made.file, settings.KEYRING, tmp_path / "again") == manifest
    uid = home.file.uid.hex
    sealed = (home.data / "files" / uid[:2] / uid).read_bytes()
    assert (tmp_path / "again" / "files" / uid[:2] / uid).read_bytes() == sealed
    whole = made.file.read_bytes()
    assert b"keyring" not in whole and "王小一".encode() not in whole
    made.file.write_bytes(whole[:-40])
    with pytest.raises(Damaged):
        unpack(made.file, settings.KEYRING, None)
    assert places.state(LATER, home.data).backup == {"at": MORNING.isoformat(), "ok": True, "said": made.file.name}


def test_old_backups_go_by_number_and_by_age_and_the_newest_stays(home):
    for days in range(4):
        made = home.back_up(MORNING + timedelta(days=days), keep=3)
    kept = [at for at, _ in places.all_backups(home.to)]
    assert kept == [MORNING + timedelta(days=d) for d in (1, 2, 3)] and len(made.pruned) == 1
    home.back_up(MORNING + timedelta(days=33), keep=9, term=timedelta(days=30))
    assert [at for at, _ in places.all_backups(home.to)] == [MORNING + timedelta(days=d) for d in (3, 33)]
    assert places.prune(home.to, 1, MORNING + timedelta(days=999)) and len(places.all_backups(home.to)) == 1
    assert home.back_up(MORNING + timedelta(days=40), keep=None).pruned == []


def test_what_was_erased_is_not_in_the_next_backup(home, tmp_path):
    erase_file(home.file, MORNING)
    made = home.back_up()
    assert not [name for name in made.manifest.members if name.startswith("files/")]
    assert made.manifest.missing == 0


def test_a_content_that_went_meanwhile_is_counted(home):
    uid = home.file.uid.hex
    (home.data / "files" / uid[:2] / uid).unlink()
    assert home.back_up().manifest.missing == 1


def test_one_moment_under_load_and_writers_do_not_wait_for_it(home, monkeypatch):
    """Entries go on being written while the copy is taken; the copy is of one moment in between."""
    stop, written = threading.Event(), []

    def write() -> None:
        try:
            while not stop.is_set():
                entries(3)
                written.append(3)
        finally:
            connection.close()

    taken = []
    take = databases.take

    def watched(work: Path):
        before = JournalEntry.all_realms.count()
        found = take(work)
        taken.append((before, found.entries, JournalEntry.all_realms.count()))
        return found

    monkeypatch.setattr(databases, "take", watched)
    load = threading.Thread(target=write)
    load.start()
    try:
        made = home.back_up()
    finally:
        stop.set()
        load.join(timeout=30)
    before, copied, after = taken[0]
    assert before <= copied <= after and written
    assert (copied - before) % 3 == 0, "a transaction is in it whole or not at all"
    assert made.manifest.tables["foundation_journalentry"] == made.manifest.tables["foundation_journalpayload"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_backing_up_it_leaves_the_earlier_ones_and_nothing_that_looks_like_one(home, step):
    earlier = home.back_up().file
    kept = earlier.read_bytes()
    assert in_a_child(lambda: home.back_up(LATER, progress=kill_at(step))) == -signal.SIGKILL
    assert [path for _, path in places.all_backups(home.to)] == [earlier]
    assert earlier.read_bytes() == kept
    again = home.back_up(LATER)
    assert [path for _, path in places.all_backups(home.to)] == [earlier, again.file]
    assert names(home.data) == ["backup.lock", "backups.json", "files"] and places.PART not in names(home.to)


def test_two_at_once_are_refused(home):
    with places.backing_up(home.data), pytest.raises(BackupError, match="Another backup or restore"):
        home.back_up()
    assert places.all_backups(home.to) == [] and places.is_backing_up(home.data) is False


def test_too_little_room_is_said_before_anything_is_written(home, monkeypatch):
    monkeypatch.setattr(places, "RESERVE", 2**60)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 9 * 10**8, 10**6))
    with pytest.raises(BackupError, match="too little room"):
        home.back_up()
    assert names(home.to) == []
    last = places.state(MORNING, home.data).backup
    assert last["ok"] is False and "room" in last["said"]


def test_a_disk_that_fills_while_writing_leaves_no_half_backup(home):
    """The kernel's own refusal (a limit of 16 kB a file) in a process of its own."""
    earlier = home.back_up()

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        connection.ensure_connection()
        resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, 16 * 1024))
        with pytest.raises(BackupError, match="too little room"):
            home.back_up(LATER)

    assert in_a_child(limited) == 0
    assert [path for _, path in places.all_backups(home.to)] == [earlier.file]
    assert places.PART not in names(home.to) and places.WORK not in names(home.data)
