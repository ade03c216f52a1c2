"""The journal: one order, a chain that shows every alteration, readers that work exactly once."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction

from lianfang.foundation import journal
from lianfang.foundation.actor import system_actor
from lianfang.foundation.journal import Event
from lianfang.foundation.models import (
    JournalEntry,
    JournalHead,
    JournalPayload,
    JournalSeal,
    ParkedEvent,
    ReaderCursor,
    Realm,
)
from lianfang.foundation.readers import Reader, backlog, run_reader
from lianfang.foundation.realm import in_realm
from tests.faults.injection import COMMIT, FailingStorage
from tests.foundation.cast import NOW

pytestmark = pytest.mark.django_db


def write(count: int = 1, action: str = "test.done", body: dict[str, object] | None = None) -> list[JournalEntry]:
    with transaction.atomic():
        events = [Event(action, "thing", i, None, NOW, body if body is not None else {"n": i}) for i in range(count)]
        return journal.write(system_actor("test", NOW), events, NOW)


@pytest.mark.django_db(transaction=True)
def test_an_entry_belongs_into_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        journal.write(system_actor("test", NOW), [Event("a", "b", 1, None, NOW, {})], NOW)


def test_sealing_orders_everything_once() -> None:
    write(5)
    assert journal.seal(NOW) == 5
    write(3)
    assert journal.seal(NOW) == 8
    assert journal.seal(NOW) == 8
    assert list(JournalSeal.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 9))
    assert list(journal.verify()) == []


def test_sealing_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SEAL_BATCH", 3)
    write(10)
    assert journal.seal(NOW) == 10
    assert list(journal.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_the_floor_rises_over_what_is_sealed_and_settled() -> None:
    for _time in range(4):
        write(2)
        journal.seal(NOW)
    head = JournalHead.objects.get()
    assert 0 < head.floor_id < JournalEntry.all_realms.order_by("pk").last().pk
    assert list(journal.verify()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("postgres_only")
def test_no_clock_raises_the_floor_over_an_entry_that_commits_late() -> None:
    """Two connections of a district's server: one draws its id and commits only when others, whose clock was put on by a
    year (or who replay the past), were sealed again and again."""
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                journal.write(system_actor("slow", NOW), [Event("test.slow", "thing", 1, None, NOW, {})], NOW)
                begun.set()
                may_end.wait(30)
        finally:
            connection.close()

    other = threading.Thread(target=slow)
    other.start()
    assert begun.wait(30)
    for years in range(1, 6):
        write(2)
        journal.seal(NOW + timedelta(days=365 * years))
    may_end.set()
    other.join()
    assert journal.seal(NOW) == 11
    assert JournalSeal.objects.filter(entry__action="test.slow").exists()


def test_an_entry_that_becomes_visible_late_is_still_sealed() -> None:
    """On PostgreSQL a lower id may commit after a higher one; here the lower one is hidden, sealed around, and shown."""
    first, second = write(2)
    payload = JournalPayload.objects.filter(entry=first).values("body", "salt", "erased_at").get()
    JournalPayload.objects.filter(entry=first).delete()
    row = JournalEntry.all_realms.filter(pk=first.pk).values().get()
    JournalEntry.all_realms.filter(pk=first.pk).delete()
    assert journal.seal(NOW) == 1
    JournalEntry.all_realms.create(**row)
    JournalPayload.objects.create(entry_id=first.pk, **payload)
    assert journal.seal(NOW) == 2
    assert JournalSeal.objects.get(seq=2).entry_id == first.pk < second.pk
    assert list(journal.verify()) == []


ALTERATIONS = {
    "action": lambda: JournalEntry.all_realms.filter(seal__seq=3).update(action="test.other"),
    "agent": lambda: JournalEntry.all_realms.filter(seal__seq=3).update(agent="account:9"),
    "subject": lambda: JournalEntry.all_realms.filter(seal__seq=3).update(subject_id="77"),
    "time": lambda: JournalEntry.all_realms.filter(seal__seq=3).update(received_at=NOW + timedelta(microseconds=1)),
    "realm": lambda: JournalEntry.all_realms.filter(seal__seq=3).update(realm_id="drill"),
    "payload": lambda: JournalPayload.objects.filter(entry__seal__seq=3).update(body={"n": 99}),
    "payload row": lambda: JournalPayload.objects.filter(entry__seal__seq=3).delete(),
    "digest": lambda: JournalSeal.objects.filter(seq=3).update(digest="f" * 64),
    "seal removed": lambda: JournalSeal.objects.filter(seq=3).delete(),
    "end cut off": lambda: JournalSeal.objects.filter(seq__gt=4).delete(),
    "head": lambda: JournalHead.objects.update(seq=4),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_every_alteration_is_found(what: str) -> None:
    Realm.objects.create(key="drill", name="drill", created_at=NOW)
    write(6)
    journal.seal(NOW)
    assert list(journal.verify()) == []
    ALTERATIONS[what]()
    assert list(journal.verify()) != []


def test_erasure_leaves_the_chain_whole() -> None:
    entries = write(3, body={"name": "张三"})
    journal.seal(NOW)
    assert journal.erase_payloads([entries[1].pk], NOW) == 1
    assert JournalPayload.objects.get(entry=entries[1]).body is None
    assert list(journal.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_a_reader_handles_each_event_once_and_moves_with_its_work() -> None:
    seen: list[str] = []
    reader = Reader("r", {"test.done": lambda actor, entry, now: seen.append(entry.subject_id)})
    write(3)
    write(1, action="test.ignored")
    journal.seal(NOW)
    assert run_reader(reader, NOW) == 3
    assert run_reader(reader, NOW) == 0
    assert seen == ["0", "1", "2"]
    assert backlog(reader) == 0


@pytest.mark.django_db(transaction=True)
def test_a_failing_event_is_parked_rolled_back_and_tried_again() -> None:
    broken = True

    def handle(actor: object, entry: JournalEntry, now: object) -> None:
        Realm.objects.create(key=f"made-{entry.subject_id}", name="x", created_at=NOW)
        if broken and entry.subject_id == "1":
            raise ValueError("not today")

    reader = Reader("r", {"test.done": handle})
    write(3)
    journal.seal(NOW)
    run_reader(reader, NOW)
    assert set(Realm.objects.exclude(key="real").values_list("key", flat=True)) == {"made-0", "made-2"}
    assert ParkedEvent.objects.get().error == "ValueError"
    run_reader(reader, NOW + timedelta(seconds=1))
    assert ParkedEvent.objects.get().tries == 1
    broken = False
    run_reader(reader, NOW + timedelta(minutes=1))
    assert not ParkedEvent.objects.exists()
    assert Realm.objects.filter(key="made-1").exists()


@pytest.mark.django_db(transaction=True)
def test_work_whose_commit_was_not_answered_is_not_done_again() -> None:
    """The answer to every single call is lost once, that to each COMMIT among them: the handler's work stands once."""

    def handle(actor: object, entry: JournalEntry, now: datetime) -> None:
        Realm.objects.create(key=f"made-{entry.pk}-{Realm.objects.count()}", name="x", created_at=NOW)

    reader = Reader("r", {"test.done": handle})
    write(1)
    journal.seal(NOW)
    with FailingStorage() as counting:
        run_reader(reader, NOW)
    assert COMMIT in counting.calls
    made = Realm.objects.count()
    for at in range(1, len(counting.calls) + 1):
        write(1)
        journal.seal(NOW)
        with FailingStorage(at, "after"), contextlib.suppress(OperationalError):
            run_reader(reader, NOW)
        for minutes in (0, 1):
            run_reader(reader, NOW + timedelta(minutes=minutes))
        made += 1
        assert Realm.objects.count() == made, counting.calls[at - 1]
    assert not ParkedEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_reader_killed_in_the_middle_repeats_nothing() -> None:
    class Killed(BaseException):
        pass

    def handle(actor: object, entry: JournalEntry, now: object) -> None:
        Realm.objects.create(key=f"made-{entry.subject_id}", name="x", created_at=NOW)
        if entry.subject_id == "1" and not ReaderCursor.objects.filter(reader="again").exists():
            raise Killed

    reader = Reader("r", {"test.done": handle})
    write(3)
    journal.seal(NOW)
    with pytest.raises(Killed):
        run_reader(reader, NOW)
    connection.close()
    ReaderCursor.objects.create(reader="again")
    run_reader(reader, NOW)
    assert Realm.objects.exclude(key="real").count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_handler_acts_in_the_realm_of_its_event() -> None:
    Realm.objects.create(key="drill", name="drill", created_at=NOW)
    realms: list[str] = []
    with in_realm("drill"):
        write(1)
    journal.seal(NOW)
    run_reader(Reader("r", {"test.done": lambda actor, entry, now: realms.append(actor.realm)}), NOW)
    assert realms == ["drill"]


def test_realms_do_not_see_each_other() -> None:
    Realm.objects.create(key="drill", name="drill", created_at=NOW)
    write(2)
    with in_realm("drill"):
        write(1)
        assert JournalEntry.objects.count() == 1
    assert JournalEntry.objects.count() == 2


def test_a_chooser_passes_over_what_no_handler_would_act_on() -> None:
    write(6)
    journal.seal(NOW)
    seen: list[str] = []
    reader = Reader(
        "chooses",
        {"test.done": lambda actor, entry, now: seen.append(entry.subject_id)},
        {"test.done": lambda entries: [e.pk for e in entries if int(e.subject_id) % 3 == 0]},
    )
    assert run_reader(reader, NOW) == 2
    assert seen == ["0", "3"]
    assert backlog(reader) == 0
    write(1)
    journal.seal(NOW)
    assert run_reader(reader, NOW) == 1
    assert backlog(reader) == 0


def test_a_chooser_that_fails_leaves_nothing_out() -> None:
    write(3)
    journal.seal(NOW)
    seen: list[str] = []

    def broken(entries: object) -> set[int]:
        raise ValueError("broken")

    reader = Reader(
        "broken chooser", {"test.done": lambda actor, entry, now: seen.append(entry.subject_id)}, {"test.done": broken}
    )
    assert run_reader(reader, NOW) == 3
    assert seen == ["0", "1", "2"]


def test_a_reader_passes_long_stretches_that_are_not_for_it() -> None:
    write(5, action="test.other")
    write(1)
    write(5, action="test.other")
    journal.seal(NOW)
    seen: list[str] = []
    reader = Reader("few", {"test.done": lambda actor, entry, now: seen.append(entry.action)})
    assert run_reader(reader, NOW) == 1
    assert (seen, backlog(reader)) == (["test.done"], 0)
