"""Children of `lianfang up`: started, watched, restarted, and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int, parent: int) -> None:
    """Linux: receive `signum` when the process `parent` ends, even by kill -9. Elsewhere its own clean-up has to do.

    `parent` is the process id known before the fork: one that is gone already sends no signal any more, and who takes
    over its children differs (process 1, or a subreaper; in a container process 1 may be the parent itself).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:
            os.kill(os.getpid(), signum)


def keep_what_is_loaded() -> None:
    """Take what a process loaded at its start out of garbage collection, and collect less often.

    A full collection walks some hundred thousand objects that never die (models, forms, catalogues); under load it came
    so often that it took up to half of the time of a large batch (ADR 0016). Call once, when everything is imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@dataclass
class Child:
    """One process to keep running. `once` children are not restarted."""

    name: str
    command: Sequence[str]
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = field(default=0.0)


class Supervisor:
    """Starts children, restarts those that end, ends all of them when told or when it ends itself."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stopping = False

    def stop(self, *_: object) -> None:
        self.stopping = True

    def start(self, child: Child) -> None:
        child.started = time.monotonic()
        # By force: whoever waits for requests under way could wait for ever, and a parent killed is a crash anyway.
        ends = functools.partial(die_with_parent, signal.SIGKILL, os.getpid())
        child.process = subprocess.Popen(
            child.command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=ends
        )

    def run(self) -> None:
        """Until SIGINT, SIGTERM or SIGHUP; then ends every child (10 s to finish, then by force)."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self.stop)
        try:
            for child in self.children:
                if child.process is None:
                    self.start(child)
            while not self.stopping:
                self._watch()
                time.sleep(0.2)
        finally:
            self.end_all()

    def _watch(self) -> None:
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.next_start and not child.once:
                    self.start(child)
                continue
            code = child.process.poll()
            if code is None:
                continue
            child.process = None
            if child.once:
                if code:
                    self.say(f"{child.name}: ended with {code}")
                continue
            lived = time.monotonic() - child.started
            child.failures = 0 if lived > 30 else child.failures + 1
            child.next_start = time.monotonic() + min(0.2 * 2**child.failures, 20.0)
            self.say(f"{child.name}: ended with {code}, starting it again")

    def end_all(self) -> None:
        running = [c for c in self.children if c.process is not None and c.process.poll() is None]
        for child in running:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + 10
        for child in running:
            assert child.process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.1))
            _signal_group(child, signal.SIGKILL)
            child.process.wait()


def _signal_group(child: Child, signum: int) -> None:
    assert child.process is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signum)
