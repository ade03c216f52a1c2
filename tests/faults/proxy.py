"""A bad network on 127.0.0.1: a TCP proxy before the server that cuts, delays and repeats what goes through.

Each connection draws its fate from the seed: `none`, `refuse` (closed before anything was passed on), `cut_request` (after
a part of the request), `lose_answer` (the request arrives, its answer does not), `cut_answer` (a part of it), `delay` (a
pause), `twice` (the request is sent to the server on two connections at once; the first answer is passed on).
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter

FATES = ("refuse", "cut_request", "lose_answer", "cut_answer", "delay", "twice")


class BadNetwork:
    """Runs in a thread of its own. `share` of the connections meet a fate; `met` counts them."""

    def __init__(self, to_port: int, seed: int, share: float = 0.0) -> None:
        self.to_port = to_port
        self.share = share
        self.met: Counter[str] = Counter()
        self.port = 0
        self._chance = random.Random(seed)
        self._tasks: set[asyncio.Task[None] | None] = set()  # the loop itself holds them weakly
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """What is under way comes to its end first, if it does within a few seconds."""
        asyncio.run_coroutine_threadsafe(self._finished(), self._loop).result(timeout=15)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    async def _finished(self) -> None:
        tasks = [task for task in self._tasks if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = "none"
        if self._chance.random() < self.share:
            fate = self._chance.choice(FATES)
            self.met[fate] += 1
        part = self._chance.random()
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._pass(fate, part, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the server is down just now: the client sees a closed connection
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, fate: str, part: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fate == "refuse":
            return
        request = await _message(reader)
        if fate == "delay":
            await asyncio.sleep(0.05 + part)
        if fate == "cut_request":
            _reader, up = await asyncio.open_connection("127.0.0.1", self.to_port)
            up.write(request[: int(part * len(request))])
            await up.drain()
            up.close()
            return
        copies = [asyncio.ensure_future(self._ask(request)) for _ in range(2 if fate == "twice" else 1)]
        done, others = await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        answer = next(iter(done)).result()
        if fate == "cut_answer":
            answer = answer[: int(part * len(answer))]
        if fate != "lose_answer":
            writer.write(answer)
            await writer.drain()
        if others:
            await asyncio.wait(others)
        for copy in copies:
            copy.exception()

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message, made to close its connection: of known length, or an answer that ends with its connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
    chunked = any(line.lower().startswith(b"transfer-encoding:") for line in lines)
    body = await reader.read() if chunked else await reader.readexactly(sum(lengths))
    kept = [line for line in lines[:-2] if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body
