"""One writer at a time across threads and connections, checkpoints only under the lock (ADR 0004)."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from lianfang.foundation.models import Realm
from lianfang.foundation.sqlite import base
from tests.foundation.cast import NOW

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sqlite_only"),
]


def pragma(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return str(cursor.fetchone()[0])


def test_the_connection_is_durable_and_never_checkpoints_by_itself() -> None:
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == "2"
    assert pragma("wal_autocheckpoint") == "0"
    assert pragma("mmap_size") == "0"
    assert pragma("foreign_keys") == "1"


def test_many_threads_write_without_a_locked_database() -> None:
    errors: list[Exception] = []

    def write(thread: int) -> None:
        try:
            for number in range(25):
                with transaction.atomic():
                    Realm.objects.create(key=f"t{thread}-{number}", name="x", created_at=NOW)
                Realm.objects.filter(key=f"t{thread}-{number}").update(name="y")
                if number % 10 == 0:
                    connection.checkpoint()  # type: ignore[attr-defined]
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Realm.objects.filter(name="y").count() == 150


def test_a_held_lock_keeps_writers_and_checkpoints_out_but_not_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LOCK_SECONDS", 0.05)
    connection.ensure_connection()
    other = base.WriterLock(f"{connection.settings_dict['NAME']}.lock")
    with other.held():
        assert Realm.objects.count() == 1
        with pytest.raises(OperationalError, match="locked"):
            Realm.objects.filter(key="real").update(name="x")
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
        with pytest.raises(OperationalError, match="locked"):
            connection.checkpoint()  # type: ignore[attr-defined]
    other.abandon()
    Realm.objects.filter(key="real").update(name="x")


def test_the_lock_is_free_after_a_rollback_an_error_and_a_close() -> None:
    class Boom(Exception):
        pass

    def free() -> bool:
        other = base.WriterLock(f"{connection.settings_dict['NAME']}.lock")
        with other.held():
            pass
        other.abandon()
        return True

    def break_off() -> None:
        with transaction.atomic():
            Realm.objects.create(key="a", name="x", created_at=NOW)
            raise Boom

    with pytest.raises(Boom):
        break_off()
    assert free()
    connection.set_autocommit(False)
    connection.close()
    assert free()
    assert connection.checkpoint()[0] == 0  # type: ignore[attr-defined]
    assert Path(f"{connection.settings_dict['NAME']}").exists()
