"""A pytest run that forks for every check: the database, the cast and the modules are there once, in memory.

The parent brings up the session and the access tests' morning on a database in memory, and runs no test afterwards.
Each child opens one check in its own copy of the loaded code, asks the tests that reach it, the likeliest first, ends
at the first that notices, and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.urls import get_resolver

from dev.mutation import opened
from dev.mutation.checks import ROOT, Check, checks, files, opened_code, watched_code
from dev.mutation.swapping import loaded, swap

# The places whose tests tell about permissions; those of a process of their own would not see the changed code.
PLACES = (
    "access",
    "api",
    "people",
    "duties",
    "daily",
    "reporting",
    "exchange",
    "comms",
    "joining",
    "foundation",
    "web",
    "operation/test_metrics.py",  # who is the operator
)
LEFT_OUT = "not slow and not e2e and not storing"
CHILD_SECONDS = 300  # by the clock: the machine may be busy with other things
BATCH = 40


@dataclass
class State:
    """What is known so far, kept in a file so that a run can be ended and taken up again."""

    path: Path
    seconds: dict[str, float] = field(default_factory=dict)  # by test
    reach: dict[str, list[str]] = field(default_factory=dict)  # tests by check
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)  # by check

    @classmethod
    def read(cls, path: Path) -> State:
        state = cls(path)
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            state.seconds, state.reach, state.verdicts = kept["seconds"], kept["reach"], kept["verdicts"]
        return state

    def write(self) -> None:
        text = json.dumps({"seconds": self.seconds, "reach": self.reach, "verdicts": self.verdicts}, indent=0)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.path)


class InMemory:
    """Plugin: the test database is in memory, so that a fork has it all to itself."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        from django.conf import settings

        database: Any = settings.DATABASES["default"]
        database.setdefault("TEST", {})["NAME"] = ":memory:"


class Forking:
    """Plugin: instead of running the tests, does `work` with a function that runs some of them in a child."""

    def __init__(self, work: Callable[[Forking], None]) -> None:
        self.work = work
        self.items: dict[str, pytest.Item] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        morning = [i for i in session.items if "world" in getattr(i, "fixturenames", ()) and "/access/" in i.nodeid]
        if len(morning) > 1:
            self._run(morning[0], morning[1])
        get_resolver().url_patterns  # noqa: B018 (pages and API are loaded here, not by the first request of a child)
        self.functions = loaded()
        self.work(self)
        return True

    @staticmethod
    def _run(item: pytest.Item, following: pytest.Item | None) -> bool:
        reports = runtestprotocol(item, log=False, nextitem=following)
        return not any(report.failed for report in reports)

    def child(self, change: Callable[[], None], tests: list[str], to_the_end: bool) -> Any:
        """Fork, change the code, run the tests, to the end or to the first that fails.

        Returns a list of (test, passed, processor seconds, numbers of the checks reached), or None when the child died
        or took longer than it may.
        """
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            signal.alarm(CHILD_SECONDS * (10 if to_the_end else 1))
            try:
                os.close(reading)
                change()
                items = [self.items[t] for t in tests if t in self.items]
                answers = []
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.session._setupstate.teardown_exact(item)
                    used = _processor()
                    opened.reached.clear()
                    passed = self._run(item, following)
                    answers.append([item.nodeid, passed, _processor() - used, sorted(opened.reached)])
                    if not passed and not to_the_end:
                        break
                with os.fdopen(writing, "w", encoding="utf-8") as out:
                    json.dump(answers, out)
            except BaseException as problem:
                print(f"child: {problem!r}", file=sys.__stderr__)
                os._exit(1)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as source:
            text = source.read()
        _pid, status = os.waitpid(process, 0)
        return json.loads(text) if status == 0 and text else None


def _processor() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def session(places: list[str], work: Callable[[Forking], None]) -> int:
    """Collect the tests of `places` in this process and do `work`."""
    os.environ["LIANFANG_TEST_DB"] = "sqlite"
    os.environ["LIANFANG_MUTATION"] = "1"  # tests that collect problems end at the first
    arguments = [
        *places,
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-m",
        LEFT_OUT,
        "--no-header",
        "-p",
        "no:randomly",
    ]
    return int(pytest.main(arguments, plugins=[InMemory(), Forking(work)]))


def places(chosen: list[str]) -> list[str]:
    """Where the tests are, as pytest is told."""
    return [str(ROOT / "tests" / name) for name in (chosen or PLACES)]


def baseline(state: State, forking: Forking) -> None:
    """Run every collected test that is not known yet with watched checks: which are reached, and how long it took."""
    every = checks()
    numbers = {check.key: number for number, check in enumerate(every)}
    waiting = [t for t in forking.items if t not in state.seconds]

    def watch() -> None:
        for path in files():
            swap(watched_code(path, numbers), forking.functions)

    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        answers = forking.child(watch, part, to_the_end=True)
        if answers is None:
            print(f"  baseline: a child died among {part[0]} … {part[-1]}", flush=True)
            continue
        for test, passed, used, reached in answers:
            if not passed:
                print(f"  fails without any change: {test}", flush=True)
                continue
            state.seconds[test] = round(used, 3)
            for number in reached:
                state.reach.setdefault(every[number].key, []).append(test)
        state.write()
        print(f"  baseline: {min(start + BATCH, len(waiting))} of {len(waiting)} tests", flush=True)


class Choice:
    """Which tests are asked first: those of the access matrix, the most particular ones, and those that noticed before."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.breadth: dict[str, int] = {}
        for tests in state.reach.values():
            for test in tests:
                self.breadth[test] = self.breadth.get(test, 0) + 1

    def of(self, check: Check) -> list[str]:
        reaching = [t for t in self.state.reach.get(check.key, ()) if t in self.state.seconds]
        return sorted(set(reaching), key=self._turn)

    def _turn(self, test: str) -> tuple[float, str]:
        matrix = "test_answers_as_declared" in test
        price = self.state.seconds[test] + 0.05
        return (price * (0.5 if matrix else 2) * (1 + self.breadth.get(test, 0) / 40), test)


def ask(state: State, forking: Forking, choice: Choice, check: Check, budget: float) -> dict[str, Any]:
    """Open the check and ask its tests until one notices or `budget` processor seconds are spent."""
    tests = choice.of(check)
    if not tests:
        return {"verdict": "not reached", "asked": 0}
    chosen, spent = [], 0.0
    for test in tests:
        if spent > budget:
            break
        chosen.append(test)
        spent += state.seconds[test]

    def change() -> None:
        if not swap(opened_code(check), forking.functions, only=check.function):
            raise RuntimeError(f"not loaded: {check.key}")

    answers = forking.child(change, chosen, to_the_end=False)

    if answers is None:
        return {"verdict": "died", "asked": len(chosen)}
    failed = [test for test, passed, _used, _reached in answers if not passed]
    if failed:
        return {"verdict": "noticed", "by": failed[0], "asked": len(answers)}
    return {"verdict": "survived", "asked": len(answers), "of": len(tests)}


def waiting(state: State, again: tuple[str, ...], part: int = 0, parts: int = 1) -> Iterator[Check]:
    """Checks without a verdict, or with one of `again`; in an order without order, so that a run that was ended early
    has asked for some of everything. Of `parts` that several processes share out, those of one."""
    ordered = sorted(checks(), key=lambda one: hashlib.sha256(one.key.encode()).digest())
    for check in ordered[part::parts]:
        known = state.verdicts.get(check.key)
        if known is None or known["verdict"] in again:
            yield check
