"""Damage to the journal, drawn by a seed: every edit has to be found by `journal.verify`, and is taken back.

`journal_edits(n, seed)` needs a Django database in which a journal stands (`made_journal()` builds one); it draws `n`
edits of the stored rows: single bits and bytes, values and rows swapped, rows removed, inserted, copied, ends cut off, old
seals put back. The suite draws some hundreds; the long run draws as many as LIANFANG_JOURNAL_EDITS says, from
LIANFANG_JOURNAL_SEED (`test_journal_edits.py`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from lianfang.foundation import journal
from lianfang.foundation.chain import UNCOVERED
from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, JournalSeal
from tests.district import MORNING, make_district

MODELS: dict[str, type[Model]] = {
    "journalentry": JournalEntry,
    "journalpayload": JournalPayload,
    "journalseal": JournalSeal,
    "journalhead": JournalHead,
}
LATER = MORNING + timedelta(hours=1)
# What a cell that is empty is filled with.
FILLED = {"actor_id": "1", "unit_id": "1", "erased_at": "2026-09-15 00:00:00+00:00", "body": '{"n": 1}'}


class SameValue(Exception):
    """The edit wrote the same value in another way (space in a JSON text, a capital digit): nothing was altered."""


@dataclass
class Tally:
    """How many edits of each kind were found; what the database refused or meant nothing; what was missed."""

    found: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    same: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.found.total() + len(self.missed)

    def line(self) -> str:
        """For people: how many of how many, and by kind."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.found.items()))
        beside = f"{self.refused} refused by the database, {self.same} the same value in another writing"
        return f"journal edits: {self.found.total()} of {self.n} found ({kinds}); drawn beside: {beside}"


def cut_off(seq: int) -> None:
    """Remove the sealed entries after `seq` and put the head back to it, as whoever can write to the database could."""
    ids = list(JournalSeal.objects.filter(seq__gt=seq).values_list("entry_id", flat=True))
    JournalSeal.objects.filter(seq__gt=seq).delete()
    JournalPayload.objects.filter(pk__in=ids).delete()
    JournalEntry.all_realms.filter(pk__in=ids).delete()
    JournalHead.objects.update(seq=seq, digest=JournalSeal.objects.get(seq=seq).digest, floor_id=0)


def made_journal() -> None:
    """A district's journal, sealed in two goes, some of its payloads erased."""
    make_district(3, accounts=False)
    with transaction.atomic():
        for row in JournalEntry.all_realms.order_by("-pk")[60:]:
            JournalPayload.objects.filter(pk=row.pk).delete()
            row.delete()
    journal.seal(LATER)
    ids = list(JournalEntry.all_realms.order_by("pk").values_list("pk", flat=True))
    journal.erase_payloads(ids[5:50:9], LATER)
    journal.seal(LATER + timedelta(hours=1))
    settled = JournalEntry.all_realms.filter(seal__seq=10).values_list("pk", flat=True).get()
    JournalHead.objects.update(floor_id=settled)  # on PostgreSQL it rises only once other transactions have ended
    assert list(journal.verify()) == []


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written meanwhile is undone."""
    with transaction.atomic():
        mark = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(mark)


class Stored:
    """The rows of the four tables as the database keeps them, and the edits of them."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.keys = {name: self.all_keys(model) for name, model in MODELS.items()}

    @staticmethod
    def all_keys(model: type[Model]) -> list[Any]:
        return list(getattr(model, "all_realms", model._default_manager).order_by("pk").values_list("pk", flat=True))

    def columns(self, name: str) -> list[str]:
        return [str(f.column) for f in MODELS[name]._meta.concrete_fields if (name, f.column) not in UNCOVERED]

    def raw(self, name: str, key: Any, column: str) -> bytes | None:
        """A value in its stored form."""
        table, pk = MODELS[name]._meta.db_table, MODELS[name]._meta.pk
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT CAST("{column}" AS TEXT) FROM "{table}" WHERE "{pk.column}" = %s', [key])
            value = cursor.fetchone()[0]
        return None if value is None else str(value).encode()

    def put(self, name: str, key: Any, column: str, value: bytes | None) -> None:
        """Store a value as it is. Raises DatabaseError where the database does not take it."""
        model = MODELS[name]
        column_type = next(f for f in model._meta.concrete_fields if f.column == column).db_type(connection) or "text"
        place = "%s"
        said: Any = value
        if value is not None:
            whole = value.lstrip(b"-").isdigit() and not value.startswith((b"0", b"-0"))
            if connection.vendor == "postgresql":
                column_type = column_type.partition(" ")[0] if "serial" not in column_type else "bigint"
                place = f"CAST(%s AS {'timestamptz' if column_type == 'timestamp' else column_type})"
                try:
                    said = value.decode()
                except UnicodeDecodeError as error:
                    raise DatabaseError("not UTF-8") from error
                if "\0" in said:
                    raise DatabaseError("NUL")
            elif whole and "int" in column_type:
                said = int(value)
            else:
                place = "CAST(%s AS TEXT)"
        pk = model._meta.pk
        assert pk is not None
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{model._meta.db_table}" SET "{column}" = {place} WHERE "{pk.column}" = %s', [said, key]
            )

    def meaning(self, name: str, key: Any) -> Any:
        """A row as it is read; None when it cannot be."""
        model = MODELS[name]
        manager = getattr(model, "all_realms", model._default_manager)
        try:
            with transaction.atomic():
                return manager.filter(pk=key).values().first()
        except (ValueError, TypeError, AttributeError, OverflowError, DatabaseError):
            return None

    def some(self) -> tuple[str, Any, str]:
        """A table, weighted by its columns; a row; a column."""
        name = self.draw.choices(list(MODELS), weights=[6, 4, 3, 1])[0]
        return name, self.draw.choice(self.keys[name]), self.draw.choice(self.columns(name))

    def cell(self) -> str:
        """One byte or bit of one value."""
        name, key, column = self.some()
        before, was = self.meaning(name, key), self.raw(name, key, column)
        if was is None:
            now: bytes | None = FILLED[column].encode() if column in FILLED else b"1"
        elif self.draw.random() < 0.02:
            now = None
        else:
            now = self.altered(was)
        self.put(name, key, column, now)
        if self.meaning(name, key) == before:
            raise SameValue
        return f"{name}.{column} of {key}: {was!r} -> {now!r}"

    def altered(self, was: bytes) -> bytes:
        """The bytes with one edit in them."""
        if not was:
            return bytes([self.draw.randrange(32, 127)])
        at, how = self.draw.randrange(len(was)), self.draw.choice(("bit", "byte", "gone", "more", "near"))
        if how == "bit":
            return was[:at] + bytes([was[at] ^ (1 << self.draw.randrange(8))]) + was[at + 1 :]
        if how == "byte":
            return was[:at] + bytes([self.draw.choice([*was, self.draw.randrange(32, 127)])]) + was[at + 1 :]
        if how == "gone":
            return was[:at] + was[at + 1 :]
        if how == "more":
            return was[:at] + bytes([self.draw.choice([*was, self.draw.randrange(32, 127)])]) + was[at:]
        return was[:at] + was[at : at + 2][::-1] + was[at + 2 :]

    def swap(self) -> str:
        """The values of one column, or of all that is not the key, of two rows."""
        name = self.draw.choice(("journalentry", "journalpayload", "journalseal"))
        one, two = self.draw.sample(self.keys[name], 2)
        pk = MODELS[name]._meta.pk
        assert pk is not None
        others = [c for c in self.columns(name) if c != pk.column]
        chosen = [self.draw.choice(others)] if self.draw.random() < 0.7 else others
        stored = {column: (self.raw(name, one, column), self.raw(name, two, column)) for column in chosen}
        if all(a == b for a, b in stored.values()):
            raise SameValue
        for column, (a, b) in stored.items():
            if column in ("uid", "entry_id"):  # unique: out of each other's way first
                self.put(name, one, column, b"999999" if column == "entry_id" else b"f" * 32)
            self.put(name, two, column, a)
            self.put(name, one, column, b)
        return f"{name} {', '.join(chosen)}: {one} <-> {two}"

    def delete(self) -> str:
        """One row."""
        name = self.draw.choices(list(MODELS), weights=[4, 4, 4, 1])[0]
        key = self.draw.choice(self.keys[name])
        self.drop(name, [key])
        return f"{name} {key} removed"

    def drop(self, name: str, keys: list[Any]) -> None:
        model = MODELS[name]
        rows = getattr(model, "all_realms", model._default_manager).filter(pk__in=keys)
        rows._raw_delete(rows.db)

    def cut(self) -> str:
        """The end: seals only, or with entries and payloads; the head stays."""
        many = self.draw.randrange(1, len(self.keys["journalseal"]))
        last = self.keys["journalseal"][-many:]
        ids = list(JournalSeal.objects.filter(pk__in=last).values_list("entry_id", flat=True))
        self.drop("journalseal", last)
        if whole := self.draw.random() < 0.5:
            self.drop("journalpayload", ids)
            self.drop("journalentry", ids)
        return f"the last {many} seals{' and their entries' if whole else ''} cut off"

    def insert(self) -> str:
        """A forged entry that waits, a copied one, a seal before the first or after the last."""
        how = self.draw.choice(("forged", "copied", "sealed", "first"))
        source = JournalEntry.all_realms.select_related("payload").get(pk=self.draw.choice(self.keys["journalentry"]))
        row = {f.attname: getattr(source, f.attname) for f in source._meta.concrete_fields if not f.primary_key}
        row["uid"] = f"{self.draw.getrandbits(128):032x}"
        if how == "forged":
            row["payload_hash"] = f"{self.draw.getrandbits(256):064x}"
        payload = JournalPayload.objects.filter(pk=source.pk).values("body", "salt", "erased_at").get()
        made = JournalEntry.all_realms.create(**row)
        JournalPayload.objects.create(entry=made, **payload)
        if how in ("sealed", "first"):
            seq = 0 if how == "first" else self.keys["journalseal"][-1] + 1
            digest = f"{self.draw.getrandbits(256):064x}"
            JournalSeal.objects.create(seq=seq, entry=made, digest=digest, sealed_at=LATER)
        return f"{how} entry inserted, like {source.pk}"

    def replay(self) -> str:
        """Back to an older head, with the later seals still there; or an older seal in the place of a later one."""
        seq = self.draw.choice(self.keys["journalseal"][:-1])
        old = JournalSeal.objects.get(seq=seq)
        if self.draw.random() < 0.5:
            JournalHead.objects.update(seq=old.seq, digest=old.digest)
            return f"head put back to {seq}"
        later = self.draw.choice([k for k in self.keys["journalseal"] if k > seq])
        JournalSeal.objects.filter(seq=later).update(digest=old.digest)
        return f"digest of {seq} replayed at {later}"

    def emptied(self) -> str:
        """A payload emptied by hand, as retention would do it but without its key; or a mark taken from another one."""
        key = self.draw.choice(list(JournalPayload.objects.filter(erased_at=None).values_list("pk", flat=True)))
        mark = JournalPayload.objects.exclude(erased_at=None).values("body", "salt", "erased_at").first()
        assert mark is not None
        values = mark if self.draw.random() < 0.5 else {"body": None, "salt": "", "erased_at": LATER}
        JournalPayload.objects.filter(pk=key).update(**values)
        return f"payload {key} emptied by hand"


KINDS: dict[str, tuple[Callable[[Stored], str], int]] = {
    "value": (Stored.cell, 60),
    "swap": (Stored.swap, 14),
    "row removed": (Stored.delete, 8),
    "end cut off": (Stored.cut, 5),
    "row inserted": (Stored.insert, 5),
    "replayed": (Stored.replay, 5),
    "emptied": (Stored.emptied, 3),
}


def journal_edits(n: int, seed: int) -> Tally:
    """Draw `n` edits of the journal that stands in the database, each taken back; says which were not found."""
    draw, tally = random.Random(seed), Tally()
    stored = Stored(draw)
    names, weights = list(KINDS), [weight for _edit, weight in KINDS.values()]
    while tally.n < n:
        kind = draw.choices(names, weights)[0]
        with taken_back():
            try:
                with transaction.atomic():
                    said = KINDS[kind][0](stored)
            except SameValue:
                tally.same += 1
                continue
            except DatabaseError:
                tally.refused += 1
                continue
            if any(True for _fault in journal.verify()):
                tally.found[kind] += 1
                tally.columns[said.partition(" ")[0] if kind == "value" else kind] += 1
            else:
                tally.missed.append(f"{kind}: {said}")
    return tally
