"""What load is made of: requests as bytes, ready to be sent, and who sends them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import request

WORKERS = 2
_ID = "00000000-0000-0000-0000-000000000000"


def seconds(usual: float) -> float:
    """How long a run lasts: LIANFANG_BENCH_SECONDS, else `usual`."""
    return float(os.environ.get("LIANFANG_BENCH_SECONDS", usual))


def prepare(folder: Path, reporters: int = 200, url: str = "") -> Any:
    """A data folder (and database) for `servers.lianfang`; returns what `bench.prepare` printed."""
    command = [sys.executable, "-m", "bench.prepare", str(folder), str(reporters)]
    env = servers.environment(**servers.places(folder, url))
    made = subprocess.run(command, cwd=servers.ROOT, env=env, check=True, capture_output=True, text=True)
    return json.loads(made.stdout.splitlines()[-1])


def plain_reports(port: int, token: str) -> Callable[[], bytes]:
    """Reports to the plain endpoint, each of another student."""
    numbers = itertools.count()
    body = {"student": 0, "day": 1, "temp": 36.6, "absent": False, "symptoms": ["cough"], "reason": ""}
    headers = {"Content-Type": "application/json", "Authorization": f"Token {token}"}

    def make() -> bytes:
        body["student"] = next(numbers)
        return request("POST", "/report", port, headers, json.dumps(body).encode())

    return make


def reports(port: int, reporters: Sequence[dict[str, Any]]) -> Callable[[], bytes]:
    """Personal reports of the reporters in turn, each with an id of its own."""
    parts = []
    for who in reporters:
        body = {
            "client_id": _ID,
            "person_id": who["person"],
            "temperature": 36.6,
            "site": "axillary",
            "instrument": "electronic",
            "symptoms": ["cough"],
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {who['token']}"}
        parts.append(
            request("POST", "/api/daily/reports", port, headers, json.dumps(body).encode()).split(_ID.encode())
        )
    turn = itertools.cycle(parts)

    def make() -> bytes:
        before, after = next(turn)
        return before + str(uuid.uuid4()).encode() + after

    return make


def page(port: int, path: str, session: str) -> bytes:
    """A signed-in reader's look at a page."""
    return request("GET", path, port, {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"})


def figure(name: str, value: float, unit: str, n: int, note: str = "", ratio: float | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "n": n, "ratio": ratio, "note": note}
