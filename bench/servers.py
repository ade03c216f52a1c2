"""Servers that benchmarks start on free ports and stop again: the plain endpoint, and Lianfang's own web process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "LIANFANG_BACKUP_DIR": "off", **more}


@contextlib.contextmanager
def running(command: Sequence[str], port: int, path: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server until it answers anything on `path`, then the block, then its end."""
    process = subprocess.Popen(
        command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start: {command}") from None
                time.sleep(0.05)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def plain(folder: Path, workers: int) -> Iterator[tuple[int, str]]:
    """The plain endpoint under gunicorn's sync workers on SQLite FULL; yields port and token."""
    env = environment(PLAIN_DB=str(folder / "plain.sqlite3"))
    make = (
        "import bench.plain.site\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', run_syncdb=True, verbosity=0)\n"
        "from django.contrib.auth.models import User\n"
        "from rest_framework.authtoken.models import Token\n"
        "print(Token.objects.create(user=User.objects.create(username='b')).key)\n"
    )
    token = subprocess.run([sys.executable, "-c", make], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    with running([*command, "bench.plain.site:application"], port, "/report", env):
        yield port, token.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def lianfang(folder: Path, workers: int) -> Iterator[int]:
    """Lianfang's web process as `up` starts it, on a data folder that was prepared before; yields the port."""
    from lianfang.config.commands.up import web_command

    port = free_port()
    env = environment(
        LIANFANG_DATA_DIR=str(folder / "data"), LIANFANG_SECRET_DIR=str(folder / "keys"), LIANFANG_GROUP_COMMIT="1"
    )
    with running(web_command("127.0.0.1", port, workers), port, "/healthz", env):
        yield port
