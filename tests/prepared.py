"""A cast that was built once is put back row by row, instead of being acted out again for every test.

`@prepared` stands before a function that builds people and facts through the actions that users use, at fixed instants.
The first call in a process really builds, and keeps what it left in the tables and what it returned. A later call with
the same arguments, in a database that holds what it held before that first call, puts the same rows into it, inside the
test's own transaction or for good, whatever the test has. In a database that holds anything else it builds again.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from lianfang.foundation.actor import forget_cached_actors

P = ParamSpec("P")
T = TypeVar("T")
# Filled by Django from the code, the same in every database of a run.
FROM_CODE = {"django_content_type", "auth_permission", "django_migrations"}
# A start with more rows than this is not recognized again: somebody else's people are in it.
SEED_ROWS = 8


@dataclass(frozen=True)
class _Kept:
    """Rows by table, and what the builder returned."""

    rows: dict[str, Any]
    returned: bytes


_kept: dict[Any, _Kept] = {}


def prepared(build: Callable[P, T]) -> Callable[P, T]:
    """Build once in a process and put back afterwards. Arguments must be hashable, what is returned picklable."""

    @functools.wraps(build)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        before = filled()
        start = seed_of(before)
        if start is None:
            return build(*args, **kwargs)
        key = (build.__module__, build.__qualname__, args, tuple(sorted(kwargs.items())), connection.alias, start)
        kept = _kept.get(key)
        if kept is None:
            built = build(*args, **kwargs)
            _kept[key] = _Kept({table: read(table) for table in filled()}, pickle.dumps(built))
            return built
        forget_cached_actors()
        with transaction.atomic():
            put_back(kept.rows, set(before))
        again: T = pickle.loads(kept.returned)
        return again

    return wrapped


@functools.cache
def tables() -> dict[str, tuple[str, ...]]:
    """Columns of every table that models store in, by table."""
    models: list[type[Model]] = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed]
    kept = [m for m in models if not m._meta.proxy and m._meta.db_table not in FROM_CODE]
    return {m._meta.db_table: tuple(str(f.column) for f in m._meta.local_concrete_fields) for m in kept}


@functools.cache
def numbers() -> dict[str, str]:
    """The column that the database numbers by itself, by table."""
    keys = ((m._meta.db_table, m._meta.pk) for m in apps.get_models(include_auto_created=True))
    return {table: str(key.column) for table, key in keys if key.get_internal_type().endswith("AutoField")}


def _names(columns: tuple[str, ...], sign: str = "") -> str:
    return ", ".join(f'{sign}"{column}"' for column in columns)


def filled() -> list[str]:
    """The tables that hold anything, apart from what Django fills from the code."""
    names = list(tables())
    asked = ", ".join(f'EXISTS(SELECT 1 FROM "{name}")' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")
        return [name for name, found in zip(names, cursor.fetchone(), strict=True) if found]


def seed_of(names: list[str]) -> Any:
    """What is in the database to start with, None when it is more than the rows of a new installation."""
    if len(names) > SEED_ROWS:
        return None
    found = []
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f'SELECT {_names(tables()[name])} FROM "{name}" ORDER BY 1 LIMIT {SEED_ROWS + 1}')
            rows = cursor.fetchall()
            if len(rows) > SEED_ROWS:
                return None
            found.append((name, repr(rows)))
    return tuple(found)


def read(table: str) -> Any:
    """The rows of a table as the database itself writes them."""
    columns = tables()[table]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({_names(columns)}) TO STDOUT') as copying:
                return b"".join(bytes(block) for block in copying)
        # An expression instead of a column: the value as it is stored, without Django's conversion.
        cursor.execute(f'SELECT {_names(columns, "+")} FROM "{table}"')
        return cursor.fetchall()


def put_back(rows: dict[str, Any], before: set[str]) -> None:
    """Write the rows into their tables, instead of what is there."""
    with connection.cursor() as cursor:
        for table in before:
            cursor.execute(f'DELETE FROM "{table}"')
        for table, stored in rows.items():
            columns = tables()[table]
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{table}" ({_names(columns)}) FROM STDIN') as copying:
                    copying.write(stored)
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f'INSERT INTO "{table}" ({_names(columns)}) VALUES ({marks})', stored)
        if connection.vendor == "postgresql":
            _count_on(cursor, list(rows))


def _count_on(cursor: Any, names: list[str]) -> None:
    """The next numbers that PostgreSQL gives lie above those put back."""
    numbered = [(name, numbers()[name]) for name in names if name in numbers()]
    for name, column in numbered:
        sequence = f"pg_get_serial_sequence('\"{name}\"', '{column}')"
        top = f'GREATEST(nextval({sequence}), (SELECT MAX("{column}") FROM "{name}"))'
        cursor.execute(f"SELECT setval({sequence}, {top})")
