"""A phone repeats itself while its first try is still under way in another process: both get the same answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from lianfang.daily.actions import CheckItem, LeaveItem, ReportItem, record_early_leave, save_checks, submit_reports
from lianfang.daily.rules import SaidInput
from lianfang.foundation.apps import seed
from lianfang.foundation.models import Receipt
from tests.daily.cast import DAY, MORNING, Morning, make_morning

LATER = MORNING + timedelta(minutes=5)
Take = Callable[[Sequence[Any]], list[Any]]


@pytest.fixture
def morning(transactional_db: None) -> Morning:
    seed("default")
    return make_morning(4)


def check(m: Morning, corrects: int | None) -> tuple[Take, Any]:
    item = CheckItem(
        actor=m.actor("teacher", LATER),
        client_id=uuid4(),
        unit_id=m.unit(),
        day=DAY,
        session="morning",
        all_well=True,
        corrects=corrects,
        reason="看错了" if corrects else "",
    )
    return save_checks, item


def first_check(m: Morning) -> tuple[Take, Any]:
    return check(m, None)


def corrected_check(m: Morning) -> tuple[Take, Any]:
    return check(m, m.check(all_well=True).id)


def leave(m: Morning, corrects: int | None = None) -> tuple[Take, Any]:
    said = SaidInput(cause="illness", absent=True)
    item = LeaveItem(
        actor=m.actor("teacher", LATER),
        client_id=uuid4(),
        person_id=m.pupil(1),
        unit_id=m.unit(),
        said=said,
        corrects=corrects,
    )
    return record_early_leave, item


def corrected_leave(m: Morning) -> tuple[Take, Any]:
    take, item = leave(m)
    (first,) = take([item])
    return leave(m, first.id)


def corrected_report(m: Morning) -> tuple[Take, Any]:
    first = m.report("mother", m.pupil(0), temperature="36.5", site="axillary", instrument="electronic")
    said = SaidInput("36.8", "axillary", "electronic")
    actor = m.actor("mother", LATER)
    item = ReportItem(actor=actor, client_id=uuid4(), person_id=m.pupil(0), said=said, corrects=first.id)
    return submit_reports, item


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [first_check, corrected_check, leave, corrected_leave, corrected_report])
def test_the_repetition_waits_and_gets_the_answer_of_the_first(morning: Morning, make: Callable[..., Any]) -> None:
    take, item = make(morning)
    before = Receipt.objects.count()
    under_way, may_commit = threading.Event(), threading.Event()
    answers: dict[str, Any] = {}

    def slow() -> None:
        try:
            with transaction.atomic():
                (answers["first"],) = take([item])
                under_way.set()
                may_commit.wait(20)
        finally:
            under_way.set()
            connection.close()

    def again() -> None:
        try:
            (answers["second"],) = take([item])
        finally:
            connection.close()

    first, second = threading.Thread(target=slow), threading.Thread(target=again)
    first.start()
    assert under_way.wait(20)
    second.start()
    second.join(0.3)  # long enough to come to whatever it waits for
    assert second.is_alive(), "it waits for the first"
    may_commit.set()
    first.join()
    second.join()
    assert answers["first"] == answers["second"], answers
    assert Receipt.objects.count() == before + 1
