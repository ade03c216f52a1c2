"""A whole running installation that is killed at random moments: `lianfang up` as a process tree on a port of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _runs(process: psutil.Process) -> bool:
    """Still at work: one that ended and was not yet collected (process 1 of a container may never do it) is not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class Tree:
    """`up` and its children. `kill` ends one of them, or all, with SIGKILL."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "LIANFANG_DATA_DIR": str(folder / "data"),
            "LIANFANG_SECRET_DIR": str(folder / "keys"),
            "LIANFANG_DATABASE_URL": database_url,
            "LIANFANG_GROUP_COMMIT": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start, and wait until a page answers."""
        command = [sys.executable, "-m", "lianfang", "up", "--empty", "--port", str(self.port), "--workers", "2"]
        log = (self.folder / "up.log").open("ab")
        self.process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.starts += 1
        self.wait_ready()

    def wait_ready(self, seconds: float = 120) -> float:
        """Seconds until `/healthz` answers 200. Raises TimeoutError with the log."""
        # Plain http; without `verify=False` each try would read all root certificates, which takes half a core.
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", timeout=2, verify=False).status_code == 200:
                    return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError((self.folder / "up.log").read_text(errors="replace")[-3000:])

    def members(self) -> list[psutil.Process]:
        """All living processes of the tree, the parent first."""
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        return []

    def kill(self, what: str, chance: random.Random) -> str:
        """SIGKILL one process: "web" (granian's own), "web worker" (one that answers), "worker" or the "tree" (its parent).
        Returns what was hit, "" when there is none just now."""
        members = self.members()
        chosen = members[:1] if what == "tree" else [p for p in members[1:] if self._role(p) == what]
        if not chosen:
            return ""
        victim = chance.choice(chosen)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)
        if what == "tree":
            assert self.process is not None
            self.process.wait()
            self._wait_gone(members[1:])
        return what

    def limit_files(self, most: int | None) -> int:
        """No file of web and worker may grow beyond `most` bytes, as on a full disk (EFBIG); None lifts it. How many processes."""
        limit = psutil.RLIM_INFINITY if most is None else most
        hit = 0
        for process in self.members()[1:]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.rlimit(psutil.RLIMIT_FSIZE, (limit, psutil.RLIM_INFINITY))
                hit += 1
        return hit

    @staticmethod
    def _role(process: psutil.Process) -> str:
        with contextlib.suppress(psutil.NoSuchProcess):
            if "lianfang worker" in " ".join(process.cmdline()):
                return "worker"
            parent = process.parent()
            if parent is not None and "granian" in " ".join(parent.cmdline()):
                return "web worker"
            if "granian" in " ".join(process.cmdline()):
                return "web"
        return ""

    @staticmethod
    def _wait_gone(processes: list[psutil.Process]) -> None:
        """Children end when their parent is killed; those that do not within 15 s are a fault."""
        until = time.monotonic() + 15
        while (alive := [p for p in processes if _runs(p)]) and time.monotonic() < until:
            time.sleep(0.05)
        names = []
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                names.append(" ".join(process.cmdline()))
                process.kill()
        assert not names, f"still running after their parent was killed: {names}"

    def stop(self) -> None:
        """End like Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        for process in self.members():
            process.kill()
