"""One moment of the database as files, and those files read through. SQLite: one file; PostgreSQL: one file a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.utils.dateparse import parse_datetime

from lianfang.config.backups.problems import BackupError
from lianfang.kernel.labels import Label

SQLITE_FILE = "database.sqlite3"
# Asks the database in plain SQL: it may be older than this program's models.
Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass
class Facts:
    """What a database holds at one moment; see `Manifest`. `files` are the ids (hex) of stored files not erased."""

    entries: int
    receipts: int
    sealed: int
    head: str
    last_at: datetime | None
    files: frozenset[str]
    migrations: list[tuple[str, str]]
    tables: dict[str, int] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    made_by: list[str] = field(default_factory=list)
    finished_by: list[str] = field(default_factory=list)


def _hex(uid: Any) -> str:
    return str(getattr(uid, "hex", uid))


def _instant(value: Any) -> datetime | None:
    found = parse_datetime(value) if isinstance(value, str) else value
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def facts(ask: Ask) -> Facts:
    """Of the database that answers."""
    head = ask("SELECT seq, digest FROM foundation_journalhead WHERE id = 1") or [(0, "")]
    last = ask("SELECT received_at FROM foundation_journalentry ORDER BY id DESC LIMIT 1")
    return Facts(
        entries=int(ask("SELECT count(*) FROM foundation_journalentry")[0][0]),
        receipts=int(ask("SELECT count(*) FROM foundation_receipt")[0][0]),
        sealed=int(head[0][0]),
        head=str(head[0][1]),
        last_at=_instant(last[0][0]) if last else None,
        files=frozenset(_hex(row[0]) for row in ask("SELECT uid FROM foundation_storedfile WHERE erased_at IS NULL")),
        migrations=[(str(a), str(n)) for a, n in ask("SELECT app, name FROM django_migrations ORDER BY id")],
    )


def ask_connected(sql: str) -> list[tuple[Any, ...]]:
    """`Ask` of the connected database."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@contextmanager
def standing_in(**settings: Any) -> Iterator[None]:
    """Work over a connection of one's own, or with another database of the same kind (`NAME=…`), in this thread."""
    before = connections["default"]
    other = type(before)({**before.settings_dict, "CONN_MAX_AGE": None, **settings}, "default")
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = before


def size() -> int:
    """Bytes of the connected database, at most what a copy of it takes."""
    if connection.vendor == "sqlite":
        pages, each = (int(ask_connected(f"PRAGMA {what}")[0][0]) for what in ("page_count", "page_size"))
        return pages * each
    return int(ask_connected("SELECT pg_database_size(current_database())")[0][0])


def is_empty() -> bool:
    """Whether the connected database has no tables yet."""
    if connection.vendor == "sqlite" and not Path(str(connection.settings_dict["NAME"])).exists():
        return True
    return not connection.introspection.table_names()


def take(work: Path) -> Facts:
    """Copy one moment of the connected database into the folder `work`. Writers do not wait for it.

    SQLite: `VACUUM INTO`, which leaves out what was deleted. PostgreSQL: `COPY` of every table in one snapshot.
    """
    if connection.vendor == "sqlite":
        _take_sqlite(work / SQLITE_FILE)
        return sqlite_facts(work / SQLITE_FILE)
    from lianfang.config.backups.postgres import take as take_tables

    with standing_in():
        return take_tables(work)


def _take_sqlite(target: Path) -> None:
    with standing_in():  # opened and closed under the writer lock (ADR 0004)
        connection.ensure_connection()
        # Past Django's cursor, which would hold the writer lock: this only reads, in one transaction.
        connection.connection.execute("VACUUM INTO ?", (str(target),))


def sqlite_facts(file: Path) -> Facts:
    """Of a copied database, with the number of rows of each table."""
    with closing(sqlite3.connect(file)) as opened:
        ask: Ask = lambda sql: opened.execute(sql).fetchall()  # noqa: E731
        found = facts(ask)
        names = ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        found.tables = {str(name): int(ask(f'SELECT count(*) FROM "{name}"')[0][0]) for (name,) in names}
    return found


def check_copy(folder: Path, tables: dict[str, int]) -> None:
    """Read an unpacked database through: SQLite's own check, and the rows of every table. Raises BackupError."""
    if (folder / SQLITE_FILE).exists():
        check_sqlite(folder / SQLITE_FILE)
        counted = sqlite_facts(folder / SQLITE_FILE).tables
    else:
        from lianfang.config.backups.postgres import count_rows

        counted = count_rows(folder)
    if counted != tables:
        different = sorted(name for name in {*counted, *tables} if counted.get(name) != tables.get(name))
        raise _unsound(f"{', '.join(different[:3])}")


def check_sqlite(file: Path) -> None:
    """SQLite's own check of every page, index and foreign key."""
    orphans: Sequence[Any] | None = None
    try:
        with closing(sqlite3.connect(file)) as opened:
            answer = str(opened.execute("PRAGMA integrity_check(1)").fetchone()[0])
            orphans = opened.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok" or orphans is not None:
        raise _unsound(answer if answer != "ok" else f"foreign key of {orphans[0] if orphans else ''}")


def _unsound(said: str) -> BackupError:
    return BackupError(
        Label(
            f"数据库没有通过完整性检查：{said}。以前的备份没有改动，请保留它们。",
            f"The database did not pass its integrity check: {said}. Earlier backups are untouched; keep them.",
        )
    )
