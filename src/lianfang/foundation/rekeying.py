"""Encrypting anew, under the key now in use, what still stands under an older one (`lianfang keys renew`, ADR 0019).

A `Store` is one kind of place with encrypted values. Rooms that keep some elsewhere than in an `EncryptedTextField` or a
stored file register theirs when they are loaded. What is left is found by looking: killed, it is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import transaction
from django.db.models import BinaryField, ExpressionWrapper, F, Model

from lianfang.foundation.actor import Actor
from lianfang.foundation.crypto import DecryptionError, EncryptedTextField, decrypt, encrypt, is_stale
from lianfang.foundation.files import is_stale as is_stale_file
from lianfang.foundation.files import seal_anew
from lianfang.foundation.journal import Event, write
from lianfang.foundation.keys import KeyringError
from lianfang.foundation.models import StoredFile
from lianfang.foundation.sessions import end_all

BATCH = 500


class Unreadable(Exception):
    """A stored value opens with no key that is there; the message says which."""


# Goes through a place in batches and yields, for each, how many values stand under an older key; with a time, it encrypts
# them anew before it yields.
Store = Callable[[datetime | None], Iterator[int]]
_stores: list[Store] = []


def register_store(store: Store) -> None:
    """A further place with encrypted values; called when its room is loaded."""
    if store not in _stores:
        _stores.append(store)


def encrypted_columns() -> list[EncryptedTextField]:
    """Every encrypted column of every room."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]


def batches(rows: Any, *columns: str) -> Iterator[list[Any]]:
    """(pk, column …) of all `rows` in order of their keys, at most BATCH at once, each batch in a transaction of its own
    that stays open while the caller works on it."""
    last = None
    while True:
        with transaction.atomic():
            left = rows if last is None else rows.filter(pk__gt=last)
            part = list(left.order_by("pk").values_list("pk", *columns)[:BATCH])
            if not part:
                return
            last = part[-1][0]
            yield part


@contextmanager
def naming(label: str, pk: Any) -> Iterator[None]:
    """Say which value it is that does not open. Raises Unreadable."""
    try:
        yield
    except (DecryptionError, KeyringError, InvalidTag) as error:
        raise Unreadable(f"{label} {pk}") from error


def _column(field: EncryptedTextField, now: datetime | None) -> Iterator[int]:
    model: type[Model] = field.model
    stored = model._base_manager.annotate(stored=ExpressionWrapper(F(field.name), output_field=BinaryField()))
    for part in batches(stored.exclude(**{field.name: None}), "stored"):
        stale = [(pk, value) for pk, value in part if is_stale(value)]
        if now is not None and stale:
            renewed = [model(pk=pk) for pk, _value in stale]
            for row, (pk, value) in zip(renewed, stale, strict=True):
                with naming(field.label, pk):
                    setattr(row, field.attname, encrypt(decrypt(value, field.label), field.label))
            model._base_manager.bulk_update(renewed, [field.name], batch_size=200)
        yield len(stale)


def _columns(now: datetime | None) -> Iterator[int]:
    for field in encrypted_columns():
        yield from _column(field, now)


def _files(now: datetime | None) -> Iterator[int]:
    for part in batches(StoredFile.all_realms.filter(erased_at=None)):
        rows = StoredFile.all_realms.filter(pk__in=[pk for (pk,) in part]).order_by("pk")
        stale = [row for row in rows if is_stale_file(row)]
        if now is not None:
            for row in stale:
                with naming("file", row.uid.hex):
                    seal_anew(row, now)
        yield len(stale)


def anything_stale() -> bool:
    """Whether a value stands under an older key: an exchange was begun and not finished, or older data were restored."""
    return any(any(store(None)) for store in (_columns, _files, *_stores))


def encrypt_anew(actor: Actor, now: datetime, generation: str, progress: Callable[[int], None]) -> int:
    """Encrypt everything under the key in use, note it in the journal, sign everybody out; how many values it were.

    Nobody else may be at work on the database. `progress` is told the number so far. Raises Unreadable at a value that
    does not open; what was done until there stays.
    """
    done = 0
    for store in (_columns, _files, *_stores):
        for number in store(now):
            done += number
            progress(done)
    with transaction.atomic():
        body = {"generation": generation, "values": done}
        end_all()
        write(actor, [Event("foundation.keys.renewed", "keyring", generation, None, now, body)], now)
    return done
