"""The databases that tests run on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from dev.postgres import ROOT
from dev.pytest_plugin import stores


@pytest.mark.django_db
def test_the_database_is_the_one_of_this_run(database_kind):
    assert connection.vendor == {"sqlite": "sqlite", "postgres": "postgresql"}[database_kind]


@pytest.mark.django_db
def test_the_test_database_is_not_the_one_that_was_named(database_kind):
    name = str(connection.settings_dict["NAME"])
    if database_kind == "postgres":
        assert name.startswith("test_")
    else:
        assert Path(name).is_relative_to(os.environ["LIANFANG_TEST_HOME"])


@pytest.mark.django_db(transaction=True)
def test_sqlite_is_set_as_in_production(database_kind):
    if database_kind == "sqlite":
        with connection.cursor() as cursor:
            settings = {}
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint"):
                (settings[name],) = cursor.execute(f"PRAGMA {name}").fetchone()
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0}
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
            cursor.execute("SHOW lock_timeout")  # nobody waits for a lock without end (ADR 0015)
            assert cursor.fetchone() == ("30s",)


@pytest.mark.storing
def test_fresh_databases_are_empty_and_different(fresh_database, database_kind):
    first, second = fresh_database(), fresh_database()
    assert first != second
    assert first.startswith("sqlite:///" if database_kind == "sqlite" else "postgresql://")
    program = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "connection.cursor().execute('CREATE TABLE only_here (x integer)')\n"
        "print(connection.introspection.table_names())"
    )
    for url in (first, second):
        environment = {**os.environ, "LIANFANG_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "lianfang.config.settings"}
        done = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT / "src", env=environment, text=True)
        assert done.strip() == "['only_here']"


@pytest.mark.storing
def test_each_database_runs_what_belongs_to_it(request, database_kind):
    """Whatever stores runs on both, but for browser tests and those that say why one database is enough."""
    reasons = {m.args[0] for i in request.session.items if (m := i.get_closest_marker("one_database"))}
    browsing = [item for item in request.session.items if item.get_closest_marker("e2e")]
    if database_kind == "postgres":
        assert not reasons
        assert not browsing
        assert all(map(stores, request.session.items))
    assert all(len(reason) > 30 for reason in reasons)


ASKER = """
import signal, sys
from dev.postgres import EmbeddedPostgres
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is begun with it ignored
server = EmbeddedPostgres()
print(server.start(), flush=True)
sys.stdin.read()
"""


def is_listening(url):
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_the_embedded_server_ends_with_its_asker(end):
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asker.stdin is not None
    assert asker.stdout is not None
    assert asker.stderr is not None
    url = asker.stdout.readline().strip()
    assert is_listening(url)
    folder = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
    asker.send_signal(end)
    asker.wait(timeout=30)
    asker.stderr.read()  # the keeper holds the other end until it has cleared up
    assert not is_listening(url)
    assert not (folder / "PG_VERSION").exists()
    for pipe in (asker.stdin, asker.stdout, asker.stderr):
        pipe.close()
