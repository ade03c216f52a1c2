"""Storage that fails once, at the k-th call: statements, BEGIN, savepoints and COMMIT of one connection are counted.

Four ways to fail (`WAYS`). Every database: `before` the call was carried out; `after` it was (its answer is lost, which for
COMMIT means: stored, and nobody knows). PostgreSQL only: `cut` closes the connection before the call, `cut_after` after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection

WAYS = {"sqlite": ("before", "after"), "postgresql": ("before", "after", "cut", "cut_after")}
COMMIT = "COMMIT"


class FailingStorage:
    """Context manager on this thread's connection. With `at` None it only counts: `calls` holds the beginning of each."""

    def __init__(self, at: int | None = None, way: str = "before") -> None:
        self.at = at
        self.way = way
        self.calls: list[str] = []
        self.fired = ""
        self._wrapping: Any = None

    def __enter__(self) -> FailingStorage:
        self._wrapping = connection.execute_wrapper(self._execute)
        self._wrapping.__enter__()
        whole = connection._commit  # type: ignore[attr-defined]
        connection._commit = lambda: self._around(COMMIT, whole)  # type: ignore[attr-defined]
        return self

    def __exit__(self, *told: object) -> None:
        del connection._commit  # type: ignore[attr-defined]
        self._wrapping.__exit__(*told)

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("ROLLBACK"):  # who rolls back has failed already; a lost connection rolls back by itself
            return execute(sql, params, many, context)
        return self._around(sql[:60], lambda: execute(sql, params, many, context))

    def _around(self, what: str, call: Callable[[], Any]) -> Any:
        self.calls.append(what)
        if len(self.calls) != self.at:
            return call()
        self.fired = what
        if self.way == "before":
            raise OperationalError("injected: not carried out")
        if self.way == "cut":
            connection.connection.close()
            return call()
        call()
        if self.way == "cut_after":
            connection.connection.close()
        raise OperationalError("injected: carried out, answer lost")
