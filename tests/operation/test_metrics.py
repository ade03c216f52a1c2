"""`/metrics`: who may look, what it says, and that no label names anybody."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from lianfang.config import beat, state
from lianfang.config.metrics import forget_dead
from lianfang.config.schedule import JOBS
from lianfang.config.wiring import READERS
from lianfang.config.worker import Worker
from lianfang.foundation.clock import using_clock
from lianfang.foundation.operator import opens
from lianfang.kernel.clock import FixedClock
from tests.district import MORNING, make_district

TOKEN = "f" * 32
LATER = MORNING + timedelta(hours=4)
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    "environ, token, proxied, answer",
    [
        (HERE, "", False, True),
        ({**HERE, "REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8000"}, "", False, True),
        ({**HERE, "HTTP_HOST": "localhost"}, "", False, True),
        ({**HERE, "REMOTE_ADDR": "192.0.2.1"}, "", False, False),
        ({**HERE, "HTTP_HOST": "lianfang.example.edu"}, "", False, False),  # a proxy that keeps the name
        ({**HERE, "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, "", False, False),
        ({**HERE, "HTTP_FORWARDED": "for=192.0.2.1"}, "", False, False),
        (HERE, "", True, False),  # a proxy is configured: everybody calls from here
        ({**HERE, "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, TOKEN, True, True),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, TOKEN, True, True),
        ({**HERE, "HTTP_AUTHORIZATION": f"Bearer {TOKEN[:-1]}"}, TOKEN, False, False),
        ({**HERE, "HTTP_AUTHORIZATION": "Bearer "}, "", False, False),  # no token made: none opens
        ({**HERE, "HTTP_AUTHORIZATION": "Bearer 学"}, TOKEN, False, False),
        ({}, "", False, False),
    ],
)
def test_who_may_look(environ: dict[str, Any], token: str, proxied: bool, answer: bool) -> None:
    assert opens(environ, token, proxied) is answer


@pytest.mark.django_db
def test_the_figures_of_an_installation(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_district(4)
    worker = Worker()
    worker.turn(MORNING)
    worker.beat.write(tmp_path, MORNING)
    client = Client(headers={"host": "localhost"})
    with using_clock(FixedClock(LATER)):
        client.get("/login")
        answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
    families = {
        f.name: f for f in text_string_to_metric_families(answer.content.decode()) if f.name.startswith("lianfang")
    }
    value = {s.name: s.value for f in families.values() for s in f.samples if not s.labels}
    assert value["lianfang_database_up"] == 1
    assert value["lianfang_journal_unsealed"] == 0 and value["lianfang_journal_sealed"] > 100
    assert value["lianfang_worker_seen_seconds"] == (LATER - MORNING).total_seconds()
    assert value["lianfang_duties_overdue"] == state.duties(LATER).overdue > 0
    assert value["lianfang_disk_free_bytes"] > 0
    by: dict[str, set[str]] = {}
    for family in families.values():
        by[family.name] = {value for s in family.samples for value in s.labels.values()}
    assert by["lianfang_job_age_seconds"] == {job.name for job in JOBS}
    assert by["lianfang_reader_behind"] == {reader.name for reader in READERS}
    login = [s for s in families["lianfang_requests"].samples if s.labels.get("route") == "page web"]
    assert login and all(set(s.labels) == {"route", "method", "status"} for s in login)
    labels = {(key, v) for f in families.values() for s in f.samples for key, v in s.labels.items()}
    assert {key for key, _ in labels} <= {
        "route",
        "method",
        "status",
        "why",
        "kind",
        "where",
        "job",
        "reader",
        "le",
        *("version", "python", "database", "sqlite"),
    }
    assert not any(re.search(r"[\u3400-\u9fff]|/|\d{4,}", v) for _key, v in labels), labels


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_are_told_what_they_lack(method: str) -> None:
    answer = getattr(Client(), method)("/metrics")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert b"lianfang_" not in answer.content


def test_the_operators_token_is_none_unless_made() -> None:
    assert settings.OPERATOR_TOKEN == ""


def test_a_process_that_ended_holds_no_places(tmp_path: Path) -> None:
    import os

    ended = 2**22 + 1  # above every process id of Linux
    mine = tmp_path / f"gauge_livesum_{os.getpid()}.db"
    gone, counter = tmp_path / f"gauge_livesum_{ended}.db", tmp_path / f"counter_{ended}.db"
    for path in (mine, gone, counter):
        path.touch()
    forget_dead(tmp_path)
    assert mine.exists() and counter.exists() and not gone.exists()


def test_a_sign_of_life_is_read_as_it_was_written(tmp_path: Path) -> None:
    sign = beat.Beat(started=MORNING.isoformat(), pid=1)
    sign.ran("duties.sweep", MORNING, 0.5, None)
    sign.ran("comms.deliver", MORNING, 0.1, ValueError("x"))
    sign.ran("comms.deliver", MORNING, 0.1, ValueError("x"))
    sign.write(tmp_path, MORNING)
    assert beat.read(tmp_path) == sign and sign.jobs["comms.deliver"].failed == 2
    for damaged in ("", "{", "[]", '{"jobs": 3}', '{"jobs": {}, "unknown": 1}'):
        (tmp_path / beat.NAME).write_text(damaged)
        assert beat.read(tmp_path) is None
    assert beat.read(tmp_path / "none") is None
    sign.write(tmp_path / "none", MORNING)  # no folder, or a full disk: the worker goes on
