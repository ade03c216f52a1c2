"""One digest of a database's schema and of each table's rows, so that two databases can be compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

from django.db import connection

# When a migration was made, and in which order Django numbered its own rows, differs between two runs that agree.
NOT_COMPARED = {
    "django_migrations": {"id", "applied"},
    "django_content_type": {"id"},
    "auth_permission": {"id", "content_type_id"},
}
SCHEMA = {
    "sqlite": ["SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"],
    "postgresql": [
        """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped""",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'""",
        """SELECT tablename, indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes
        WHERE schemaname = current_schema()""",
    ],
}

# PostgreSQL writes the casts in `IN (…)` in another way after it has read its own writing once.
CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")


def _asked(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def digest(leave_out: Collection[tuple[str, str]] = (), tables: Collection[str] = ()) -> dict[str, str]:
    """Part ("schema", or a table) → rows and hash. `leave_out` are (table, column) that are random; `tables` narrows."""
    schema = [sorted(CASTS.sub("", repr(row)) for row in _asked(query)) for query in SCHEMA[connection.vendor]]
    found = {"schema": hashlib.sha256(repr(schema).encode()).hexdigest()}
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        columns = {n: [c.name for c in connection.introspection.get_table_description(cursor, n)] for n in names}
    for name in tables or names:
        left = NOT_COMPARED.get(name, set()) | {column for table, column in leave_out if table == name}
        kept = sorted(column for column in columns[name] if column not in left)
        form = 'quote("{}")' if connection.vendor == "sqlite" else '"{}"::text'
        rows = sorted(map(repr, _asked(f'SELECT {", ".join(form.format(c) for c in kept)} FROM "{name}"')))
        found[name] = f"{len(rows)} {hashlib.sha256(''.join(rows).encode()).hexdigest()}"
    return found


def differences(first: dict[str, str], second: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Where two digests disagree."""
    parts = sorted({*first, *second})
    return {part: (first.get(part), second.get(part)) for part in parts if first.get(part) != second.get(part)}
