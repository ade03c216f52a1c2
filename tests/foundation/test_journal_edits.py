"""Seeded damage to every column of every journal table is found; what is not covered is a list with reasons."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.db import connection

from lianfang.config.commands import journal as command
from lianfang.foundation import journal
from lianfang.foundation.chain import START, UNCOVERED, head_mark
from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, JournalSeal
from tests.foundation.journal_edits import LATER, MODELS, Stored, cut_off, journal_edits, made_journal, taken_back

pytestmark = pytest.mark.django_db
EDITS = int(os.environ.get("LIANFANG_JOURNAL_EDITS", "300"))
PART = 1000
SEED = int(os.environ.get("LIANFANG_JOURNAL_SEED", "1"))


@pytest.mark.parametrize("seed, many", [(SEED + n // PART, min(PART, EDITS - n)) for n in range(0, EDITS, PART)])
def test_every_edit_is_found(seed: int, many: int, capsys: pytest.CaptureFixture[str]) -> None:
    """In parts of a thousand, each with a seed of its own, so that a long run uses every core."""
    made_journal()
    tally = journal_edits(many, seed)
    with capsys.disabled():
        print(f"\n{tally.line()}; seed {seed}, {connection.vendor}")
    assert tally.missed == []
    assert tally.n == many
    assert list(journal.verify()) == []


def test_every_column_is_drawn_or_listed_with_a_reason() -> None:
    made_journal()
    every = {(name, str(f.column)) for name, model in MODELS.items() for f in model._meta.concrete_fields}
    assert set(UNCOVERED) < every
    assert all(len(why) > 40 for why in UNCOVERED.values())
    import random

    stored = Stored(random.Random(SEED))
    assert {(name, column) for name in MODELS for column in stored.columns(name)} == every - set(UNCOVERED)


@pytest.mark.parametrize("column", sorted({column for _table, column in UNCOVERED}))
def test_what_is_listed_as_uncovered_really_is(column: str) -> None:
    """So that the list does not claim a gap that is none; raising the floor is found."""
    made_journal()
    with taken_back():
        if column == "sealed_at":
            JournalSeal.objects.update(sealed_at=LATER + timedelta(days=9))
        else:
            assert JournalHead.objects.get().floor_id > 0
            JournalHead.objects.update(floor_id=0)
        assert list(journal.verify()) == []
    JournalHead.objects.update(floor_id=10**9)
    assert [fault.what for fault in journal.verify()] == ["the head's floor lies beyond the last sealed entry"]


@pytest.mark.parametrize(
    "damage, seq, words",
    [
        (
            lambda: JournalEntry.all_realms.filter(seal__seq=7).update(action="x"),
            7,
            "the entry or its link was altered",
        ),
        (
            lambda: JournalPayload.objects.filter(entry__seal__seq=7).update(body={"n": 99}),
            7,
            "the payload was altered",
        ),
        (lambda: JournalSeal.objects.filter(seq=7).delete(), 8, "entries 7..7 are missing"),
        (lambda: JournalPayload.objects.filter(entry__seal__seq=9).delete(), 9, "the payload row is missing"),
        (lambda: JournalHead.objects.all().delete(), 0, "the head is missing"),
    ],
)
def test_it_says_what_and_where(damage, seq, words) -> None:
    made_journal()
    damage()
    first = next(iter(journal.verify()))
    assert (first.seq, first.what) == (seq, words)


def test_retention_erases_and_nobody_else() -> None:
    """The same emptying with a mark, which needs the key, verifies; by hand, or with another entry's mark, it does not."""
    made_journal()
    rows = JournalPayload.objects.filter(erased_at=None).order_by("pk")
    assert journal.erase_payloads(rows.values_list("pk", flat=True)[:3], LATER) == 3
    assert list(journal.verify()) == []
    mark = JournalPayload.objects.exclude(erased_at=None).values("body", "salt", "erased_at")[0]
    assert mark["body"] is None and len(mark["salt"]) == 32
    one = rows.first()
    assert one is not None
    for values in (mark, {"body": None, "salt": "", "erased_at": LATER}, {"erased_at": LATER}):
        with taken_back():
            JournalPayload.objects.filter(pk=one.pk).update(**values)
            assert next(f.what for f in journal.verify()).startswith("the payload was emptied or altered")


def test_end_and_head_cut_off_together_need_a_mark_kept_elsewhere(monkeypatch, capsys) -> None:
    """Named honestly: without a mark kept elsewhere it is not found; with one it is, cut off or grown anew."""
    made_journal()
    noted = head_mark()
    seq, digest = noted.split(":")
    cut_off(20)
    earlier = JournalSeal.objects.get(seq=20)
    assert list(journal.verify()) == []
    assert [f.seq for f in journal.verify([(int(seq), digest)])] == [int(seq)]
    assert list(journal.verify([(20, earlier.digest), (0, START)])) == []
    assert [f.what for f in journal.verify([(20, "0" * 64)])] == ["the digest is not the one that was noted elsewhere"]
    monkeypatch.setattr("lianfang.config.environment.set_up", lambda data: None)
    assert call("verify", "--expect", noted) == 1
    assert f"{seq}: this entry was noted elsewhere" in capsys.readouterr().out
    assert call("verify", "--expect", f"20:{earlier.digest}") == 0
    assert f"20:{earlier.digest}" in capsys.readouterr().out
    assert call("head") == 0
    assert f"20:{earlier.digest}" in capsys.readouterr().out
    for wrong in ("20", "x:y", "20:abc", ":"):
        with pytest.raises(SystemExit):
            call("verify", "--expect", wrong)


def call(*arguments: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return command.run(parser.parse_args(["journal", *arguments]))
