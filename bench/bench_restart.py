"""From the start of `up` to a page that answers, with many facts on PostgreSQL (LIANFANG_BENCH_FACTS, ten million), after an
orderly stop and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from bench import servers
from bench.bench_county import county
from bench.traffic import WORKERS, figure

NAME = "restart"
ROUNDS = 3
PATIENCE = 120.0
FACTS = "10000000"


def _until(address: str, began: float, cookie: str = "") -> float:
    """Seconds from `began` until the address answers 200 itself (a redirection to sign-in does not count)."""
    asked = urllib.request.Request(address, headers={"Cookie": cookie} if cookie else {})
    while time.perf_counter() - began < PATIENCE:
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                if answer.status == 200 and answer.url == address:
                    return time.perf_counter() - began
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.02)
    raise RuntimeError(f"{address} did not answer within {PATIENCE:.0f} s")


def start(folder: Path, url: str, pages: list[str], session: str, kill: bool) -> list[float]:
    """Start everything once; seconds to /healthz and to each signed-in page, then stop or kill the whole tree."""
    port = servers.free_port()
    env = servers.environment(LIANFANG_GROUP_COMMIT="1", **servers.places(folder, url))
    command = [sys.executable, "-m", "lianfang", "up", "--empty", "--port", str(port), "--workers", str(WORKERS)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, cwd=servers.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        found = [_until(f"http://127.0.0.1:{port}/healthz", began)]
        found += [_until(f"http://127.0.0.1:{port}{path}", began, f"sessionid={session}") for path in pages]
        time.sleep(3.0)  # the worker is in the middle of catching up
    finally:
        os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        process.wait(timeout=30)
    return found


def run() -> list[dict[str, Any]]:
    os.environ.setdefault("LIANFANG_BENCH_FACTS", FACTS)
    with county() as (folder, _server, url, made, took):
        return restarts(folder, url, made, took)


def restarts(folder: Path, url: str, made: dict[str, Any], took: float) -> list[dict[str, Any]]:
    """The figures of a county that is there."""
    pages = ["/", f"/overview/{made['bureau']}/"]
    session = made["sessions"]["officer"]
    start(folder, url, pages, session, kill=False)  # the first start makes the day's duties
    stopped = [start(folder, url, pages, session, kill=False) for _ in range(ROUNDS)]
    start(folder, url, pages, session, kill=True)
    killed = [start(folder, url, pages, session, kill=True) for _ in range(ROUNDS)]
    facts = made["checks"] + made["marks"] + made["reports"]
    note = f"{facts} facts of {made['persons']} persons, {made['entries']} journal entries, made in {took:.0f} s; at most 10"
    rows = []
    names = ("/healthz", "Today, signed in", "county overview, signed in")
    for index, name in enumerate(names):
        rows.append(figure(f"restart to {name}", max(r[index] for r in stopped), "s", ROUNDS, f"slowest; {note}"))
        rows.append(figure(f"restart after a kill to {name}", max(r[index] for r in killed), "s", ROUNDS, "slowest"))
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
