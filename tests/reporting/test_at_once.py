"""Two people sign at the same moment, on a real database with transactions that really commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from lianfang.duties.actions import delegate
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.apps import seed
from lianfang.foundation.errors import Conflict
from lianfang.foundation.models import JournalEntry
from lianfang.reporting.actions import sign_report
from lianfang.reporting.models import Report
from tests.district import make_district
from tests.reporting.cast import DAY, KIND, Reporting, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def school(transactional_db: None) -> Iterator[Reporting]:
    seed("default")
    forget_cached_actors()
    yield Reporting(make_district(3))
    forget_cached_actors()


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run these together, each with its own connection; what each returned or raised."""
    gate = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            gate.wait()
            results[place] = work()
        except BaseException as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_signatures_at_the_same_moment_one_counts(school: Reporting) -> None:
    school.all_well()
    delegate(
        school.actor("principal", at("07:00")),
        at("07:00"),
        unit_id=school.unit("school"),
        role="epidemic_reporter",
        from_account_id=school.d.accounts["reporter"].pk,
        to_account_id=school.d.accounts["nurse"].pk,
        begins=DAY,
        ends=DAY + timedelta(days=1),
        reason="外出培训",
    )
    parts = ("reporter", "nurse", "reporter", "nurse")
    said = [school.statement(part, "school", at("09:00")) for part in parts]
    actors = [school.actor(part, at("09:05")) for part in parts]
    keys: dict[str, Any] = {"kind_id": KIND, "unit_id": school.unit("school"), "day": DAY}

    def signing(index: int) -> Callable[[], object]:
        return lambda: sign_report(actors[index], at("09:05"), **keys, statement=said[index])

    answers = at_once(*(signing(index) for index in range(len(parts))))
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "Conflict", "Report"], (
        answers
    )
    assert all("签发" in answer.message for answer in answers if isinstance(answer, Conflict))
    assert Report.objects.count() == 1
    assert JournalEntry.objects.filter(action="reporting.report.signed").count() == 1


def test_the_same_submission_twice_at_the_same_moment_is_one_report(school: Reporting) -> None:
    school.all_well()
    said, actor = school.statement("reporter", "school", at("09:00")), school.actor("reporter", at("09:05"))
    keys: dict[str, Any] = {"kind_id": KIND, "unit_id": school.unit("school"), "day": DAY}
    answers = at_once(*[lambda: sign_report(actor, at("09:05"), **keys, statement=said)] * 3)
    assert {answer.pk for answer in answers if isinstance(answer, Report)} == {Report.objects.get().pk}
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
