"""A teacher's morning: bytes and server time of opening and confirming a class of 45, class checks per second, idle memory."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import servers
from bench.bench_reports import TERMS
from bench.load import drive
from bench.traffic import WORKERS, figure, page, prepare
from lianfang.kernel.clock import SystemClock, local_date

NAME = "morning"
RATE = 20
SECONDS = 15.0
SESSIONS = ("morning", "noon", "evening", *(f"lesson-{n}" for n in range(1, 10)))


def bytes_of_a_morning(port: int, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Bytes over the network, as the browser counts them, for opening the roll and confirming it: cold and warm."""
    from playwright.sync_api import sync_playwright

    from dev.browser import installed

    url = f"http://127.0.0.1:{port}"
    quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
    totals = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=quiet)
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, service_workers="block"
        )
        context.add_cookies([{"name": "sessionid", "value": made["session"], "url": url}])
        for _visit in ("cold", "warm"):
            page = context.new_page()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            received = [0]

            def count(event: dict[str, Any], received: list[int] = received) -> None:
                received[0] += int(event["encodedDataLength"])

            wire.on("Network.loadingFinished", count)
            page.goto(f"{url}/daily/roll/{made['class1']}/morning/", wait_until="networkidle")
            totals.append(received[0])
            page.close()
        context.close()
        browser.close()
    cold, warm = totals
    return [
        figure(
            "open the roll of 45, nothing cached", cold / 1024, "KiB", 1, "page and all assets, compressed; at most 300"
        ),
        figure("open the roll of 45, assets cached", warm / 1024, "KiB", 1, "at most 60"),
    ]


def server_time(port: int, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Latency of the roll page at a steady 20 requests a second."""
    message = page(port, f"/daily/roll/{made['class1']}/morning/", made["session"])
    connections = 10
    out = drive(port, lambda: message, connections=connections, seconds=SECONDS, rate=RATE)
    note = f"{RATE} requests/s offered, {WORKERS} web processes, load on the same cores; at most 50"
    return [
        figure("roll page p50", out.percentile(0.5), "ms", len(out.latencies), note),
        figure("roll page p95", out.percentile(0.95), "ms", len(out.latencies), note),
        figure("roll page failed", out.failures, "requests", len(out.latencies)),
    ]


class Chains:
    """Checks with three exceptions each: every connection keeps one roll and corrects it again and again."""

    def __init__(self, port: int, made: dict[str, Any], day: str) -> None:
        self.port, self.made, self.day = port, made, day
        self.saved = 0
        self.failed = 0
        self.lock = threading.Lock()

    def run(self, session: str, until: float) -> None:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.made['teacher_token']}", "Content-Type": "application/json"}
        last: int | None = None
        pupils = itertools.cycle(self.made["pupils"])
        while time.perf_counter() < until:
            marks: list[dict[str, Any]] = [
                {"person_id": next(pupils), "presence": "absent", "cause": "illness", "symptoms": ["fever", "cough"]},
                {"person_id": next(pupils), "presence": "late"},
                {"person_id": next(pupils), "presence": "present", "symptoms": ["cough"]},
            ]
            body = {
                "client_id": str(uuid.uuid4()),
                "unit_id": self.made["class1"],
                "day": self.day,
                "session": session,
                "marks": marks,
                "corrects": last,
                "reason": "again" if last else "",
            }
            connection.request("POST", "/api/daily/checks", json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            with self.lock:
                if answer.status == 200:
                    last = int(json.loads(content)["id"])
                    self.saved += 1
                else:
                    self.failed += 1


def checks(port: int, made: dict[str, Any]) -> list[dict[str, Any]]:
    day = local_date(SystemClock().now()).isoformat()
    chains = Chains(port, made, day)
    seconds = 8.0
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=chains.run, args=(session, until)) for session in SESSIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = chains.saved / seconds
    rows = "check, 3 marks, journal entry, payload, receipt: 7 rows written and 1 replaced each"
    return [
        figure(
            "class checks with 3 exceptions", rate, "checks/s", chains.saved, f"{len(SESSIONS)} connections; {TERMS}"
        ),
        figure("rows written by class checks", rate * 7, "rows/s", chains.saved * 7, rows),
        figure("class checks failed", chains.failed, "requests", chains.saved),
    ]


@contextmanager
def empty_tree(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    port = servers.free_port()
    env = servers.environment(LIANFANG_DATA_DIR=str(folder / "data"), LIANFANG_SECRET_DIR=str(folder / "keys"))
    command = [sys.executable, "-m", "lianfang", "up", "--empty", "--port", str(port), "--workers", str(WORKERS)]
    with servers.running(command, port, "/healthz", env) as process:
        yield process


def memory() -> list[dict[str, Any]]:
    """PSS of the whole process tree, idle."""
    import psutil

    with tempfile.TemporaryDirectory() as name, empty_tree(Path(name)) as process:
        time.sleep(5)
        top = psutil.Process(process.pid)
        members = [top, *top.children(recursive=True)]
        total = sum(getattr(p.memory_full_info(), "pss", p.memory_info().rss) for p in members)
    return [
        figure(
            "idle memory (PSS)", total / 2**20, "MiB", len(members), f"whole tree, {WORKERS} web processes; at most 400"
        )
    ]


def run() -> list[dict[str, Any]]:
    """All of it on one prepared data folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder, 4)
        with servers.lianfang(folder, WORKERS) as (port, _pid):
            rows = bytes_of_a_morning(port, made) + server_time(port, made) + checks(port, made)
    return rows + memory()


if __name__ == "__main__":
    for row in run():
        print(row)
