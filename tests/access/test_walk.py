"""What a part is offered it may open, on a full and on an empty morning; authorities read no pupil's name anywhere."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from lianfang.foundation.clock import using_clock
from lianfang.foundation.permissions import Permission
from lianfang.kernel.clock import FixedClock
from tests.access.crawling import walk, walked
from tests.access.operation_cases import OPERATION_CASES
from tests.access.relations import role_of
from tests.access.routes import operations
from tests.access.test_operations import ask
from tests.access.world import DAY, NOW, World, at, undone

pytestmark = pytest.mark.one_database(
    "follows links and reads texts; every page and operation that it opens is asked on PostgreSQL by test_pages and test_operations"
)
WALKING = (
    *(
        "teacher",
        "subject_teacher",
        "grade_head",
        "nurse",
        "reporter",
        "principal",
        "leader",
        "admin",
        "guard",
        "keeper",
    ),
    *("cook", "lesson_teacher", "training_reporter", "officer", "cdc", "mother", "foreign_officer"),
)
EMPTY = ("empty_principal", "empty_reporter", "empty_admin")
NEXT_MORNING = at("06:00", DAY.replace(day=16))


def refused(part: str, seen: list[tuple[str, int]]) -> list[str]:
    """Links that lead into a refusal or a fault."""
    return [f"{part}: {address} answers {status}" for address, status in seen if status >= 400]


@pytest.mark.django_db
@pytest.mark.parametrize("part", WALKING)
def test_every_link_opens(world: World, part: str) -> None:
    seen = walked(world, part)
    assert len(seen) > 5
    assert not refused(part, [(one.address, one.status) for one in seen])


@pytest.mark.django_db
@pytest.mark.parametrize("part", ("teacher", "reporter", "principal", "officer", "cdc", "mother", *EMPTY))
def test_every_link_opens_before_anything_was_said(world: World, part: str) -> None:
    """Six in the morning of the next day; and a school without classes, pupils or reports."""
    with using_clock(FixedClock(NEXT_MORNING)), undone():
        seen = [(address, answer.status_code) for address, answer in walk(world.client(part), each=1)]
    assert not refused(part, seen)
    assert NOW < NEXT_MORNING


def readable(answer: Any) -> str:
    """All text of an answer, a workbook's cells included."""
    if "spreadsheet" not in answer.headers.get("Content-Type", ""):
        return str(answer.content.decode())
    with zipfile.ZipFile(BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["officer", "cdc", "foreign_officer"])
def test_authorities_read_no_names(world: World, part: str) -> None:
    """Pages by links, downloads, and every reading operation of the API for every object; names are the canaries."""
    names = world.pupil_names()
    assert len(names) > 12
    canary = re.compile("|".join(map(re.escape, names)))
    texts = [(address, readable(answer)) for address, answer in walk(world.client(part), each=4)]
    assert len(texts) > 12
    declared = {operation.name: operation.declared for operation in operations()}
    for case in OPERATION_CASES:
        if case.method != "GET":
            continue
        permission = declared[case.route]
        if isinstance(permission, Permission) and not permission.everyone and role_of(part) not in permission.roles:
            continue
        for key in case.keys:
            texts.append((f"{case.route} for {key}", readable(ask(world, case, part, key))))
    for name in names:
        for query in (name, name[:1]):
            body = json.dumps({"q": query})
            answer = Client().post("/api/web/search", body, "application/json", **world.bearer(part))
            assert answer.status_code == 200
            texts.append((f"search {query!r}", readable(answer)))
            page = world.client(part).post("/search", {"q": query}).content.decode()
            texts.append((f"search page {query!r}", page.replace(query, "")))
    found = [where for where, text in texts if canary.search(text)]
    assert not found
