"""Restoring: everything comes back, nothing else is ever accepted, and a kill in between can be repeated."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from lianfang.config import upgrading
from lianfang.config.backups import erasures, places, restoring, sheet
from lianfang.config.backups.archive import HEADER
from lianfang.config.backups.databases import is_empty
from lianfang.config.backups.keyfile import put_back
from lianfang.config.backups.problems import BackupError, Damaged, ForeignKey, NewerFormat, OtherEngine
from lianfang.config.backups.restoring import restore
from lianfang.config.wiring import READERS
from lianfang.foundation import journal
from lianfang.foundation.files import read_file
from lianfang.foundation.keys import load_keyring
from lianfang.foundation.models import JournalEntry, StoredFile
from lianfang.foundation.readers import run_reader
from lianfang.people.actions import memberships, privacy
from lianfang.people.models import Membership, Person
from tests.backups.conftest import CONTENT, LATER, entries
from tests.backups.forked import in_a_child, kill_at
from tests.district import DAY, MORNING
from tests.upgrades.contents import differences, digest

SOON = LATER + timedelta(days=1)


def back(file: Path, data: Path, **more):
    return restore(file, data, more.pop("keyring", settings.KEYRING), more.pop("now", LATER), version="0.2.0", **more)


def left(data: Path) -> list[str]:
    return sorted(path.name for path in data.rglob("*")) if data.exists() else []


def test_after_the_loss_of_data_and_keys_a_backup_and_the_sheet_bring_everything_back(home, elsewhere, tmp_path):
    typed = "\n".join(sheet.lines(settings.KEYRING)).lower().replace(" ", "")
    Session.objects.create(session_key="open", session_data="", expire_date=LATER)
    made, before = home.back_up(), digest()
    shutil.rmtree(home.data)
    keys = tmp_path / "new.keys"
    assert put_back(keys, sheet.read_sheet(typed)) is None
    with elsewhere() as data:
        done = back(made.file, data, keyring=load_keyring(keys))
        assert (done.faults, done.erased, done.before, done.sealed) == ([], 0, None, made.manifest.sealed)
        assert done.manifest.last == JournalEntry.all_realms.latest("received_at").received_at
        changed = differences(before, digest())
        assert set(changed) == {"django_session"}, changed  # nobody is signed in any more
        assert read_file(StoredFile.all_realms.get()) == CONTENT
        assert left(data)[-1] == "up.lock" and not list(data.glob("*work*"))
        entries(1, LATER)  # numbering goes on
        journal.seal(LATER)
        assert list(journal.verify()) == []


def test_what_cannot_be_accepted_is_refused_in_words_and_leaves_the_target_untouched(
    home, elsewhere, tmp_path, monkeypatch
):
    made = home.back_up()
    whole = made.file.read_bytes()
    bad = tmp_path / "bad.lfb"

    def flipped(at: int) -> bytes:
        return whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]

    def refused(error: type[BackupError], content: bytes, keyring=settings.KEYRING) -> None:
        bad.write_bytes(content)
        with pytest.raises(error):
            back(bad, data, keyring=keyring)
        assert not data.exists() and is_empty()

    with elsewhere() as data:
        for content in (
            b"",
            b"SQLite format 3",
            whole[:50],
            whole[:-1],
            whole + b"x",
            *map(flipped, (0, 40, 99, 500, -1)),
        ):
            refused(Damaged if content[:8] == whole[:8] else BackupError, content)
        refused(ForeignKey, whole, load_keyring(tmp_path / "foreign.keys"))
        newer = whole[:8] + b"\x09" + whole[9 : HEADER - 16]
        refused(NewerFormat, newer + hashlib.sha256(newer).digest()[:16] + whole[HEADER:])
        with monkeypatch.context() as patched:
            patched.setattr(upgrading, "unknown", lambda nodes: ["people.0099_later"])
            refused(NewerFormat, whole)
        with monkeypatch.context() as patched:
            other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
            patched.setattr(type(connection), "vendor", other, raising=False)
            with pytest.raises(OtherEngine):
                restoring.check_manifest(made.manifest)


def test_a_target_in_use_is_refused_and_replaced_only_when_told(home, elsewhere):
    first = home.back_up()
    wanted = digest()
    entries(5)
    second = home.back_up(LATER)
    with elsewhere() as data:
        back(second.file, data)
        there = digest()
        with pytest.raises(BackupError, match="already holds data"):
            back(first.file, data)
        assert digest() == there
        with places.held(data / "up.lock", first), pytest.raises(BackupError, match="Stop it"):
            back(first.file, data, replace=True)
        assert digest() == there
        done = back(first.file, data, replace=True, now=SOON)
        assert differences(wanted, digest()) == {}
        assert done.before is not None and done.before.exists()
        if connection.vendor == "sqlite":
            assert {p.name for p in done.before.iterdir()} >= {"lianfang.sqlite3", "files"} or done.before.is_dir()
        else:
            assert back(done.before, data, replace=True, now=SOON).manifest.entries == second.manifest.entries


@pytest.mark.parametrize("step", ["unpacked", "verified", "placing", "placed"])
def test_killed_while_restoring_it_is_begun_anew(home, elsewhere, step):
    made, before = home.back_up(), digest()
    with elsewhere() as data:
        assert in_a_child(lambda: back(made.file, data, progress=kill_at(step))) == -signal.SIGKILL
        half = (data / places.UNFINISHED).exists()
        assert half == (step in ("placing", "placed")) and (places.unfinished(data) is not None) == half
        done = back(made.file, data, replace=not is_empty(), now=SOON)
        assert done.faults == [] and differences(before, digest()) == {}
        assert read_file(StoredFile.all_realms.get()) == CONTENT
        assert not (data / places.UNFINISHED).exists() and not (data / restoring.STAGE).exists()


@pytest.mark.one_database("moving a file-based installation aside; PostgreSQL's is backed up, as the test above shows")
def test_killed_while_moving_aside_what_was_there_nothing_of_it_is_lost(home, elsewhere, monkeypatch):
    made = home.back_up()
    with elsewhere() as data:
        back(made.file, data)

        def dies(old: Path, new: Path) -> None:
            if Path(old).name == "files" and Path(new).parent.name != data.name:
                kill_at("x")("x")
            os.rename(old, new)

        def work() -> None:
            monkeypatch.setattr(os, "replace", dies)
            back(made.file, data, replace=True, now=SOON)

        assert in_a_child(work) == -signal.SIGKILL
        assert not (data / "lianfang.sqlite3").exists() and (data / "files").exists()
        back(made.file, data, now=SOON + timedelta(days=1))
        aside = list(data.parent.glob(f"{data.name}.before-*"))
        assert len(aside) == 1 and (aside[0] / "files").is_dir()
        assert read_file(StoredFile.all_realms.get()) == CONTENT


def erase_one(home, now) -> Person:
    """A pupil leaves and is erased on request; the worker's reader notes it."""
    child = home.district.pupils["class1"][1]
    for row in Membership.objects.filter(person=child, ends=None):
        memberships.end_membership(home.district.actor("admin", now), now, membership=row, ends=DAY)
    privacy.erase_person(home.district.actor("admin", now), now, person_id=child.pk, reason="已转学")
    journal.seal(now)
    for reader in READERS:
        if reader.name == "backups.erasures":
            run_reader(reader, now)
            run_reader(reader, now)
    return Person.objects.get(pk=child.pk)


def test_who_was_erased_after_the_backup_is_erased_again(home, elsewhere):
    made = home.back_up()
    person = erase_one(home, LATER)
    noted = erasures.read([settings.SECRET_DIR / erasures.FILE], settings.KEYRING)
    assert [(what.person, what.whole) for what in noted] == [(person.uid.hex, True)]
    assert erasures.read([home.to / erasures.FILE], settings.KEYRING) == noted, "beside the backups as well"
    assert person.uid.hex in (home.to / erasures.FILE).read_text() and "王" not in (home.to / erasures.FILE).read_text()
    with elsewhere() as data:
        done = back(made.file, data, now=SOON)
        again = Person.objects.get(uid=person.uid)
        assert (done.erased, done.faults, again.name, again.erased_at) == (1, [], "", SOON)
        assert not Membership.objects.filter(person=again, ends=None).exists()
        journal.seal(SOON)
        assert list(journal.verify()) == []
    # A backup that knows the erasure needs no repetition.
    after = home.back_up(SOON)
    with elsewhere() as data:
        assert back(after.file, data, now=SOON).erased == 0


def test_nobody_is_erased_because_of_an_edited_or_cut_off_file(home):
    person = home.district.pupils["class1"][2]
    ours = erasures.Erased("e" * 32, MORNING.isoformat(), person.uid.hex, True)
    path = settings.SECRET_DIR / erasures.FILE
    good = erasures._line(settings.KEYRING, ours)
    path.write_text(good.replace("e" * 32, "f" * 32) + "{}\n[]\nnothing\n" + good[:60])
    assert erasures.read([path, path.with_name("absent")], settings.KEYRING) == []
    assert erasures.repeat([path], settings.KEYRING, LATER) == 0
    assert erasures._add(settings.SECRET_DIR, settings.KEYRING, [ours]) == 2  # after the line that was cut off
    assert erasures.read([path], settings.KEYRING) == [ours]
    assert erasures._add(settings.SECRET_DIR, settings.KEYRING, [ours]) == 0
