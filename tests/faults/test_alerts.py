"""Deadline alerts come exactly once: with the server down at the hour, killed between claim and notice, with two sweepers
at once, and with a clock that is put back an hour."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.db import Error, connection

from lianfang.comms.models import Delivery
from lianfang.duties import jobs
from lianfang.duties.models import Duty, DutyStep
from lianfang.foundation.apps import seed
from tests.duties.cast import MONDAY, Cast, county, local, system
from tests.faults.injection import FailingStorage

pytestmark = pytest.mark.django_db(transaction=True)
SEED = int(os.environ.get("LIANFANG_SEED") or 4)
MINUTES = range(8 * 60, 12 * 60)
# Minutes of the day: when the class's roll is due, who is told when after it (rule pack duties/daily-zero).
REMINDERS = (500, 510, 520)
ESCALATIONS = {"grade_head": 520, "reporter": 530}


class Killed(BaseException):
    pass


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    seed("default")
    return county()


def swept(now: datetime) -> None:
    jobs.sweep(system(now), now)


def swept_twice_at_once(now: datetime) -> None:
    gate = threading.Barrier(2)
    errors: list[Exception] = []

    def run() -> None:
        try:
            gate.wait(30)
            swept(now)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def swept_and_killed(now: datetime, chance: random.Random) -> None:
    """Ended by force at some database call: like kill -9, nothing after it is done."""
    at = chance.randrange(1, 40)
    calls = 0

    def count(execute, sql, params, many, context):
        nonlocal calls
        calls += 1
        if calls == at:
            raise Killed
        return execute(sql, params, many, context)

    with contextlib.suppress(Killed), connection.execute_wrapper(count):
        swept(now)
    connection.close()


def swept_with_a_failing_call(now: datetime, chance: random.Random) -> None:
    with contextlib.suppress(Error), FailingStorage(chance.randrange(1, 40), chance.choice(["before", "after"])):
        swept(now)


def told(duty: Duty) -> Counter[tuple[str, str]]:
    """How often whom, of which text."""
    rows = Delivery.objects.filter(notice__link=f"/duties/{duty.pk}/", channel="in_app")
    return Counter(rows.values_list("notice__text_key", "account__username"))


def weekdays() -> Iterator[date]:
    for number in range(31):
        day = MONDAY + timedelta(days=number)
        if day.weekday() < 5 and day < date(2026, 4, 2):
            yield day


def test_every_alert_comes_exactly_once_whatever_happens(cast: Cast) -> None:
    chance = random.Random(SEED)
    unit = cast.unit("三年级1班")
    for day in weekdays():
        jobs.raise_duties(system(local("00:01", day)), local("00:01", day))
        whole: list[int] = []
        minutes = sorted(chance.sample(MINUTES, chance.randrange(2, 7)))
        for minute in minutes:
            here = minute - 60 if whole and chance.random() < 0.25 else minute  # the clock was put back an hour
            now = local(f"{here // 60}:{here % 60:02d}", day)
            way = chance.randrange(4)
            if way == 0:
                swept_twice_at_once(now)
            elif way == 1:
                swept_and_killed(now, chance)
            elif way == 2:
                swept_with_a_failing_call(now, chance)
            else:
                swept(now)
            if way in (0, 3):
                whole.append(here)
        last = max(whole, default=0)
        now = local(f"{last // 60}:{last % 60:02d}", day) if last else local("8:00", day)
        swept(now + timedelta(minutes=2))  # what a failed call put off by a minute
        duty = Duty.objects.get(kind="class-morning-check", unit=unit, day=day)
        found = told(duty)
        where = (SEED, day, minutes, whole, dict(found))
        end = max(last + 2, 8 * 60 + 2)
        for who, minute in ESCALATIONS.items():
            reached = found["duties.escalated", who]
            assert reached <= 1, where
            assert reached == 1 or end < minute, where
        reminders = found["duties.reminder", "teacher1"] + found["duties.overdue", "teacher1"]
        assert reminders <= len(REMINDERS), where
        assert reminders >= 1 or end < REMINDERS[0], where
        numbers = sorted(duty.steps.filter(number__isnull=False).values_list("number", flat=True))
        assert numbers == list(range(duty.step)), where
        Duty.objects.filter(day=day).update(next_step_at=None)
    assert not DutyStep.objects.filter(outcome="sent", notice=None).exists()


def test_down_at_the_hour_everybody_is_told_once_when_it_is_up_again(cast: Cast) -> None:
    """Down from 08:25 to 08:55: the holder is reminded once, and nobody who would have been told meanwhile is forgotten."""
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    swept(local("8:20"))
    for _again in range(3):
        swept(local("8:55"))
        swept(local("7:55"))
    duty = Duty.objects.get(kind="class-morning-check", unit=cast.unit("三年级1班"))
    assert told(duty) == {
        ("duties.reminder", "teacher1"): 1,
        ("duties.overdue", "teacher1"): 1,
        ("duties.escalated", "grade_head"): 1,
        ("duties.escalated", "reporter"): 1,
    }
