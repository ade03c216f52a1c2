"""Overload with a real server: honest refusals, other schools served, nothing acknowledged lost, and all well afterwards."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.load import Outcome, drive, request
from tests.faults.tree import ROOT
from tests.operation.server import Server, environment, serving
from tests.patterns import give_static

SECONDS = 2.0
FLOOD = 170  # connections that never pause: more than one process works on and lets wait for the short way

VERIFY = """
import json, sys, django
django.setup()
from lianfang.daily.models import HealthReport
from lianfang.foundation.models import Receipt
ids = json.load(sys.stdin)
accepted = sum(Receipt.objects.filter(client_id__in=ids[i : i + 500]).count() for i in range(0, len(ids), 500))
print(json.dumps({"accepted": accepted, "receipts": Receipt.objects.count(), "reports": HealthReport.all_realms.count()}))
"""


@pytest.fixture
def server(tmp_path: Path, django_db_setup: None, fresh_database: Callable[..., str]) -> Iterator[Server]:
    url = fresh_database(tables=True)
    env = environment(tmp_path, url)
    give_static(tmp_path / "data", env)
    command = [sys.executable, "-m", "bench.prepare", str(tmp_path), "30"]
    made = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    with serving(tmp_path, url) as running:
        running.made = {**json.loads(made.stdout.splitlines()[-1]), "database": url}
        yield running


class Sender:
    """Makes one report after the other of a school's staff, and remembers the ids."""

    def __init__(self, port: int, people: list[dict[str, Any]]) -> None:
        self.port, self.turn = port, itertools.cycle(people)
        self.ids: list[str] = []

    def __call__(self) -> bytes:
        who, client_id = next(self.turn), str(uuid.uuid4())
        self.ids.append(client_id)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {who['token']}"}
        body = {
            "client_id": client_id,
            "person_id": who["person"],
            "temperature": 36.5,
            "site": "axillary",
            "instrument": "electronic",
        }
        return request("POST", "/api/daily/reports", self.port, headers, json.dumps(body).encode())


def quiet(server: Server) -> Outcome:
    """The quiet school: four connections, ten reports a second together."""
    return drive(
        server.port,
        Sender(server.port, server.made["elsewhere"]),
        connections=4,
        seconds=SECONDS,
        warm_up=1.0,
        rate=10.0,
    )


@pytest.mark.storing
@pytest.mark.slow
def test_one_school_floods_and_the_other_does_not_notice(server: Server, tmp_path: Path) -> None:
    _idle_browsers_keep_nobody_out(server)
    flood, outcome = Sender(server.port, server.made["reporters"]), []
    thread = threading.Thread(
        target=lambda: outcome.append(drive(server.port, flood, connections=FLOOD, seconds=SECONDS + 2, warm_up=0.0))
    )
    thread.start()
    beside = quiet(server)
    seen = _meanwhile(server, thread)
    thread.join()
    (out,) = outcome
    counted = {status: out.statuses.get(status, 0) for status in (200, 429, 503)}
    assert sum(counted.values()) == len(out.latencies) and not out.broken, out.statuses
    assert counted[200] > 50 and counted[429] > 50, counted
    # The quiet school: no refusal. How long it waits is a figure of `bench overload`.
    assert beside.failures == 0 and len(beside.latencies) > 10, beside.statuses
    # Health and figures answered all the time; what was refused said when to come back.
    assert seen["health"] == seen["metrics"] == 200
    # Afterwards the next request is served as ever, and the figures say what happened.
    after = drive(server.port, Sender(server.port, server.made["reporters"]), connections=1, seconds=0.5, warm_up=0.0)
    assert after.failures == 0 and after.latencies
    figures = httpx.get(f"{server.url}/metrics", timeout=10).text
    said = sum(
        float(line.rpartition(" ")[2])
        for line in figures.splitlines()
        if line.startswith("lianfang_requests_refused_total")
    )
    assert said >= counted[429] + counted[503]
    assert "lianfang_requests_inside 0.0" in figures and "lianfang_requests_waiting 0.0" in figures
    # Nothing acknowledged is lost or doubled: one receipt and one report for each answer with 200 (or more, when an answer
    # was still on its way as the flood ended).
    env = {**environment(tmp_path, server.made["database"]), "DJANGO_SETTINGS_MODULE": "lianfang.config.settings"}
    ids = json.dumps(flood.ids)
    found = subprocess.run(
        [sys.executable, "-c", VERIFY], cwd=ROOT, env=env, input=ids, check=True, capture_output=True, text=True
    )
    stored = json.loads(found.stdout.splitlines()[-1])
    assert stored["receipts"] == stored["reports"]
    assert stored["accepted"] >= counted[200]
    _examined(server)


def _idle_browsers_keep_nobody_out(server: Server) -> None:
    """Connections that say nothing count against granian's bound; it used to be 256."""
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(400)]
    try:
        assert httpx.get(f"{server.url}/login", timeout=10).status_code == 200
    finally:
        for connection in idle:
            connection.close()


def _examined(server: Server) -> None:
    """`lianfang doctor` on the folder of the running process, as JSON and for people."""
    env = environment(server.folder, server.made["database"])
    command = [sys.executable, "-m", "lianfang", "doctor"]
    done = subprocess.run([*command, "--json"], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == {"ok": 0, "warning": 1, "problem": 2}[answer["worst"]]
    found = {row["check"]: row["level"] for row in answer["findings"]}
    assert found["migrations"] == found["journal.tail"] == found["keys.file"] == "ok", answer
    assert found["worker"] == "warning" and not done.stderr  # no `up` holds the folder
    env["LIANFANG_DEBUG"] = "1"
    said = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "✗ 调试模式开着（LIANFANG_DEBUG=1）\n  Debugging is on (LIANFANG_DEBUG=1)\n    → " in said.stdout


def _meanwhile(server: Server, thread: threading.Thread) -> dict[str, int]:
    assert thread.is_alive()
    with httpx.Client(timeout=10) as client:
        return {
            "health": client.get(f"{server.url}/healthz").status_code,
            "metrics": client.get(f"{server.url}/metrics").status_code,
        }
