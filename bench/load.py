"""A small HTTP/1.1 load generator on asyncio streams: keep-alive connections that each send as soon as they got an answer.

It shares the cores with the server it measures, and says so in every figure's note.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What a run measured; `latencies` in seconds, answered requests only."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    received_bytes: int = 0

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


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int, bool]:
    """Status, bytes, and whether the server keeps the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    kept = b"connection: close" not in lower
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 : lower.index(b"\r\n", at)])
        await reader.readexactly(length)
        return status, len(head) + length, kept
    total = len(head)
    if b"transfer-encoding: chunked" in lower:
        while True:
            size = int((await reader.readline()).strip() or b"0", 16)
            await reader.readexactly(size + 2)
            total += size + 2
            if size == 0:
                return status, total, kept
    return status, total, kept


async def _connection(
    port: int, make: Callable[[], bytes], until: float, warm: float, out: Outcome, pause: float, delay: float
) -> None:
    reader = writer = None
    await asyncio.sleep(delay)
    while time.perf_counter() < until:
        if writer is None or reader is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        message = make()
        began = time.perf_counter()
        try:
            writer.write(message)
            status, size, kept = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            out.broken += 1
            writer = None
            continue
        ended = time.perf_counter()
        if not kept:
            writer.close()
            writer = None
        if began >= warm:
            out.latencies.append(ended - began)
            out.statuses[status] = out.statuses.get(status, 0) + 1
            out.received_bytes += size
        if pause:
            await asyncio.sleep(max(0.0, pause - (ended - began)))
    if writer is not None:
        writer.close()


def drive(
    port: int, make: Callable[[], bytes], *, connections: int, seconds: float, warm_up: float = 2.0, pause: float = 0.0
) -> Outcome:
    """Send what `make` makes over `connections` connections; with `pause` each connection begins a request at most every
    so many seconds (a fixed offered rate of connections / pause)."""
    out = Outcome(seconds=seconds)

    async def everything() -> None:
        begin = time.perf_counter()
        warm = begin + warm_up
        tasks = [
            _connection(port, make, warm + seconds, warm, out, pause, pause * number / connections)
            for number in range(connections)
        ]
        await asyncio.gather(*tasks)

    asyncio.run(everything())
    return out
