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
LOOK_EVERY = 5.0

# How many requests a web process takes (ADR 0014; `config.overload` says what they mean).
PLACES = 24  # worked on at once: waiting for a shared commit takes a thread, not a processor
ROOM = 24  # waiting for a place
# The same for submissions on the short way, which need no connection of their own: the more wait for one commit, the less
# each costs (bench `city`).
SHORT_PLACES, SHORT_ROOM = 96, 32
READING = 16  # still sending a large body: each takes a thread as long as it likes
READING_EACH = 8  # of them from one source
# Still sending a report or a form. One school's phones all come at once: whom places and room would take is not refused here.
READING_SMALL_EACH = PLACES + ROOM + SHORT_PLACES + SHORT_ROOM
READING_SMALL = READING_SMALL_EACH + READING
SPARE = 8  # threads that are always left to refuse, and for health and figures
THREADS = PLACES + ROOM + SHORT_PLACES + SHORT_ROOM + READING + READING_SMALL + SPARE
# A connection counts from its first byte until it is closed, idle or not; so there are many, and idle ones end soon.
MOST_CONNECTIONS = 4096
IDLE_MILLISECONDS = 10_000


# Connections to the database beside those of the places: of each web process (writers of shared commits, health, figures),
# and of worker, commands and what a server keeps back.
BESIDE_EACH, BESIDE_ALL = 6, 11
PLACES_SET = "LIANFANG_PLACES"  # from `up` to its web processes


def places_for(workers: int, most_connections: int | None) -> int:
    """Places of each web process when the database allows `most_connections` (None: as many as one likes)."""
    if most_connections is None:
        return PLACES
    return max(4, min(PLACES, (most_connections - BESIDE_ALL) // workers - BESIDE_EACH))


def connections_allowed() -> int:
    """Connections that one web process may hold: as many files as the system lets it open, less those that it needs."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))  # its children inherit it
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(min(MOST_CONNECTIONS, soft - 256), 64)


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

    def __init__(
        self, children: list[Child], say: Callable[[str], None], look: Callable[[], list[str]] | None = None
    ) -> None:
        """`look` is asked every `LOOK_EVERY` seconds which children are to read their files again (SIGHUP)."""
        self.children = children
        self.say = say
        self.look = look
        self.next_look = time.monotonic() + LOOK_EVERY
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
                if self.look is not None and time.monotonic() >= self.next_look:
                    self.read_again(self.look())
                    self.next_look = time.monotonic() + LOOK_EVERY
                time.sleep(0.2)
        finally:
            self.end_all()

    def read_again(self, names: list[str]) -> None:
        """SIGHUP to the children's own processes: granian then replaces its workers one by one, the port stays open."""
        for child in self.children:
            if child.name in names and child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGHUP)

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
