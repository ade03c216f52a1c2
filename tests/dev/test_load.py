"""The load generator counts what a server really answered, and waiting requests wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import drive, request


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/hang-up":
            self.close_connection = True
            return
        time.sleep(0.02 if self.path == "/slow" else 0)
        body = b"x" * 100_000
        self.send_response(503 if self.path == "/busy" else 200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/once":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def get(port: int, path: str) -> bytes:
    return request("GET", path, port, {})


@pytest.mark.parametrize("path", ["/", "/once"])
def test_a_closed_load_counts_every_answer(port: int, path: str) -> None:
    sent = []
    out = drive(port, lambda: sent.append(1) or get(port, path), connections=3, seconds=0.3, warm_up=0.0)  # type: ignore[func-returns-value]
    assert out.statuses == {200: len(sent)}
    assert out.failures == 0
    assert out.received_bytes > 100_000 * len(sent)


def test_what_is_refused_or_cut_off_is_a_failure(port: int) -> None:
    busy = drive(port, lambda: get(port, "/busy"), connections=2, seconds=0.2, warm_up=0.0)
    assert busy.failures == len(busy.latencies) > 0
    cut = drive(port, lambda: get(port, "/hang-up"), connections=2, seconds=0.2, warm_up=0.0)
    assert cut.broken == cut.failures > 0
    assert cut.latencies == []


def test_in_an_open_load_waiting_for_a_connection_counts(port: int) -> None:
    out = drive(port, lambda: get(port, "/slow"), connections=1, seconds=0.5, warm_up=0.0, rate=100)
    assert out.offered == sum(out.statuses.values()) == 50
    # One connection answers at most 50 a second: the last request was due half a second before its turn.
    assert max(out.latencies) > 0.3
