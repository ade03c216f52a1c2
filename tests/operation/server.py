"""A web process as `up` starts it, on a data folder of its own, with what it writes to stderr."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lianfang.config.commands.up import web_command
from tests.faults.tree import ROOT, free_port


@dataclass
class Server:
    """`url` of the running process; `log()` is what it wrote so far."""

    url: str
    port: int
    folder: Path
    made: dict[str, Any] = field(default_factory=dict)

    def log(self) -> str:
        return (self.folder / "web.log").read_text(encoding="utf-8", errors="replace")


def environment(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """What `up` would set."""
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "LIANFANG_DATA_DIR": str(folder / "data"),
        "LIANFANG_SECRET_DIR": str(folder / "keys"),
        "LIANFANG_DATABASE_URL": database_url,
        "LIANFANG_GROUP_COMMIT": "1",
        "LIANFANG_LOG_FORMAT": "json",
        **more,
    }


@contextlib.contextmanager
def serving(folder: Path, database_url: str, workers: int = 1, **more: str) -> Iterator[Server]:
    """The process until it answers, then the block, then its end."""
    port = free_port()
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            web_command("127.0.0.1", port, workers),
            env=environment(folder, database_url, **more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", port, folder)
    try:
        _wait(server, process)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{server.url}/healthz", timeout=2, verify=False).status_code == 200:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise TimeoutError(server.log()[-3000:])
