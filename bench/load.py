"""A cheap HTTP/1.1 load generator: one thread, raw sockets and epoll, keep-alive connections.

It shares the cores with the server it measures, so it does as little as it can (about 25 µs of processor per request);
callers hand it requests that are ready as bytes. Two ways of loading:

- closed (`rate` None): each connection sends as soon as it got its answer: what the server can do at most;
- open (`rate`): requests are due at fixed instants whatever the server does, and latency counts from the instant a
  request was due, so that a stalled server does not hide the requests that waited for it.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What a run measured; `latencies` in seconds, answered requests only. `offered`: requests that were due."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    received_bytes: int = 0
    offered: int = 0

    @property
    def rate(self) -> float:
        """Requests answered with 2xx per second."""
        return sum(n for s, n in self.statuses.items() if 200 <= s < 300) / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in milliseconds below which `share` of the answers lie."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")

    @property
    def failures(self) -> int:
        return self.broken + sum(n for s, n in self.statuses.items() if not 200 <= s < 300)


def request(method: str, path: str, port: int, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _whole(data: bytes) -> tuple[int, bool] | None:
    """Status and whether the server keeps the connection, once the answer is complete; None before."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    at = head.find(b"content-length:")
    if at >= 0:
        stop = head.find(b"\r\n", at)
        length = int(head[at + 15 : stop if stop >= 0 else end])
        if len(data) < end + 4 + length:
            return None
    elif b"transfer-encoding: chunked" in head and not data.endswith(b"0\r\n\r\n"):
        return None
    return int(head[9:12]), b"connection: close" not in head


class _Connection:
    __slots__ = ("began", "busy", "data", "socket")

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.data = b""
        self.began = 0.0
        self.busy = False


class _Run:
    """One run. An answer is counted when its request began (was due) after the warm-up."""

    def __init__(self, port: int, make: Callable[[], bytes], connections: int, warm: float, out: Outcome) -> None:
        self.port, self.make, self.warm, self.out = port, make, warm, out
        self.poll = select.epoll()
        self.by_number: dict[int, _Connection] = {}
        self.free = deque(_Connection() for _ in range(connections))
        self.under_way = 0

    def send(self, connection: _Connection, began: float) -> None:
        message = self.make()
        connection.began, connection.data, connection.busy = began, b"", True
        self.under_way += 1
        try:
            if connection.socket is None:
                connection.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.socket.setblocking(False)
                self.poll.register(connection.socket.fileno(), select.EPOLLIN)
                self.by_number[connection.socket.fileno()] = connection
            connection.socket.sendall(message)  # far below a socket's buffer
        except OSError:
            self._broke(connection)

    def _broke(self, connection: _Connection) -> None:
        if connection.began >= self.warm:
            self.out.broken += 1
        self._close(connection)
        self._over(connection)

    def _close(self, connection: _Connection) -> None:
        if connection.socket is not None:
            number = connection.socket.fileno()
            if self.by_number.pop(number, None) is not None:
                self.poll.unregister(number)
            connection.socket.close()
            connection.socket = None

    def _over(self, connection: _Connection) -> None:
        connection.busy = False
        self.under_way -= 1
        self.free.append(connection)

    def wait(self, seconds: float) -> None:
        """Take the answers that came within `seconds`."""
        for number, _event in self.poll.poll(max(seconds, 0.0)):
            connection = self.by_number.get(number)
            if connection is not None and connection.socket is not None:
                self._read(connection, connection.socket)

    def _read(self, connection: _Connection, source: socket.socket) -> None:
        try:
            data = source.recv(262_144)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
                return
            data = b""
        if not data:
            if connection.busy:
                self._broke(connection)
            else:
                self._close(connection)  # the server ended a connection that nobody used
            return
        connection.data = connection.data + data if connection.data else data
        answer = _whole(connection.data)
        if answer is None:
            return
        status, kept = answer
        if connection.began >= self.warm:
            out = self.out
            out.latencies.append(time.perf_counter() - connection.began)
            out.statuses[status] = out.statuses.get(status, 0) + 1
            out.received_bytes += len(connection.data)
        if not kept:
            self._close(connection)
        self._over(connection)

    def end(self, patience: float) -> None:
        """Wait for what is under way; what is not answered by then is broken."""
        until = time.perf_counter() + patience
        while self.under_way and time.perf_counter() < until:
            self.wait(0.1)
        self.out.broken += self.under_way
        for connection in list(self.by_number.values()):
            self._close(connection)
        self.poll.close()


def drive(
    port: int,
    make: Callable[[], bytes],
    *,
    connections: int,
    seconds: float,
    warm_up: float = 2.0,
    rate: float | None = None,
) -> Outcome:
    """Send what `make` makes for `seconds` after `warm_up`: closed, or open with `rate` requests due per second.

    In the open way a request that finds no free connection waits for one, and its waiting counts.
    """
    out = Outcome(seconds=seconds)
    begin = time.perf_counter()
    warm, until = begin + warm_up, begin + warm_up + seconds
    run = _Run(port, make, connections, warm, out)
    if rate is None:
        while (now := time.perf_counter()) < until:
            while run.free and now < until:
                run.send(run.free.popleft(), now)
            run.wait(0.05)
    else:
        count = 0
        total = int((warm_up + seconds) * rate)
        while count < total:
            now = time.perf_counter()
            while count < total and run.free and begin + count / rate <= now:
                run.send(run.free.popleft(), begin + count / rate)
                count += 1
            run.wait(begin + count / rate - now if run.free and count < total else 0.05)
        out.offered = int(seconds * rate)
    run.end(60.0)
    return out
