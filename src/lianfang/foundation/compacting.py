"""Clearing what is no longer there out of the bytes of the database's files."""

from __future__ import annotations

from django.db import connection


def rewrite_files(*, at_rest: bool = False) -> bool:
    """SQLite: rewrite the file and empty the write-ahead log; False when a reader holds the log, so that it has to be done
    again. PostgreSQL: rewrite the tables, large ones only `at_rest`, when nobody is at work. Outside a transaction."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("VACUUM (FULL)" if at_rest or not _large() else "VACUUM")
            return True
        cursor.execute("PRAGMA temp_store=FILE")
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA temp_store=MEMORY")
        busy, _frames, _copied = connection.checkpoint()  # type: ignore[attr-defined]
        return not busy


def _large() -> bool:
    """Whether rewriting would lock tables for too long (over 2 GB): then free space is given back for reuse only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0]) > 2 * 1024**3
