"""The database of a test process: the first process of a run migrates it from nothing, the others get a copy of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import setup_databases, teardown_databases


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process of the run at a time."""
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def following(folder: Path) -> Iterator[str]:
    """The migrated pattern of the run (a file or a database), "" where there is none; it stays while this lasts."""
    mark = folder / "migrated"
    with alone(folder):
        yield mark.read_text(encoding="utf-8") if mark.exists() else ""


def _name() -> str:
    """What the test database of this process is called; Django's own rule."""
    return str(connection.creation._get_test_db_name())  # type: ignore[attr-defined]


def _copy(source: str, target: str) -> None:
    """A database as another one is now. Nobody may be connected to `source`."""
    if connection.vendor == "sqlite":
        shutil.copyfile(source, target)
        return
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _close() -> None:
    """Leave the database, with everything in its one file."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def migrated(folder: Path, *, copies: bool, **options: Any) -> Iterator[None]:
    """A migrated, empty test database while this lasts; `folder` is the run's, `copies` whether others follow."""
    mark = folder / "migrated"
    with following(folder) as known:
        if known:
            _copy(known, _name())
        made = setup_databases(verbosity=0, interactive=False, keepdb=bool(known), **options)
        if copies and not known:
            pattern = str(folder / "migrated.sqlite3") if connection.vendor == "sqlite" else f"{_name()}_pattern"
            _close()
            _copy(_name(), pattern)
            mark.write_text(pattern, encoding="utf-8")
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)
        if copies and not known:
            with alone(folder):  # whoever comes now migrates
                mark.unlink()
                _drop(pattern)


def _drop(name: str) -> None:
    if connection.vendor == "sqlite":
        Path(name).unlink()
        return
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def run_folder() -> Path:
    """The folder that the processes of a run share."""
    return Path(os.environ["LIANFANG_TEST_HOME"])
