"""A piece of work in a process of its own that is killed, as by kill -9 or a power cut, when it reaches a step."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from django.db import connections

from lianfang.config.backups.databases import standing_in


def kill_at(step: str) -> Callable[[str], None]:
    """A listener that ends its process by SIGKILL at a step."""

    def told(now_at: str) -> None:
        if now_at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


def in_a_child(work: Callable[[], object]) -> int:
    """Run with a database connection of its own; returns 0, 1 after an exception (printed), or minus the signal."""
    chosen = connections["default"]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # Django keeps connections elsewhere while an event loop runs (a browser test's does, in this thread); after a
            # fork none does, and the connection of the test would be another one.
            connections["default"] = chosen
            with standing_in():
                work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
