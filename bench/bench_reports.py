"""Personal health reports per second on SQLite FULL, beside a plain Django REST Framework endpoint in the same run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Outcome, drive
from bench.traffic import WORKERS, plain_reports, prepare, reports

NAME = "reports"
CONNECTIONS = 32
SECONDS = 8.0
ROUNDS = 3
TERMS = f"{WORKERS} web processes, {CONNECTIONS} connections, SQLite WAL FULL, load on the same cores"


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
            with servers.plain(Path(tempfile.mkdtemp(dir=name)), WORKERS) as (port, token, _pid):
                plain.append(drive(port, plain_reports(port, token), connections=CONNECTIONS, seconds=SECONDS))
            with servers.lianfang(folder, WORKERS) as (port, _pid):
                ours.append(drive(port, reports(port, made["reporters"]), connections=CONNECTIONS, seconds=SECONDS))
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
