"""Many rows in one statement, at a third of the cost of `bulk_create`: for the paths that take a city's morning.

For plain rows of one table: no expressions, no multi-table models, no conflict handling. Constraints, defaults of the
model and encrypted columns work as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
Adapt = Callable[[Any], Any]
# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
MOST_PARAMETERS = 30_000


def insert_rows(rows: Sequence[M]) -> Sequence[M]:
    """Insert the rows, all of one model, in as few statements as possible and set their ids. Returns the same rows.

    Call inside a transaction. Raises what the database raises (IntegrityError, DataError, OperationalError).
    """
    if not rows:
        return rows
    model = type(rows[0])
    head, place, attributes, adapters, automatic = _plan(model, connection.vendor)
    step = max(1, MOST_PARAMETERS // len(attributes))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        parameters = list(
            chain.from_iterable(
                [adapt(getattr(row, name)) if adapt else getattr(row, name) for name, adapt in adapters] for row in part
            )
        )
        sql = head + ",".join([place] * len(part))
        with connection.cursor() as cursor:
            if not automatic:
                cursor.execute(sql, parameters)
            else:
                cursor.execute(sql + f" RETURNING {automatic}", parameters)
                for row, (pk,) in zip(part, cursor.fetchall(), strict=True):
                    row.pk = pk
        for row in part:
            row._state.adding, row._state.db = False, connection.alias
    return rows


@lru_cache(maxsize=64)
def _plan(
    model: type[models.Model], vendor: str
) -> tuple[str, str, tuple[str, ...], tuple[tuple[str, Adapt | None], ...], str]:
    """Beginning of the statement, one row's places, attributes, how each value is adapted, and the key to be returned."""
    quote = connection.ops.quote_name
    key = model._meta.pk
    automatic = quote(str(key.column)) if isinstance(key, models.AutoField) else ""
    fields = [f for f in model._meta.concrete_fields if not (automatic and f is key)]
    columns = ", ".join(quote(str(f.column)) for f in fields)
    place = "(" + ", ".join(["%s"] * len(fields)) + ")"
    head = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "
    adapters = tuple((f.attname, _adapter(f, vendor)) for f in fields)
    return head, place, tuple(f.attname for f in fields), adapters, automatic


def _instant(value: datetime | None) -> str | None:
    """As Django stores an aware instant in SQLite: UTC, without its zone."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


_AS_TEXT: dict[type[models.Field[Any, Any]], Adapt] = {
    models.DateTimeField: _instant,
    models.DateField: lambda value: None if value is None else value.isoformat(),
    models.UUIDField: lambda value: None if value is None else value.hex,
}


def _adapter(field: Any, vendor: str) -> Adapt | None:
    """How a value of this field becomes a parameter; None where it is one already."""
    if isinstance(field, models.ForeignKey):
        return _adapter(field.target_field, vendor)
    if vendor == "postgresql" and isinstance(field, models.DateTimeField | models.DateField | models.UUIDField):
        return None
    if vendor == "sqlite" and type(field) in _AS_TEXT:
        return _AS_TEXT[type(field)]
    plain = (models.IntegerField, models.BooleanField, models.CharField)
    if type(field).get_db_prep_save is models.Field.get_db_prep_save and isinstance(field, plain):
        return None
    return lambda value: field.get_db_prep_save(value, connection)
