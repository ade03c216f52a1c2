"""A school's morning burst on SQLite FULL: 3,000 personal reports in a minute, everything that `up` starts running."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import drive
from bench.traffic import WORKERS, figure, prepare, reports, seconds

NAME = "burst"
RATE = 50.0
CONNECTIONS = 64


def run() -> list[dict[str, Any]]:
    """An open load: each report is due at its instant, and its waiting counts from there."""
    length = seconds(60)
    with tempfile.TemporaryDirectory() as name:
        made = prepare(Path(name))
        with servers.whole(Path(name), WORKERS) as (port, _pid):
            out = drive(port, reports(port, made["reporters"]), connections=CONNECTIONS, seconds=length, rate=RATE)
    n = len(out.latencies)
    note = (
        f"{RATE:.0f} due per second for {length:.0f} s, {WORKERS} web processes and the worker, {CONNECTIONS} connections, "
        "SQLite WAL FULL, load on the same cores"
    )
    return [
        figure("school burst p50", out.percentile(0.5), "ms", n, note),
        figure("school burst p99", out.percentile(0.99), "ms", n, "at most 200"),
        figure("school burst failed", out.failures, "requests", n, "at most 0"),
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
