"""The bad network does to a request what it says, and nothing to the others."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.faults import proxy
from tests.faults.proxy import FATES, BadNetwork


class Counting(http.server.BaseHTTPRequestHandler):
    bodies: list[bytes] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"taken")

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    Counting.bodies.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


# What the client sees, and how often the request reached the server.
SEEN = {
    "refuse": ("", 0),
    "cut_request": ("", 0),
    "lose_answer": ("", 1),
    "cut_answer": ("", 1),
    "delay": ("taken", 1),
    "twice": ("taken", 2),
    "none": ("taken", 1),
}


@pytest.mark.parametrize("fate", ["none", *FATES])
def test_each_fate(server: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, fate: str) -> None:
    monkeypatch.setattr(proxy, "FATES", (fate,))
    network = BadNetwork(server.server_address[1], seed=3, share=0.0 if fate == "none" else 1.0)
    network.start()
    try:
        try:
            seen = httpx.post(f"{network.url}/x", content=b"a body of some length", timeout=10).text
        except httpx.HTTPError:
            seen = ""
    finally:
        network.stop()
    whole = [body for body in Counting.bodies if body == b"a body of some length"]
    assert (seen, len(whole)) == SEEN[fate]
    assert network.met.total() == (0 if fate == "none" else 1)
