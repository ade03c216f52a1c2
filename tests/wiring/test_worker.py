"""The worker's rounds when a job or the database fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from lianfang.config import worker
from lianfang.config.schedule import Job
from lianfang.config.worker import RETRY_SECONDS, Worker
from tests.district import MORNING

pytestmark = pytest.mark.django_db


def jobs_that(monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | None) -> list[datetime]:
    """One job of six hours, which ends as told, run by run. Returns when it ran."""
    ran: list[datetime] = []
    told: Iterator[Exception | None] = iter(outcomes)

    def run(actor: object, now: datetime) -> None:
        ran.append(now)
        outcome = next(told)
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(worker, "JOBS", (Job("test.job", timedelta(hours=6), run),))
    return ran


@pytest.mark.parametrize("failure", [RuntimeError("not today"), OperationalError("server closed the connection")])
def test_a_job_that_failed_is_tried_again_soon_and_not_after_its_period(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    ran = jobs_that(monkeypatch, failure, None)
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    at_work = Worker()
    if isinstance(failure, OperationalError):
        with pytest.raises(OperationalError):
            at_work.turn(MORNING)
    else:
        at_work.turn(MORNING)
    for seconds in (1, RETRY_SECONDS, RETRY_SECONDS, 3600):
        clock[0] += seconds
        at_work.turn(MORNING + timedelta(seconds=seconds))
    assert len(ran) == 2, "once more after half a minute; then it has done its work for six hours"
