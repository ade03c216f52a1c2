"""A county's overview on PostgreSQL while reports arrive: LIANFANG_BENCH_SCHOOLS (500 schools make a million persons),
LIANFANG_BENCH_DAYS of facts, LIANFANG_BENCH_ARRIVING reports per second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

from bench import servers
from bench.county import County
from bench.load import Outcome, drive
from bench.traffic import WORKERS, figure, page, reports, seconds

NAME = "county"
CONNECTIONS = 64
ARRIVING = float(os.environ.get("LIANFANG_BENCH_ARRIVING", "200"))
PAGES_A_SECOND = 2.0


@contextmanager
def county() -> Iterator[tuple[Path, str, str, dict[str, Any], float]]:
    """A server with a county in it: folder, address of the server, of the database, what was made, and the seconds
    that making it took."""
    size = County.from_environment(os.environ)
    with servers.postgres() as server, tempfile.TemporaryDirectory() as name:
        url = servers.make_database(server, "county")
        began = time.perf_counter()
        env = servers.environment(**servers.places(Path(name), url), **size.environment())
        command = [sys.executable, "-m", "bench.county", name]
        made = subprocess.run(command, cwd=servers.ROOT, env=env, check=True, capture_output=True, text=True)
        yield Path(name), server, url, json.loads(made.stdout.splitlines()[-1]), time.perf_counter() - began


def looked_at(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, address and session of each page: the county's own, the CDC's of the same schools, and what lies under it."""
    sessions, school = made["sessions"], made["school"]
    top = f"/overview/{made['bureau']}/"
    return [
        ("county officer: county", top, sessions["officer"]),
        ("CDC: county", top, sessions["cdc"]),
        ("county officer: school", f"/overview/{school}/", sessions["officer"]),
        ("county officer: class (answered by its school)", f"/overview/{made['class']}/", sessions["officer"]),
        ("principal: school", f"/overview/{school}/", sessions["principal"]),
    ]


def measure(folder: Path, url: str, made: dict[str, Any], length: float) -> tuple[Outcome, list[tuple[str, Outcome]]]:
    """Reports on one thread for as long as the pages are looked at on another; each page `length` seconds."""
    pages = looked_at(made)
    arrived: list[Outcome] = []
    with servers.whole(folder, WORKERS, url) as (port, _pid):
        make = reports(port, made["reporters"])
        whole = (length + 2.0) * len(pages) + 2.0

        def arrive() -> None:
            arrived.append(drive(port, make, connections=CONNECTIONS, seconds=whole, warm_up=2.0, rate=ARRIVING))

        thread = threading.Thread(target=arrive)
        thread.start()
        time.sleep(2.0)
        outcomes = []
        for name, path, session in pages:
            message = page(port, path, session)
            out = drive(port, repeat(message).__next__, connections=8, seconds=length, warm_up=2.0, rate=PAGES_A_SECOND)
            outcomes.append((name, out))
        thread.join()
    return arrived[0], outcomes


def run() -> list[dict[str, Any]]:
    with county() as (folder, _server, url, made, took):
        return overview(folder, url, made, took)


def overview(folder: Path, url: str, made: dict[str, Any], took: float) -> list[dict[str, Any]]:
    """The figures of a county that is there."""
    arrived, outcomes = measure(folder, url, made, seconds(20))
    facts = {key: made[key] for key in ("persons", "checks", "marks", "reports", "signed", "entries")}
    size = ", ".join(f"{n} {key}" for key, n in facts.items())
    note = (
        f"{PAGES_A_SECOND:.0f} pages/s while {ARRIVING:.0f} reports/s arrive, {WORKERS} web processes and the worker, "
        f"PostgreSQL on disk, load and database on the same cores; {size}"
    )
    rows = [figure("making the county", took, "s", made["persons"], size)]
    for name, out in outcomes:
        n = len(out.latencies)
        rows.append(figure(f"{name} p50", out.percentile(0.5), "ms", n, note))
        rows.append(figure(f"{name} p95", out.percentile(0.95), "ms", n, "at most 200"))
        rows.append(figure(f"{name} failed", out.failures, "requests", n))
    n = len(arrived.latencies)
    rows.append(
        figure("reports meanwhile p99", arrived.percentile(0.99), "ms", n, f"{arrived.rate:.0f} answered per second")
    )
    rows.append(figure("reports meanwhile failed", arrived.failures, "requests", n))
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
