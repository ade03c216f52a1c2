"""SQLite in WAL with FULL durability, safe with libraries that have the WAL-reset bug.

SQLite 3.7.0-3.51.2 can corrupt a file when a checkpoint races a commit of another connection. Here every write
transaction and every checkpoint of every process holds one OS file lock (`<database>.lock`), and automatic
checkpoints are off: the worker checkpoints while it holds the lock. Readers never wait for it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

READING = ("SELECT", "PRAGMA", "EXPLAIN", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
LOCK_SECONDS = 30.0


class WriterLock:
    """The lock file of one database as seen by one connection. Re-entrant within the connection."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.depth = 0
        self._fd: int | None = None

    def acquire(self) -> None:
        if self.depth == 0:
            if self._fd is None:
                self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            deadline = time.monotonic() + LOCK_SECONDS
            pause = 0.0002
            while True:
                try:
                    fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise OperationalError(
                            f"database is locked: no turn to write within {LOCK_SECONDS:.0f} s"
                        ) from None
                    time.sleep(pause)
                    pause = min(pause * 2, 0.001)
        self.depth += 1

    def release(self) -> None:
        self.depth -= 1
        if self.depth == 0 and self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def abandon(self) -> None:
        """Give the lock up whatever the depth, as when the connection closes in the middle of a transaction."""
        self.depth = 0
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def held(self) -> Iterator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()


class LockingCursor(base.SQLiteCursorWrapper):
    """Takes the writer lock around a writing statement outside a transaction (autocommit)."""

    writer: WriterLock | None = None

    def _writes_alone(self, query: str) -> bool:
        return (
            self.writer is not None
            and not self.connection.in_transaction
            and not query.lstrip()[:9].upper().startswith(READING)
        )

    def execute(self, query: str, params: Any = None) -> Any:
        if self.writer is not None and self._writes_alone(query):
            with self.writer.held():
                return super().execute(query, params)
        return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.writer is not None and self._writes_alone(query):
            with self.writer.held():
                return super().executemany(query, param_list)
        return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection. `writer` is None for a database in memory."""

    writer: WriterLock | None = None
    _begun = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if not self.is_in_memory_db():
            self.writer = WriterLock(name + ".lock")
        with self.writer.held() if self.writer else _nothing():
            connection = super().get_new_connection(conn_params)
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "wal_autocheckpoint=0",
                "mmap_size=0",
                "temp_store=MEMORY",
                "cache_size=-32000",
            ):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=LockingCursor)
        cursor.writer = self.writer
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        if self.writer is not None:
            self.writer.acquire()
            self._begun = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            try:
                if self.connection is not None and self.connection.in_transaction:
                    self.connection.rollback()  # begun, but interrupted: nobody would end it, and all others would wait
            finally:
                self._ended()
            raise

    def _ended(self) -> None:
        if self._begun and self.writer is not None:
            self._begun = False
            self.writer.release()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except BaseException:
            # The transaction stays open after a failed COMMIT (SQLITE_BUSY, disk full): Django rolls back next.
            if self.connection is None or not self.connection.in_transaction:
                self._ended()
            raise
        self._ended()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._ended()

    def _close(self) -> None:
        # The last connection to close checkpoints the file, so closing takes a turn as well.
        if self.connection is not None and self.writer is not None:
            self._begun = False
            try:
                with self.writer.held():
                    super()._close()  # type: ignore[misc]
            finally:
                self.writer.abandon()
        else:
            super()._close()  # type: ignore[misc]

    def checkpoint(self) -> tuple[int, int, int]:
        """Copy the WAL into the database file. Call outside a transaction; returns (busy, WAL frames, frames copied).

        It waits for no reader (a backup may read for minutes), since every writer would wait with it: what cannot be
        copied now is copied by the next one.
        """
        self.ensure_connection()
        with self.writer.held() if self.writer else _nothing():
            patience = int(self.connection.execute("PRAGMA busy_timeout").fetchone()[0])
            self.connection.execute("PRAGMA busy_timeout=0")
            try:
                row = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self.connection.execute(f"PRAGMA busy_timeout={patience}")
        return int(row[0]), int(row[1]), int(row[2])


@contextmanager
def _nothing() -> Iterator[None]:
    yield
