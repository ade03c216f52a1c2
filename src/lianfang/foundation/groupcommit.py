"""Group commit: submissions that arrive together share one durable commit.

Each process has one writing thread per gatherer. While it commits, new submissions queue up; it takes them all as
the next batch. A submission is answered only after its batch is committed. When a batch fails as a whole (lost
connection, full disk) every member gets the error, none is half-written.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections

from lianfang.foundation import measures

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741
MAX_BATCH = 256
# Those answered by one commit come back together: waiting this long lets them share the next one as well.
LINGER_SECONDS = 0.010
PATIENCE = 60.0  # seconds


class _Waiting(Generic[I]):
    """One that waits for its batch. A bare lock: a future costs ten times as much, and there is one for each report."""

    __slots__ = ("done", "item", "result")

    def __init__(self, item: I) -> None:
        self.item = item
        self.done = threading.Lock()
        self.done.acquire()
        self.result: Any = None

    def settle(self, result: Any) -> None:
        self.result = result
        self.done.release()


class Gatherer(Generic[I, O]):
    """`run(items)` must return one result or exception per item, in order, after its commit. `linger`: seconds that a
    batch waits for others after its first item."""

    def __init__(
        self, name: str, run: Callable[[Sequence[I]], Sequence[O | Exception]], linger: float = LINGER_SECONDS
    ) -> None:
        self._name = name
        self._run = run
        self._linger = linger
        self._queue: queue.SimpleQueue[_Waiting[I]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def submit(self, item: I) -> O:
        """Store `item` with whoever else is waiting; returns after the commit. Raises what `run` gave for it, and
        TimeoutError when its turn did not come within a minute."""
        if not settings.GROUP_COMMIT:
            (result,) = self._run([item])
        else:
            if self._thread is None or not self._thread.is_alive():
                self._begin()
            waiting = _Waiting(item)
            self._queue.put(waiting)
            if not waiting.done.acquire(timeout=PATIENCE):
                raise TimeoutError
            result = waiting.result
        if isinstance(result, Exception):
            raise result
        return result

    def _begin(self) -> None:
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name=f"gather-{self._name}", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        while True:
            batch = [self._queue.get()]
            began = time.monotonic()
            deadline = began + self._linger
            while len(batch) < MAX_BATCH:
                try:
                    batch.append(self._queue.get(timeout=max(deadline - time.monotonic(), 0.0)))
                except queue.Empty:
                    break
            taken = time.monotonic()
            self._settle(batch)
            measures.batch_items.labels(self._name).observe(len(batch))
            measures.batch_wait_seconds.labels(self._name).observe(taken - began)
            measures.batch_seconds.labels(self._name).observe(time.monotonic() - taken)

    def _settle(self, batch: list[_Waiting[I]]) -> None:
        try:
            close_old_connections()
            results: Sequence[Any] = self._run([waiting.item for waiting in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{self._name}: {len(results)} results for {len(batch)} items")
        except Exception as error:
            results = [error] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            waiting.settle(result)
