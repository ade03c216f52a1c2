"""One moment of the database as a file, and that file read through; SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction

from lianfang.config.backups.places import held
from lianfang.config.backups.problems import BackupError
from lianfang.foundation import journal
from lianfang.foundation.models import JournalEntry, JournalHead, StoredFile
from lianfang.kernel.labels import Label

FILE_OF = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database holds at one moment; `last_at` is when its newest journal entry was received."""

    entries: int
    sealed: int
    last_at: datetime | None
    files: frozenset[str]


def facts() -> Facts:
    """Of the database that is connected now."""
    files = StoredFile.all_realms.filter(erased_at=None).values_list("uid", flat=True)
    last = JournalEntry.all_realms.order_by("-received_at").values_list("received_at", flat=True).first()
    head = JournalHead.objects.get(pk=1)
    return Facts(JournalEntry.all_realms.count(), head.seq, last, frozenset(uid.hex for uid in files))


def check_journal() -> None:
    """Raises BackupError unless the hash chain of the connected database is whole."""
    for fault in journal.verify():
        raise BackupError(
            Label(
                f"日志链不完整（第 {fault.seq} 条：{fault.what}）。现有数据没有改动。请运行 lianfang journal verify 查看。",
                f"The journal's chain is broken (entry {fault.seq}: {fault.what}). Nothing was changed."
                " See lianfang journal verify.",
            )
        )


@contextmanager
def standing_in(**settings: Any) -> Iterator[None]:
    """Work with another database of the same kind (`NAME=…`) instead of the installation's, in this thread."""
    before = connections["default"]
    other = type(before)({**before.settings_dict, "CONN_MAX_AGE": None, **settings}, "default")
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = before


def snapshot_lock(database: str) -> str:
    """Held while a SQLite database is being copied: a checkpoint would wait for it, and writers for the checkpoint."""
    return database + ".snapshot"


def take(work: Path) -> tuple[Path, Facts]:
    """Copy one moment of the database into the folder `work`; its journal was verified on PostgreSQL, not on SQLite."""
    target = work / FILE_OF[connection.vendor]
    if connection.vendor == "sqlite":
        _take_sqlite(target)
        with standing_in(NAME=str(target)):
            return target, facts()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        moment = str(cursor.fetchone()[0])
        found = facts()
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={target}")
        check_journal()
    return target, found


def _take_sqlite(target: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    busy = Label("另一个备份正在进行，请稍后再试。", "Another backup is running; try again later.")
    source = connections["default"].copy()
    with held(Path(snapshot_lock(name)), busy):
        try:
            source.ensure_connection()  # opened and closed under the writer lock (ADR 0004)
            with closing(sqlite3.connect(target)) as copy:
                # All pages in one step: one read transaction, which no writer waits for.
                source.connection.backup(copy, pages=-1)
        finally:
            source.close()


def check_copy(file: Path) -> None:
    """Read a copied database through. Raises BackupError when it is not whole."""
    if connection.vendor == "sqlite":
        check_sqlite(file)
        with standing_in(NAME=str(file)):
            check_journal()
    else:
        _run("pg_restore", f"--file={os.devnull}", str(file), plain=True)


def check_sqlite(file: Path) -> None:
    """SQLite's own check of every page, index and foreign key."""
    try:
        with closing(sqlite3.connect(file)) as opened:
            answer = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphans = opened.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        answer, orphans = str(error), None
    if answer != "ok" or orphans is not None:
        said = answer if answer != "ok" else f"foreign key {orphans}"
        raise BackupError(
            Label(
                f"数据库没有通过完整性检查：{said}。以前的备份没有改动，请保留它们。",
                f"The database did not pass its integrity check: {said}. Earlier backups are untouched; keep them.",
            )
        )


def _run(tool: str, *options: str, plain: bool = False) -> None:
    """Run a PostgreSQL program against the installation's database, the password in its environment."""
    program = shutil.which(tool)
    if program is None:
        raise BackupError(
            Label(
                f"找不到 {tool}。请安装 PostgreSQL 客户端（Debian/Ubuntu：apt install postgresql-client），版本不低于服务器。",
                f"{tool} was not found. Install the PostgreSQL client (Debian/Ubuntu: apt install postgresql-client),"
                " not older than the server.",
            )
        )
    chosen = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = {**os.environ, **{pg: str(chosen[own]) for pg, own in names.items() if chosen.get(own)}}
    target = () if plain else (f"--dbname={chosen['NAME']}",)
    done = subprocess.run([program, *target, *options], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["?"])[0]
        raise BackupError(Label(f"{tool} 没有成功：{said}", f"{tool} failed: {said}"))
