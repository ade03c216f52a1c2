"""Bearer tokens: look-up by keyed digest in one query."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.expressions import Col

from lianfang.foundation.models import Account, ApiToken


def token_digest(secret: str) -> str:
    """What is stored of a token."""
    return str(settings.KEYRING.digest("index", b"token\0" + secret.encode()))


@cache
def _statement(vendor: str) -> str:
    """The look-up as SQL. Written out because every API request makes it: built by the ORM each time, it took more than
    half of the time that a personal report spends before it is stored (bench `reports`)."""
    account, token = Account._meta, ApiToken._meta
    columns = ", ".join(f'a."{field.column}"' for field in account.concrete_fields)
    return (
        f'SELECT {columns}, t."begins", t."ends" FROM "{token.db_table}" t '
        f'JOIN "{account.db_table}" a ON a."id" = t."account_id" WHERE t."digest" = %s'
    )


@cache
def _converters(vendor: str) -> tuple[tuple[int, Any, tuple[Any, ...]], ...]:
    """How columns of the statement become Python values in this database: place, expression, converters."""
    fields = [*Account._meta.concrete_fields, ApiToken._meta.get_field("begins"), ApiToken._meta.get_field("ends")]
    found = []
    for place, field in enumerate(fields):
        expression = Col("t", field)
        converters = (*connection.ops.get_db_converters(expression), *field.get_db_converters(connection))
        if converters:
            found.append((place, expression, converters))
    return tuple(found)


def account_of_token(secret: str, now: datetime) -> Account | None:
    """The active account of a token in force at `now`, or None."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor), [token_digest(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for place, expression, converters in _converters(connection.vendor):
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    begins, ends = values[-2:]
    account = Account.from_db("default", [f.attname for f in Account._meta.concrete_fields], values[:-2])
    if not account.is_active or begins > now or (ends is not None and ends <= now):
        return None
    return account
