"""Submissions that wait together share a commit; each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from lianfang.foundation.errors import NotFound
from lianfang.foundation.groupcommit import Gatherer


def test_waiting_submissions_form_one_batch_and_keep_their_answers(settings: object) -> None:
    settings.GROUP_COMMIT = True  # type: ignore[attr-defined]
    batches: list[int] = []
    entered, go = threading.Event(), threading.Event()

    def run(items: Sequence[int]) -> Sequence[int | Exception]:
        batches.append(len(items))
        if len(batches) == 1:
            entered.set()
            assert go.wait(10)
        return [NotFound("x") if i == 3 else i * 10 for i in items]

    gatherer: Gatherer[int, int] = Gatherer("test", run)
    answers: dict[int, object] = {}

    def submit(number: int) -> None:
        try:
            answers[number] = gatherer.submit(number)
        except NotFound as error:
            answers[number] = error

    threads = [threading.Thread(target=submit, args=(n,)) for n in range(20)]
    threads[0].start()
    assert entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    while gatherer._queue.qsize() < 19:
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert batches == [1, 19]
    assert isinstance(answers.pop(3), NotFound)
    assert answers == {n: n * 10 for n in range(20) if n != 3}


def test_a_batch_that_fails_answers_all_and_the_next_one_works(settings: object) -> None:
    settings.GROUP_COMMIT = True  # type: ignore[attr-defined]
    calls: list[int] = []

    def run(items: Sequence[int]) -> Sequence[int | Exception]:
        calls.append(len(items))
        if len(calls) == 1:
            raise OSError("disk full")
        return list(items)

    gatherer: Gatherer[int, int] = Gatherer("test", run)
    with pytest.raises(OSError, match="disk full"):
        gatherer.submit(1)
    assert gatherer.submit(2) == 2
