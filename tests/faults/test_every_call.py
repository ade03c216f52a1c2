"""Every k-th database call of every kind of submission fails once: wholly there or wholly absent, and whole after a retry.

What is compared is the number of rows in every table: after the fault either nothing was added or exactly what an
undisturbed submission adds, after the repetition exactly that. `LIANFANG_FAULTS=all` (`./lianfang test --soak`) takes
every way to fail at every k; otherwise the ways take turns over the k, COMMIT gets all of them, and of the calls that
only read every fifth one fails.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import Error, close_old_connections, connection

from dev.pytest_plugin import kind as database_kind
from lianfang.foundation.apps import seed
from lianfang.foundation.clock import using_clock
from lianfang.foundation.journal import verify
from lianfang.foundation.models import StoredFile
from lianfang.kernel.clock import FixedClock
from tests.daily.cast import make_morning
from tests.district import MORNING
from tests.faults.injection import COMMIT, WAYS, FailingStorage
from tests.faults.submissions import INSIDE, KINDS, Scene, Send, Told
from tests.prepared import tables

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ALL = os.environ.get("LIANFANG_FAULTS") == "all"
TURNS = "in turns"


@pytest.fixture
def scene(transactional_db: None) -> Iterator[Scene]:
    seed("default")
    clock = FixedClock(MORNING)
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = None  # like production: a connection lives until it is found broken
    with using_clock(clock):
        yield Scene(make_morning(5), clock)
    connection.settings_dict["CONN_MAX_AGE"] = kept
    connection.close()


def rows() -> Counter[str]:
    names = list(tables())
    counted = ", ".join(f'(SELECT COUNT(*) FROM "{name}")' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}")
        return Counter({name: n for name, n in zip(names, cursor.fetchone(), strict=True) if n})


def added(before: Counter[str]) -> dict[str, int]:
    now = rows()
    return {name: now[name] - before[name] for name in now | before if now[name] != before[name]}


def sent(send: Send, kind: str) -> Told:
    """Sent as a request or a turn of the worker begins: connections found broken are replaced."""
    close_old_connections()
    try:
        return send()
    except Error:
        assert kind in INSIDE, "the database's error reached the sender"
        connection.close()  # what the worker does (config/worker.py)
        return Told(503, wait="")


def repeated(scene: Scene, send: Send, kind: str) -> Told:
    """The outbox's next try, or the worker's next turns."""
    told = sent(send, kind)
    if kind in INSIDE:
        for minutes in (1, 12):  # longer than an event that failed is set aside
            scene.clock.advance(timedelta(minutes=minutes))
            told = sent(send, kind)
    return told


def files_and_rows() -> tuple[set[str], set[str]]:
    found = {p.name for p in (Path(settings.DATA_DIR) / "files").rglob("*") if p.is_file()}
    return found, {uid.hex for uid in StoredFile.all_realms.filter(erased_at=None).values_list("uid", flat=True)}


def ways_at(at: int, call: str, only: str) -> tuple[str, ...]:
    """In which ways the call with this number fails."""
    ways = WAYS[connection.vendor]
    if only != TURNS:
        return (only,)
    if call == COMMIT:
        return ways
    return () if call.startswith("SELECT") and at % 5 else (ways[at % len(ways)],)


# Each way has a term's days of its own.
@pytest.mark.parametrize("only", WAYS["postgresql" if database_kind() == "postgres" else "sqlite"] if ALL else [TURNS])
@pytest.mark.parametrize("kind", KINDS)
def test_every_call_may_fail(scene: Scene, kind: str, only: str) -> None:
    make = KINDS[kind]
    for _warm in range(2):  # what is entered once for all, and what is looked up once in a process
        repeated(scene, make(scene), kind)
    send = make(scene)
    before = rows()
    with FailingStorage() as counting:
        whole_answer = sent(send, kind)
    repeated(scene, send, kind) if kind in INSIDE else None
    whole = added(before)
    assert whole_answer.status in (200, 201), whole_answer.body
    assert whole, "it adds something"
    points = 0
    for at, call in enumerate(counting.calls, 1):
        for way in ways_at(at, call, only):
            send = make(scene)
            before = rows()
            with FailingStorage(at, way) as storage:
                told = sent(send, kind)
            where = f"{kind}, call {at} of {len(counting.calls)} ({storage.fired}), {way}"
            assert storage.fired, where
            points += 1
            close_old_connections()
            then = added(before)
            if kind not in INSIDE:
                assert told.status in (200, 201, 503), (where, told.status, told.body)
                assert told.status != 503 or int(told.wait or 0) > 0, where
                assert told.status == 503 or then == whole, (where, then)
                if kind == "upload" and then:  # it is in the list, if not yet previewed
                    assert then["foundation_storedfile"] == then["exchange_rosterimport"] == 1, (where, then)
                    continue
                assert then in ({}, whole), (where, then)
            again = repeated(scene, send, kind)
            assert again.status in (200, 201), (where, again.status, again.body)
            assert added(before) == whole, (where, added(before))
    assert points >= (len(counting.calls) if ALL else 1)
    assert list(verify()) == []
    found, known = files_and_rows()
    assert known <= found
    print(f"{kind}: {points} points over {len(counting.calls)} calls")
