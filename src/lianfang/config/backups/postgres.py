"""PostgreSQL's tables by `COPY`, out in one snapshot and in again in one transaction; no other program is needed.

The tables are made by this program's migrations as far as the backup's, filled, and then brought up to date.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from lianfang.config.backups.databases import Facts, ask_connected, facts
from lianfang.config.backups.package import PRIVATE, Manifest
from lianfang.config.backups.problems import Damaged

PIECE = 2**20
TABLES = "tables"
LIST_TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition ORDER BY c.relname"""
LIST_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY c.relname, a.attnum"""
LIST_LINKS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND contype = 'f' AND conparentid = 0 ORDER BY 1, 2"""
LIST_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1"


def _names(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def table_names() -> list[str]:
    """The tables of the schema in use."""
    return [str(row[0]) for row in ask_connected(LIST_TABLES)]


def take(work: Path) -> Facts:
    """Copy every table into `work/tables` as of one snapshot, over the connection in use."""
    (work / TABLES).mkdir(mode=PRIVATE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = facts(ask_connected)
        for table, column in ask_connected(LIST_COLUMNS):
            found.columns.setdefault(str(table), []).append(str(column))
        for (name,) in ask_connected(LIST_SEQUENCES):
            # Not part of a snapshot: at least as far as the rows are.
            last, called = ask_connected(f'SELECT last_value, is_called FROM "{name}"')[0]
            found.sequences[str(name)] = int(last) if called else 0
        for table, columns in found.columns.items():
            query = f'COPY "{table}" ({_names(columns)}) TO STDOUT'
            with (work / TABLES / table).open("wb") as out, cursor.copy(query) as copying:
                for block in copying:
                    out.write(block)
            found.tables[table] = int(cursor.rowcount)
    return found


def count_rows(folder: Path) -> dict[str, int]:
    """Rows of each table's file: one a line, line breaks inside of values are written as two signs."""
    counted = {}
    for path in sorted((folder / TABLES).iterdir()):
        with path.open("rb") as source:
            counted[path.name] = sum(piece.count(b"\n") for piece in iter(lambda: source.read(PIECE), b""))
    return counted


def drop_all() -> None:
    """Remove every table of the schema in use; call inside the transaction that fills it again."""
    with connection.cursor() as cursor:
        for table in table_names():
            cursor.execute(f'DROP TABLE IF EXISTS "{table}" CASCADE')


def fill(folder: Path, manifest: Manifest) -> None:
    """Make the backup's tables in the empty schema in use and load them; call inside a transaction. Raises Damaged."""
    executor = MigrationExecutor(connection)
    executor.migrate(latest(manifest.migrations, executor))
    if table_names() != sorted(manifest.tables):
        raise Damaged
    links = ask_connected(LIST_LINKS)
    with connection.cursor() as cursor:
        # Made again afterwards: checked at once, and no row waits for a check of its own.
        for table, name, _definition in links:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for table in manifest.tables:
            cursor.execute(f'DELETE FROM "{table}"')
        for table, columns in manifest.columns.items():
            query = f'COPY "{table}" ({_names(columns)}) FROM STDIN'
            with (folder / TABLES / table).open("rb") as source, cursor.copy(query) as copying:
                while block := source.read(PIECE):
                    copying.write(block)
        for table, name, definition in links:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for name, last in manifest.sequences.items():
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{name}"', max(last, 1), last > 0])
        # From here on as if every migration had a transaction of its own.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def latest(recorded: list[tuple[str, str]], executor: Any) -> list[tuple[str, str]]:
    """Of recorded migrations those that no other recorded one of the same room follows."""
    graph, known = executor.loader.graph, set(recorded)
    followed = {
        parent.key
        for node in known
        if node in graph.nodes
        for parent in graph.node_map[node].parents
        if parent.key[0] == node[0]
    }
    return [node for node in recorded if node not in followed and node in graph.nodes]
