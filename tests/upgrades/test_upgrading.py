"""Databases of released versions are upgraded, whatever kills it in between, and the program works on them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from dev.postgres import ROOT
from dev.released import FOLDER, LARGEST, keys, put_sqlite, version_of, versions
from lianfang.config import upgrading
from lianfang.config.backups.before import before_upgrade, needed
from lianfang.config.backups.restoring import restore
from lianfang.foundation.keys import Keyring, load_keyring
from lianfang.foundation.models import Account
from lianfang.reporting.models import Report
from tests.district import DAY, MORNING
from tests.upgrades.contents import differences
from tests.upgrades.migrating import Trial, _at, run_points, spread

# Shares of its statements after which the suite kills one upgrade, one after the other; a soak kills more.
FEW = (0.3, 0.4, 0.2)
# How many upgrades a soak kills, each once.
SOAK = int(os.environ.get("LIANFANG_UPGRADE_POINTS", "0"))


@pytest.fixture
def quiet(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The database of the run stays closed, so that a forked child shares no connection."""
    with django_db_blocker.unblock():
        connection.close()
        yield
        connection.close()


def keyring_of(version: str, folder: Path) -> Keyring:
    (folder / "keyring.json").write_text(keys(version), encoding="utf-8")
    return load_keyring(folder)


@pytest.mark.parametrize("version", versions())
def test_a_released_database_is_upgraded_whatever_kills_it_and_the_program_answers_on_it(
    version, quiet, fresh_database, tmp_path, settings
):
    settings.KEYRING = keyring_of(version, tmp_path)
    trial = Trial(version, fresh_database, settings.KEYRING)
    url = trial.start()
    whole = trial.finish(url)
    assert (whole["faults"], whole["pending"]) == ([], [])
    with _at(url):
        assert upgrading.newer() is None and not needed()
        signed = Report.objects.filter(unit__name="文一路小学", day=DAY)
        assert [(r.verdict, r.figures["absent_ill"]) for r in signed.order_by("pk")] == [("has_cases", 1)] * 2
        for part in ("teacher", "mother", "reporter", "officer"):
            client = Client()
            client.force_login(Account.objects.get(username=part), "django.contrib.auth.backends.ModelBackend")
            assert client.get("/", follow=True).status_code == 200, part
    if version != versions()[-1]:
        # Three times on its way, each time later than the first new table and before the last.
        killed = trial.killed_at(*(int(whole["statements"] * share) for share in FEW))
        assert (killed["faults"], killed["pending"]) == ([], [])
        assert differences(whole["digest"], killed["digest"]) == {}
        points = spread(whole["statements"], SOAK) if SOAK else []
        assert run_points(trial, whole, points) == []
        print(f"upgrades: {len(points)} points over {whole['statements']} calls")


def test_every_migration_is_whole_or_not_at_all():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert [node for node, migration in loader.disk_migrations.items() if not migration.atomic] == []


def test_the_version_of_this_checkout_has_its_fixtures_and_they_are_small():
    assert versions()[-1] == version_of(ROOT)
    for version in versions():
        assert all((FOLDER / f"{version}{end}").stat().st_size <= LARGEST for end in (".sqlite.xz", ".sql.xz"))


def test_before_an_upgrade_a_backup_is_made_that_a_newer_version_restores(
    quiet, fresh_database, tmp_path, settings, monkeypatch
):
    version = versions()[0]
    keyring = settings.KEYRING = keyring_of(version, tmp_path)
    monkeypatch.setenv("LIANFANG_BACKUP_DIR", str(tmp_path / "to"))
    data = tmp_path / "data"
    data.mkdir()
    trial = Trial(version, fresh_database, keyring)
    url = trial.start()
    with _at(url):
        assert needed()
        made = before_upgrade(data, keyring, MORNING, version)
    assert made is not None and made.manifest.entries > 100
    again = fresh_database()
    settings.DATA_DIR = tmp_path / "again"
    with _at(again):
        done = restore(made.file, settings.DATA_DIR, keyring, MORNING, version="0.2.0")
        assert done.faults == [] and upgrading.pending() == []
        assert Report.objects.filter(unit__name="文一路小学", day=DAY).count() == 2


def test_a_database_without_backups_wanted_is_upgraded_without(quiet, fresh_database, tmp_path, settings):
    trial = Trial(versions()[0], fresh_database, keyring_of(versions()[0], tmp_path))
    with _at(trial.start()):
        assert before_upgrade(tmp_path, trial.keyring, MORNING, "0") is None


@pytest.mark.one_database("the refusal is the same code before any query of a database's own")
def test_a_database_of_a_newer_version_is_refused_by_every_command(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    put_sqlite(versions()[-1], data / "lianfang.sqlite3")
    (tmp_path / "data.keys").mkdir()
    keyring_of(versions()[-1], tmp_path / "data.keys")
    with closing(sqlite3.connect(data / "lianfang.sqlite3")) as opened, opened:
        opened.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('people', '0099_later', '2030-01-01')"
        )
    for name in ("LIANFANG_DATABASE_URL", "LIANFANG_SECRET_DIR"):
        monkeypatch.delenv(name, raising=False)
    before = (data / "lianfang.sqlite3").read_bytes()
    for command in (["up", "--empty", "--port", "0"], ["worker"], ["journal", "head"]):
        done = subprocess.run(
            [sys.executable, "-m", "lianfang", *command, "--data", str(data)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1 and "people.0099_later" in done.stderr and "newer version" in done.stderr, command
        assert "Traceback" not in done.stderr
    with closing(sqlite3.connect(data / "lianfang.sqlite3")) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(before) == (data / "lianfang.sqlite3").stat().st_size


def test_without_their_keys_data_are_not_opened(tmp_path, monkeypatch):
    from lianfang.config.backups.places import keys_missing

    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.delenv("LIANFANG_SECRET_DIR", raising=False)
    assert keys_missing(data) is None
    (data / "lianfang.sqlite3").touch()
    said = keys_missing(data)
    assert said is not None and "keys restore" in said.en
    (tmp_path / "data.keys").mkdir()
    (tmp_path / "data.keys" / "keyring.json").write_text(json.dumps({}))
    assert keys_missing(data) is None
