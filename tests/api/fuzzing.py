"""Calls of every operation with generated input, as several people, by token and by session, one building on another.

`Caller` makes one call: it may put objects that exist, or that an earlier answer named, into the address and the body,
so that the generated rest gets past the look-up. `python -m dev.fuzz` makes as many as it is told; test_schema a few.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.access.world import DAY, KIND, World, undone
from tests.api.published import document

load_all_checks()
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PARTS = ("admin", "reporter", "teacher", "officer", "mother", "principal", "nurse", "cdc", "foreign_reporter")
BASE = "http://localhost"
# So many calls build on each other before all of it is undone.
CHAIN = 20
# So many calls of each operation are made up at a time.
ROUND = 20
schema = schemathesis.openapi.from_dict(copy.deepcopy(document()))
application = get_wsgi_application()


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests are answered inside the open transaction, as Django's own test client arranges it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def real(world: World, part: str) -> dict[str, Any]:
    """Objects that exist, by the name of the parameter that takes them."""
    unit = {"teacher": "class1", "officer": "bureau", "cdc": "cdc", "foreign_reporter": "foreign_school"}
    return {
        "unit_id": world.unit(unit.get(part, "school")),
        "person_id": world.d.pupils["class1"][0].pk,
        "membership_id": world.ids["membership:class1"],
        "post_id": world.ids["post:keeper"],
        "guardianship_id": world.ids["guardianship:unconfirmed"],
        "duty_id": world.ids["duty:class1"],
        "report_id": world.ids["amended:school"],
        "import_id": world.ids["import"],
        "delegation_id": world.ids["delegation:own"],
        "kind_id": KIND,
        "kind": KIND,
        "layout_id": "bureau-daily",
        "day": DAY.isoformat(),
        "session": "morning",
        "key": "people.school_weekdays",
    }


def lead_home(case: Any, known: dict[str, Any], turn: int) -> None:
    """Put known objects into the address (two times of three) and the body (one of three)."""
    if turn % 3 and case.path_parameters:
        case.path_parameters.update({k: v for k, v in known.items() if k in case.path_parameters})
    if turn % 3 == 2 and isinstance(case.body, dict):
        case.body.update({k: v for k, v in known.items() if k in case.body})


@dataclass
class Caller:
    """Makes calls and counts what was answered; `faults` are answers of 500 and above, `broken` those beside the schema."""

    world: World
    dice: random.Random
    statuses: Counter[str] = field(default_factory=Counter)
    by_part: Counter[str] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    learned: dict[str, list[int]] = field(default_factory=dict)

    def call(self, case: Any) -> None:
        """One call as somebody, by token or by session. What goes wrong is noted and does not end the run."""
        part = self.dice.choice(PARTS)
        known = real(self.world, part) | {name: self.dice.choice(ids) for name, ids in self.learned.items()}
        lead_home(case, known, self.dice.randrange(3))
        headers, cookies = self._signed_in(part)
        answer = case.call(base_url=BASE, app=application, headers=headers, cookies=cookies)
        kind = "token" if "Authorization" in headers else "session"
        self.by_part[f"{part} ({kind})"] += 1
        self.by_operation[f"{case.method} {case.path}"] += 1
        self.statuses[f"{answer.status_code // 100}xx"] += 1
        if answer.status_code >= 500:
            self.faults.append(f"{part}: {answer.status_code} {self._words(case)}")
        self._learn(answer)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as problem:
            self.broken.append(f"{part}: {self._words(case)}: {str(problem)[:300]}")
        except Exception as problem:  # schemathesis raises failures of its own kinds
            self.broken.append(f"{part}: {self._words(case)}: {type(problem).__name__} {str(problem)[:300]}")

    @staticmethod
    def _words(case: Any) -> str:
        return f"{case.method} {case.formatted_path} {case.query!r} {str(case.body)[:400]}"

    def _signed_in(self, part: str) -> tuple[dict[str, str], dict[str, str]]:
        if self.dice.random() < 0.5:
            return {"Authorization": f"Bearer {self.world.tokens[part]}"}, {}
        cookies = {name: morsel.value for name, morsel in self.world.client(part).cookies.items()}
        token = "".join(self.dice.choices("abcdefghijklmnopqrstuvwxyz", k=32))  # cookie and header have to agree
        return {"X-CSRFToken": token, "Referer": BASE + "/"}, cookies | {"csrftoken": token}

    def _learn(self, answer: Any) -> None:
        """Ids in an answer are used in later calls of the chain: what was made is read, changed and ended."""
        try:
            found = json.loads(answer.content)
        except ValueError:
            return
        resource = re.sub(r"(es|s)$", "", str(answer.request.url).split("?")[0].rstrip("/").split("/")[-1])
        for name, value in _numbers(found, resource):
            kept = self.learned.setdefault(name, [])
            kept.append(value)
            del kept[:-5]


def _numbers(value: Any, resource: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, int) and not isinstance(inner, bool) and (name == "id" or name.endswith("_id")):
                yield (f"{resource}_id" if name == "id" else name), inner
            elif isinstance(inner, dict | list):
                yield from _numbers(inner, resource)
    elif isinstance(value, list):
        for inner in value[:5]:
            yield from _numbers(inner, resource)


def operations() -> list[Any]:
    """Every operation of the schema."""
    found = list(schema.get_all_operations())
    assert not [one for one in found if not isinstance(one, Ok)], "an operation whose schema cannot be read"
    return [one.ok() for one in found if isinstance(one, Ok)]


def generated(operation: Any, number: int, seed: int) -> list[Any]:
    """`number` calls of one operation, the same for the same seed."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    return found


def run(world: World, calls: int, seed: int, say: Any = print) -> Caller:
    """Make about `calls` calls over all operations, in chains of `CHAIN` that are undone; every operation is asked."""
    dice = random.Random(seed)
    caller = Caller(world, dice)
    every = operations()
    made = 0
    while made < calls:
        each = min(ROUND, -(-(calls - made) // len(every)))
        cases = [case for n, one in enumerate(every) for case in generated(one, each, seed * 1_000_000 + made + n)]
        dice.shuffle(cases)
        for start in range(0, len(cases), CHAIN):
            with undone():
                for case in cases[start : start + CHAIN]:
                    caller.call(case)
            caller.learned.clear()
        made += len(cases)
        say(f"  {made} calls, {dict(sorted(caller.statuses.items()))}, faults {len(caller.faults)}")
    return caller
