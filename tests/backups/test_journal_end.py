"""A backup notes where the journal ended; what comes out of it has to end there."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from lianfang.config.backups import archive, databases, package
from lianfang.config.backups.drilling import drill
from lianfang.config.backups.making import Made
from lianfang.config.backups.package import data_files, pack, unpack
from lianfang.config.backups.restoring import restore
from lianfang.foundation import journal
from lianfang.foundation.models import JournalHead
from tests.backups.conftest import LATER, Elsewhere, Home, entries
from tests.foundation.journal_edits import cut_off

ELSEWHERE = "the journal does not end where it ended when it was backed up"


@pytest.fixture
def made(home: Home) -> Made:
    """A backup of a journal that was written to a little longer."""
    entries(6)
    journal.seal(LATER)
    return home.back_up()


def with_the_database_of_now(home: Home, made: Made, target: Path) -> Path:
    """The backup with another database in it, everything else made to fit: whoever does this has the keys."""
    work = target.with_suffix(".work")
    work.mkdir()
    found = databases.take(work)
    inside = [(path.relative_to(work).as_posix(), path) for path in sorted(work.rglob("*")) if path.is_file()]
    manifest = replace(made.manifest, entries=found.entries, tables=found.tables, members={})
    with target.open("wb") as out:
        pack(out, settings.KEYRING, [*inside, *data_files(home.data, found.files)], manifest, found.files)
    return target


def back(file: Path, data: Path) -> list[str]:
    return restore(file, data, settings.KEYRING, LATER, version="0.2.0").faults


def test_it_is_noted_with_the_rest_and_found_again(made: Made, elsewhere: Elsewhere) -> None:
    noted = unpack(made.file, settings.KEYRING, None).noted
    assert [":".join(map(str, mark)) for mark in noted] == [journal.head_mark()]
    with elsewhere() as data:
        assert back(made.file, data) == []
        assert list(journal.verify(noted)) == []


def test_a_shorter_journal_in_a_backup_is_found(home: Home, made: Made, elsewhere: Elsewhere, tmp_path: Path) -> None:
    ended = made.manifest.sealed
    cut_off(ended - 4)
    assert list(journal.verify()) == []  # it verifies in itself
    file = with_the_database_of_now(home, made, tmp_path / "exchanged.lfb")
    drilled = drill(home.data, settings.KEYRING, LATER, file=file)
    assert not drilled.ok and drilled.faults[0] == f"{ended}: {ELSEWHERE}"
    assert any("its end was cut off" in fault for fault in drilled.faults)
    with elsewhere() as data:
        assert back(file, data)[0] == f"{ended}: {ELSEWHERE}"
    # Written to again until it is as long as before.
    entries(4, LATER)
    journal.seal(LATER)
    assert JournalHead.objects.get().seq == ended and list(journal.verify()) == []
    file = with_the_database_of_now(home, made, tmp_path / "grown.lfb")
    faults = drill(home.data, settings.KEYRING, LATER, file=file).faults
    assert faults[0] == f"{ended}: {ELSEWHERE}"
    assert f"{ended}: the digest is not the one that was noted elsewhere" in faults


def test_a_longer_journal_in_a_backup_is_found_as_well(home: Home, made: Made, tmp_path: Path) -> None:
    entries(2, LATER)
    journal.seal(LATER)
    file = with_the_database_of_now(home, made, tmp_path / "longer.lfb")
    assert drill(home.data, settings.KEYRING, LATER, file=file).faults == [f"{made.manifest.sealed}: {ELSEWHERE}"]


def test_a_backup_of_the_first_format_notes_nothing_and_comes_back(
    home: Home, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(manifest: Any) -> dict[str, Any]:
        return {name: value for name, value in asdict(manifest).items() if name != "head"}

    with monkeypatch.context() as patched:
        patched.setattr(archive, "VERSION", 1)
        patched.setattr(package, "asdict", as_before)
        patched.setattr("lianfang.config.backups.making._read_back", lambda *given: None)
        made = home.back_up()
    assert made.file.read_bytes()[len(archive.MAGIC)] == 1
    assert unpack(made.file, settings.KEYRING, None).noted == []
    with elsewhere() as data:
        assert back(made.file, data) == []
