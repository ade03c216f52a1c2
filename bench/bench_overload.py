"""A quiet school beside one that sends seven times its share: latency with and without, what was refused, how long until all
is as before; and what the door and the line of each request cost."""

from __future__ import annotations

import io
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Outcome, drive
from bench.traffic import WORKERS, figure, prepare, reports

NAME = "overload"
TIMES = 7
SHARE = 24  # connections that send as soon as they got an answer fill one process
QUIET_CONNECTIONS, QUIET_RATE = 6, 20.0
SECONDS = 12.0
TERMS = f"{WORKERS} web processes, SQLite WAL FULL, load on the same cores"


def quiet(port: int, made: dict[str, Any], seconds: float) -> Outcome:
    """The quiet school's reports at a steady rate."""
    make = reports(port, made["elsewhere"])
    return drive(port, make, connections=QUIET_CONNECTIONS, seconds=seconds, warm_up=1.0, rate=QUIET_RATE)


class Flood(threading.Thread):
    """The other school: connections that never pause and do not listen to Retry-After."""

    def __init__(self, port: int, made: dict[str, Any], connections: int, seconds: float) -> None:
        super().__init__()
        self.arguments = (port, made, connections, seconds)
        self.outcome = Outcome()

    def run(self) -> None:
        port, made, connections, seconds = self.arguments
        self.outcome = drive(
            port, reports(port, made["reporters"]), connections=connections, seconds=seconds, warm_up=0.5
        )


def recovery(port: int, made: dict[str, Any], ordinary: float) -> float:
    """Seconds until ten answers one after the other take no longer than `ordinary` (milliseconds)."""
    began = time.perf_counter()
    make = reports(port, made["elsewhere"])
    while time.perf_counter() - began < 30:
        out = drive(port, make, connections=1, seconds=0.2, warm_up=0.0)
        if out.latencies and not out.failures and out.percentile(1.0) <= ordinary:
            return time.perf_counter() - began - 0.2
    return float("nan")


def costs(folder: Path) -> list[dict[str, Any]]:
    """Microseconds that the door and the line of a request add, measured around an application that does nothing."""
    import os

    os.environ["LIANFANG_DATA_DIR"], os.environ["LIANFANG_SECRET_DIR"] = str(folder / "data"), str(folder / "keys")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lianfang.config.settings"
    os.environ["LIANFANG_LOG_FORMAT"] = "json"
    from lianfang.config.environment import count_together

    count_together(folder / "data")
    import django

    django.setup()
    import logging

    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.urls import ResolverMatch

    from lianfang.config.overload import Overload
    from lianfang.config.requests import Requests
    from lianfang.foundation.sources import named_token

    rounds = 20_000
    token = f"Bearer {named_token(3, 'x' * 43)}"
    environ = {"PATH_INFO": "/api/x", "HTTP_AUTHORIZATION": token, "REMOTE_ADDR": "127.0.0.1"}
    door = Overload(lambda environ, start: [])
    plain = _each(lambda: door.app(environ, print), rounds)
    through = _each(lambda: door(environ, print), rounds)
    ask: Any = RequestFactory().get("/api/daily/x", headers={"authorization": token})
    ask.resolver_match = ResolverMatch(print, (), {}, route="api/daily/x")
    ask.request_id = uuid.uuid4().hex
    answer = HttpResponse()
    with io.StringIO() as nowhere:
        handler = logging.getLogger().handlers[0]
        before, handler.stream = handler.stream, nowhere  # type: ignore[attr-defined]
        line = _each(lambda: Requests(lambda request: answer)(ask), rounds)
        handler.stream = before  # type: ignore[attr-defined]
    return [
        figure("door", through - plain, "µs/request", rounds, "one thread; place, connection, figures"),
        figure("line and figures", line, "µs/request", rounds, "one thread; JSON, without writing it"),
    ]


def _each(call: Any, rounds: int) -> float:
    call()
    began = time.perf_counter()
    for _ in range(rounds):
        call()
    return 1e6 * (time.perf_counter() - began) / rounds


def run() -> list[dict[str, Any]]:
    """The quiet school alone, then while the other floods, then afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder)
        with servers.lianfang(folder, WORKERS) as (port, _pid):
            alone = quiet(port, made, SECONDS)
            flood = Flood(port, made, TIMES * SHARE, SECONDS + 3)
            flood.start()
            beside = quiet(port, made, SECONDS)
            flood.join()
            again = recovery(port, made, max(alone.percentile(0.99), 20.0))
        rows = costs(folder)
    note = f"{QUIET_RATE:.0f} reports/s offered by another school; {TERMS}"
    out = flood.outcome
    refused = out.statuses.get(429, 0) + out.statuses.get(503, 0)
    sent = len(out.latencies)
    return [
        figure("quiet school alone p50", alone.percentile(0.5), "ms", len(alone.latencies), note),
        figure("quiet school alone p99", alone.percentile(0.99), "ms", len(alone.latencies)),
        figure(
            "quiet school beside the flood p50",
            beside.percentile(0.5),
            "ms",
            len(beside.latencies),
            f"{TIMES} × {SHARE} connections that never pause",
        ),
        figure("quiet school beside the flood p99", beside.percentile(0.99), "ms", len(beside.latencies)),
        figure("quiet school refused or failed", beside.failures, "requests", len(beside.latencies)),
        figure("flooding school stored", out.rate, "requests/s", sent),
        figure(
            "flooding school refused",
            100 * refused / max(sent, 1),
            "%",
            sent,
            f"429: {out.statuses.get(429, 0)}, 503: {out.statuses.get(503, 0)}",
        ),
        figure("flooding school broken or other", out.failures - refused, "requests", sent),
        figure("recovery", again, "s", 1, "until ten answers in a row are as quick as alone"),
        *rows,
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
