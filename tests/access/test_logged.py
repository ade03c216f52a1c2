"""The log of a morning: a line for every request, and in none of them anything that a person typed, is called or lives by."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lianfang.config.logs import JsonLines, Text, configuration
from lianfang.people.models import Person
from tests.access.crawling import walk
from tests.access.world import World, client_id, undone
from tests.district import PASSWORD

CANARIES = ("13987654321", "110101201709016789", "金丝雀名", "canary-word", "canary@school.example")
TYPED = "，".join(CANARIES)
WALKING = ("teacher", "nurse", "officer", "mother")
KNOWN_FIELDS = {"time", "level", "logger", "event", "method", "route", "status", "ms", "request_id", "account", "unit"}


@contextmanager
def written(form: str) -> Iterator[io.StringIO]:
    """Everything that any logger says from DEBUG on, as the server would write it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines() if form == "json" else Text())
    root = logging.getLogger()
    loggers = [
        root,
        *(logging.getLogger(n) for n in ("lianfang", "lianfang.request", "django", "django.request", "axes")),
    ]
    before = [(logger, logger.level) for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield out
    finally:
        root.removeHandler(handler)
        for logger, level in before:
            logger.setLevel(level)


def words(world: World) -> set[str]:
    """What must not stand in a log: names, phones, what was typed, secrets, names of accounts."""
    named = {p.name for p in Person.objects.all() if len(p.name) > 1}
    accounts = {a.username for a in world.d.accounts.values() if len(a.username) > 5}
    return named | accounts | set(world.texts.values()) | set(world.tokens.values()) | {PASSWORD, *CANARIES}


def things_typed(world: World) -> Iterator[Any]:
    """Canaries in forms, in JSON, in addresses and in headers; most are refused, which is when libraries say most."""
    teacher, admin = world.client("teacher"), world.client("admin")
    unit = world.unit("class1")
    yield teacher.get(f"/search?q={CANARIES[2]}")
    yield teacher.get(f"/people/persons/{CANARIES[0]}/")
    yield teacher.get(f"/nothing/{CANARIES[1]}?name={CANARIES[2]}", headers={"referer": f"/x?{CANARIES[3]}"})
    yield teacher.post(f"/daily/roll/{unit}/morning/", {"client_id": CANARIES[3], "marks": TYPED, "reason": TYPED})
    yield admin.post("/people/persons/new/", {"name": TYPED, "phone": CANARIES[0], "id_number": CANARIES[1]})
    yield admin.post("/login", {"username": CANARIES[4], "password": CANARIES[3]})
    for path in ("daily/reports", "daily/checks", "people/persons", "duties/meetings"):
        for body in (
            {"client_id": TYPED},
            {"client_id": client_id(), "person_id": TYPED, "note": TYPED, "name": TYPED},
        ):
            yield world.client("teacher").post(f"/api/{path}", json.dumps(body), content_type="application/json")
            yield admin.post(f"/api/{path}", json.dumps(body), content_type="application/json", **world.bearer("admin"))
    yield admin.post("/api/daily/reports", TYPED, content_type="application/json", **world.bearer("admin"))
    yield admin.post("/api/daily/reports", "{}", content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {TYPED}")
    yield teacher.get("/", headers={"host": f"{CANARIES[3]}.example"})
    yield teacher.generic(CANARIES[3], "/")


@pytest.mark.django_db
@pytest.mark.one_database(
    "reads what the loggers say; what databases say of their errors is asked on both, in operation"
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_says_who(world: World, form: str) -> None:
    with written(form) as out, undone():
        answers = [answer for part in WALKING for _address, answer in walk(world.client(part), each=1, limit=15)]
        answers += list(things_typed(world))
    lines = out.getvalue().splitlines()
    assert len(lines) >= len(answers)
    found = {word for word in words(world) if word in out.getvalue()}
    assert not found
    if form == "json":
        requests = [line for line in map(json.loads, lines) if line.get("event") == "request"]
        assert len(requests) >= len(answers) - 1
        assert all(set(line) <= KNOWN_FIELDS for line in requests)
        assert {line["status"] for line in requests} >= {200, 404, 422}
        routes = {line["route"] for line in requests}
        assert "/daily/roll/<int:unit_id>/<str:session>/" in routes or any("<" in route for route in routes)
        assert any(line["account"] and line["unit"] for line in requests)


def test_what_is_set_up() -> None:
    """Django mails errors with their values to administrators, and prints requests: neither handler is there."""
    assert configuration({"LIANFANG_LOG_FORMAT": "json"})["loggers"]["django"]["handlers"] == []
    assert logging.getLogger("django").handlers == []
    with pytest.raises(ValueError, match="json or text"):
        configuration({"LIANFANG_LOG_FORMAT": "xml"})
