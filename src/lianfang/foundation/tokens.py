"""Bearer tokens: look-up by keyed digest, one query for all requests that come at the same moment.

A submission may also be handed on together with its token (`Presented`), to be looked up by the batch that stores it: one
hand-over between threads less for each report of a morning (`config.shortway`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models.expressions import Col

from lianfang.foundation.actor import Actor, get_ready, load_actor
from lianfang.foundation.groupcommit import Gatherer
from lianfang.foundation.models import Account, ApiToken
from lianfang.foundation.permissions import Permission
from lianfang.foundation.realm import REAL

I = TypeVar("I")  # noqa: E741


def token_digest(secret: str) -> str:
    """What is stored of a token."""
    return str(settings.KEYRING.digest("index", b"token\0" + secret.encode()))


# What a program's request needs nothing of: not read with its token. Whoever asks for one all the same gets it singly.
LEFT_OUT = frozenset({"password", "last_login", "email", "password_set_at", "created_at", "disabled_at"})


@cache
def _fields() -> tuple[Any, ...]:
    return tuple(field for field in Account._meta.concrete_fields if field.attname not in LEFT_OUT)


@cache
def _statement(vendor: str) -> str:
    """The look-up as SQL. Written out because every API request makes it: built by the ORM each time, it took more than
    half of the time that a personal report spends before it is stored (bench `reports`)."""
    account, token = Account._meta, ApiToken._meta
    columns = ", ".join(f'a."{field.column}"' for field in _fields())
    among = "= ANY(%s)" if vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    return (
        f'SELECT {columns}, t."begins", t."ends", t."digest" FROM "{token.db_table}" t '
        f'JOIN "{account.db_table}" a ON a."id" = t."account_id" WHERE t."digest" {among}'
    )


@cache
def _converters(vendor: str) -> tuple[tuple[int, Any, tuple[Any, ...]], ...]:
    """How columns of the statement become Python values in this database: place, expression, converters."""
    fields = [*_fields(), ApiToken._meta.get_field("begins"), ApiToken._meta.get_field("ends")]
    found = []
    for place, field in enumerate(fields):
        expression = Col("t", field)
        converters = (*connection.ops.get_db_converters(expression), *field.get_db_converters(connection))
        if converters:
            found.append((place, expression, converters))
    return tuple(found)


def accounts_of_tokens(asked: Sequence[tuple[str, datetime]]) -> list[Account | None]:
    """For each (secret, now) the active account of a token in force at `now`, or None. One query, however many; what
    `load_actor` needs of the accounts is looked up as well (`actor.get_ready`)."""
    digests = [token_digest(secret) for secret, _ in asked]
    with connection.cursor() as cursor:
        many = digests if connection.vendor == "postgresql" else json.dumps(digests)
        cursor.execute(_statement(connection.vendor), [many])
        rows = cursor.fetchall()
    names = [field.attname for field in _fields()]
    converters = _converters(connection.vendor)
    found: dict[str, tuple[Account, datetime, datetime | None]] = {}
    for row in rows:
        values = list(row)
        for place, expression, steps in converters:
            for convert in steps:
                values[place] = convert(values[place], expression, connection)
        *of_account, begins, ends, digest = values
        found[digest] = (Account.from_db("default", names, of_account), begins, ends)
    answers: list[Account | None] = []
    for digest, (_, now) in zip(digests, asked, strict=True):
        account, begins, ends = found.get(digest, (None, None, None))
        holds = account is not None and account.is_active and begins is not None and begins <= now
        answers.append(account if holds and (ends is None or now < ends) else None)
    get_ready([account for account in answers if account is not None])
    return answers


# Asked by every request of a program: those that come together share one look-up, and need no connection each.
_asked: Gatherer[tuple[str, datetime], Account | None] = Gatherer("tokens", accounts_of_tokens, linger=0.002)


def account_of_token(secret: str, now: datetime) -> Account | None:
    """The active account of a token in force at `now`, or None, as the database says after this call began."""
    return _asked.submit((secret, now))


class Elsewhere(Exception):
    """Not plainly in order: a token that does not hold, an account that is held up or acts in an exercise, a permission
    that reaches nothing. Nothing was done; the ordinary way answers, in its own words."""


@dataclass(slots=True)
class Presented(Generic[I]):
    """A submission as it came at `now`, whose token nobody has looked at: `item` makes it when the actor is known.

    `actor` is set once the token was found good, for the log.
    """

    secret: str
    now: datetime
    request_id: str
    permission: Permission
    item: Callable[[Actor], I]
    actor: Actor | None = None


def admitted(asked: Sequence[I | Presented[I]]) -> list[I | Elsewhere]:
    """The submissions of a batch, those with a token as the actor's own when it is good: as `config.api` asks, in one look-up
    after all of them came, and `Elsewhere` in the place of each that is not plainly in order."""
    presented = [one for one in asked if isinstance(one, Presented)]
    if not presented:
        return list(asked)  # type: ignore[arg-type]
    accounts = iter(accounts_of_tokens([(one.secret, one.now) for one in presented]))
    items: list[I | Elsewhere] = []
    for one in asked:
        items.append(_admit(one, next(accounts)) if isinstance(one, Presented) else one)
    return items


def _admit(one: Presented[Any], account: Account | None) -> Any:
    if account is None or account.must_change_password or (account.home_realm_id or REAL) != REAL:
        return Elsewhere()
    actor = load_actor(account, one.now, one.request_id)
    if not actor.can(one.permission):
        return Elsewhere()
    one.actor = actor
    return one.item(actor)
