"""What no view answered: below /api/ always JSON with words and the request's id, never a page, never a detail."""

from __future__ import annotations

import errno
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from lianfang.people import queries
from tests.access.world import World, undone


def asked(world: World, method: str, address: str) -> Any:
    client = Client(raise_request_exception=False)
    with undone():
        return client.generic(method, address, "", "application/json", **world.bearer("admin"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "method, address, status, code",
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/people/units/x/members", 422, "invalid"),
        ("PUT", "/api/people/units", 405, "method"),
    ],
)
def test_refusals_are_json(world: World, method: str, address: str, status: int, code: str) -> None:
    answer = asked(world, method, address)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error, status, code, wait",
    [
        (RuntimeError("secret 王小一"), 500, "fault", None),
        (OperationalError("database is locked: /data/lianfang.sqlite3"), 503, "busy", "60"),
        (OSError(errno.ENOSPC, "No space left on device: /data/lianfang.sqlite3"), 503, "busy", "60"),
        (OSError(errno.EIO, "secret"), 500, "fault", None),
    ],
)
def test_faults_tell_the_id_and_nothing_else(
    world: World, monkeypatch: Any, caplog: Any, error: Exception, status: int, code: str, wait: str | None
) -> None:
    def fails(*args: Any, **named: Any) -> None:
        raise error

    monkeypatch.setattr(queries, "unit_tree", fails)
    caplog.set_level(logging.WARNING, "lianfang.problems")
    answer = asked(world, "GET", "/api/people/units")
    said = answer.json()
    assert (answer.status_code, said["code"], answer.headers.get("Retry-After")) == (status, code, wait)
    assert "王小一" not in answer.content.decode() and "sqlite" not in answer.content.decode()
    assert len(said["request_id"]) == 32
    assert said["request_id"] in caplog.text


@pytest.mark.django_db
def test_a_busy_database_on_a_page_says_what_to_do(world: World, monkeypatch: Any) -> None:
    def fails(*args: Any, **named: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(queries, "unit_tree", fails)
    with undone():
        answer = world.client("admin").get("/people/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "填的内容还在" in answer.content.decode()
