"""Personal health reports per second on SQLite FULL, beside a plain Django REST Framework endpoint in the same run."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Outcome, drive, request

NAME = "reports"
WORKERS = 2
CONNECTIONS = 32
SECONDS = 8.0
ROUNDS = 3
TERMS = f"{WORKERS} web processes, {CONNECTIONS} connections, SQLite WAL FULL, load on the same cores"


def prepare(folder: Path, reporters: int = 200) -> Any:
    """A data folder for `servers.lianfang`; returns what `bench.prepare` printed."""
    command = [sys.executable, "-m", "bench.prepare", str(folder), str(reporters)]
    made = subprocess.run(
        command, cwd=servers.ROOT, env=servers.environment(), check=True, capture_output=True, text=True
    )
    return json.loads(made.stdout.splitlines()[-1])


def _plain(port: int, token: str) -> Outcome:
    numbers = itertools.count()
    headers = {"Content-Type": "application/json", "Authorization": f"Token {token}"}

    def make() -> bytes:
        body = {"student": next(numbers), "day": 1, "temp": 36.6, "absent": False, "symptoms": ["cough"], "reason": ""}
        return request("POST", "/report", port, headers, json.dumps(body).encode())

    return drive(port, make, connections=CONNECTIONS, seconds=SECONDS)


def _ours(port: int, reporters: list[dict[str, Any]]) -> Outcome:
    turn = itertools.cycle(reporters)

    def make() -> bytes:
        who = next(turn)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {who['token']}"}
        body = {
            "client_id": str(uuid.uuid4()),
            "person_id": who["person"],
            "temperature": 36.6,
            "site": "axillary",
            "instrument": "electronic",
            "symptoms": ["cough"],
        }
        return request("POST", "/api/daily/reports", port, headers, json.dumps(body).encode())

    return drive(port, make, connections=CONNECTIONS, seconds=SECONDS)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def run() -> list[dict[str, Any]]:
    """Rounds of both in turn; medians, and the ratio of the medians."""
    plain: list[Outcome] = []
    ours: list[Outcome] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder)
        for _round in range(ROUNDS):
            with servers.plain(Path(tempfile.mkdtemp(dir=name)), WORKERS) as (port, token):
                plain.append(_plain(port, token))
            with servers.lianfang(folder, WORKERS) as port:
                ours.append(_ours(port, made["reporters"]))
    base, rate = _median([o.rate for o in plain]), _median([o.rate for o in ours])
    answered = sum(len(o.latencies) for o in ours)
    rows = [
        (
            "plain DRF endpoint",
            base,
            "requests/s",
            sum(len(o.latencies) for o in plain),
            None,
            f"gunicorn sync; {TERMS}",
        ),
        (
            "personal reports",
            rate,
            "requests/s",
            answered,
            rate / base,
            f"granian; token, scope, journal, receipt, reply after commit; {TERMS}",
        ),
        ("personal reports p50", _median([o.percentile(0.5) for o in ours]), "ms", answered, None, ""),
        ("personal reports p99", _median([o.percentile(0.99) for o in ours]), "ms", answered, None, ""),
        ("personal reports failed", sum(o.failures for o in ours), "requests", answered, None, ""),
    ]
    return [dict(zip(("name", "value", "unit", "n", "ratio", "note"), row, strict=True)) for row in rows]


if __name__ == "__main__":
    for row in run():
        print(row)
