"""The checker finds what is planted: a bench that says "nothing lost" has to be able to say the opposite."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lianfang.comms.models import Delivery, Notice
from lianfang.config.wiring import READERS
from lianfang.daily.models import HealthReport, RollCheck, RollMark
from lianfang.duties.models import Duty
from lianfang.foundation import journal
from lianfang.foundation.models import JournalEntry, JournalPayload, JournalSeal, ParkedEvent, Receipt
from lianfang.foundation.readers import run_reader
from tests.daily.cast import make_morning
from tests.district import MORNING, SETUP
from tests.faults import checker
from tests.faults.ledger import Ledger, read
from tests.reporting.cast import Reporting, at, ill

pytestmark = pytest.mark.django_db
Said = dict[str, dict[str, Any]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """A roll with fever, its correction, a report, and the grade's signature, as clients remember them; all followed up."""
    monkeypatch.setattr(checker, "PATIENCE", 0.0)
    cast = Reporting(make_morning(4).d)
    ids = [uuid.uuid4() for _ in range(5)]
    feverish = [ill(cast.pupil(1), "fever", temperature="38.4", site="axillary", instrument="electronic")]
    first = cast.check(marks=feverish, client_id=ids[0])
    second = cast.check(
        marks=feverish, client_id=ids[1], corrects=first.id, reason="看错了", now=MORNING + timedelta(minutes=1)
    )
    report = cast.report(
        "teacher", cast.pupil(2), client_id=ids[2], temperature="36.5", site="axillary", instrument="electronic"
    )
    other = cast.check("teacher2", unit="class2", all_well=True, client_id=ids[3])
    signed = cast.sign("grade_head", "grade", now=at("08:40"), client_id=ids[4])
    journal.seal(MORNING)
    for reader in READERS:
        run_reader(reader, MORNING + timedelta(minutes=2))
        journal.seal(MORNING)
    for reader in READERS:
        run_reader(reader, MORNING + timedelta(minutes=2))
    kinds = ("check", "check", "report", "check", "sign")
    answers = (first.id, second.id, report.id, other.id, signed.pk)
    span = {"sent": at("06:00").isoformat(), "acked": at("09:00").isoformat()}
    rows = zip(ids, kinds, answers, (1, 1, 0, 0, 0), strict=True)
    return {str(i): {"kind": kind, **span, "answer": {"id": pk}, "marks": marks} for i, kind, pk, marks in rows}


def findings(said: Said) -> set[str]:
    found = checker.check(said)
    return {key for key in ("lost", "doubled", "half", "unfinished", "late", "chain") if found[key]}


def test_nothing_is_found_where_nothing_is_wrong(said: Said) -> None:
    found = checker.check(said)
    assert {key: found[key] for key in found if key != "counts"} == {key: [] for key in found.keys() - {"counts"}}
    assert found["counts"]["acknowledged"] == 5
    assert Notice.objects.filter(text_key="daily.check_unwell").count() == 1


def lose(said: Said) -> None:
    Receipt.objects.filter(client_id=next(iter(said))).delete()


def answer_otherwise(said: Said) -> None:
    said[next(iter(said))]["answer"] = {"id": 10**9}


def receipt_twice(said: Said) -> None:
    row = Receipt.objects.get(client_id=list(said)[2])
    other = str(uuid.uuid4())
    Receipt.objects.create(
        source="x", client_id=other, body_hash=row.body_hash, answer=row.answer, received_at=row.received_at
    )
    said[other] = {**said[list(said)[2]]}


def refuse_what_is_stored(said: Said) -> None:
    entry = said[list(said)[2]]
    del entry["answer"]
    entry["refused"] = 409


def fact_without_receipt(said: Said) -> None:
    row = HealthReport.objects.get()
    row.pk = None
    row.save()


def mark_gone(said: Said) -> None:
    RollMark.objects.filter(roll_check__superseded_at=None).delete()


def both_in_force(said: Said) -> None:
    RollCheck.objects.filter(superseded_at=None, fever__gt=0).update(superseded_at=MORNING + timedelta(hours=1))


def payload_gone(said: Said) -> None:
    JournalPayload.objects.filter(entry__action="daily.report.submitted").delete()


def entry_twice(said: Said) -> None:
    row = JournalEntry.objects.get(action="daily.report.submitted")
    row.pk, row.uid = None, uuid.uuid4()
    row.save()


def duty_done_when_somebody_said(said: Said) -> None:
    Duty.objects.filter(kind="class-morning-check").exclude(done_at=None).update(done_at=SETUP)


def duty_done_twice(said: Said) -> None:
    row = JournalEntry.objects.filter(action="duties.done").order_by("pk")[0]
    row.pk, row.uid = None, uuid.uuid4()
    row.save()


def nobody_told(said: Said) -> None:
    Delivery.objects.all().delete()
    Notice.objects.all().delete()


def event_set_aside(said: Said) -> None:
    ParkedEvent.objects.create(reader="x", seal=JournalSeal.objects.order_by("seq")[0], error="x", next_try_at=MORNING)


def received_by_the_clients_clock(said: Said) -> None:
    HealthReport.objects.update(received_at=MORNING - timedelta(days=365), true_at=MORNING - timedelta(days=365))


def journal_altered(said: Said) -> None:
    JournalEntry.objects.filter(action="daily.report.submitted").update(agent="account:9")


PLANTED: dict[Callable[[Said], None], set[str]] = {
    lose: {"lost", "half"},
    answer_otherwise: {"lost"},
    receipt_twice: {"doubled"},
    refuse_what_is_stored: {"half"},
    fact_without_receipt: {"half"},
    mark_gone: {"half"},
    both_in_force: {"half"},
    payload_gone: {"half", "chain"},
    entry_twice: {"chain", "doubled", "half", "unfinished"},
    duty_done_when_somebody_said: {"half"},
    duty_done_twice: {"chain", "doubled", "half", "unfinished"},
    nobody_told: {"unfinished"},
    event_set_aside: {"unfinished"},
    received_by_the_clients_clock: {"late"},
    journal_altered: {"chain"},
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(said: Said, plant: Callable[[Said], None]) -> None:
    plant(said)
    assert findings(said) == PLANTED[plant]


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.write({"id": "a", "kind": "check", "sent": "x"}, {"id": "b", "kind": "check", "sent": "x"})
    ledger.write({"id": "a", "acked": "y", "answer": {"id": 1}})
    ledger.close()
    assert read([ledger.path])["a"] == {"kind": "check", "sent": "x", "acked": "y", "answer": {"id": 1}}
    assert checker._open(read([ledger.path])["b"])
