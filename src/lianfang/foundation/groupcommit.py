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
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections

from lianfang.foundation import measures

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741
MAX_BATCH = 256
# Those answered by one commit come back together: waiting this long lets them share the next one as well.
LINGER_SECONDS = 0.010


class Gatherer(Generic[I, O]):
    """`run(items)` must return one result or exception per item, in order, after its commit. `linger`: seconds that a
    batch waits for others after its first item."""

    def __init__(
        self, name: str, run: Callable[[Sequence[I]], Sequence[O | Exception]], linger: float = LINGER_SECONDS
    ) -> None:
        self._name = name
        self._run = run
        self._linger = linger
        self._queue: queue.SimpleQueue[tuple[I, Future[O]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def submit(self, item: I) -> O:
        """Store `item` with whoever else is waiting; returns after the commit. Raises what `run` gave for it."""
        if not settings.GROUP_COMMIT:
            (result,) = self._run([item])
            if isinstance(result, Exception):
                raise result
            return result
        if self._thread is None or not self._thread.is_alive():
            self._begin()
        future: Future[O] = Future()
        self._queue.put((item, future))
        return future.result(timeout=60)

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

    def _settle(self, batch: list[tuple[I, Future[O]]]) -> None:
        try:
            close_old_connections()
            results: Sequence[Any] = self._run([item for item, _ in batch])
        except Exception as error:
            for _item, future in batch:
                future.set_exception(error)
            return
        for (_item, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
