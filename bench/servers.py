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

import psutil
import psycopg

from dev.postgres import EmbeddedPostgres

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
        deadline = time.monotonic() + 180
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


class Processor:
    """Processor seconds (user and system) that a process tree uses, from now on; of the members that live until asked."""

    def __init__(self, *tops: int) -> None:
        self.tops = tops
        self._before = self._used()

    def _used(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for pid in self.tops:
            top = psutil.Process(pid)
            for member in (top, *top.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = member.cpu_times()
                    found[member.pid] = times.user + times.system
        return found

    def seconds(self) -> float:
        return sum(used - self._before.get(pid, 0.0) for pid, used in self._used().items())


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL with production's durability on the disk of the temporary folder; yields its address."""
    with EmbeddedPostgres(durable=True) as server:
        yield server.url


def make_database(server: str, name: str) -> str:
    """An empty database beside the others of the server; returns its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")


def postmaster(server: str) -> int:
    """Process id of the server (of this machine), for `Processor`."""
    with psycopg.connect(server) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return int((Path(row[0]) / "postmaster.pid").read_text().split()[0])


@contextlib.contextmanager
def plain(folder: Path, workers: int, url: str = "") -> Iterator[tuple[int, str, int]]:
    """The plain endpoint under gunicorn's sync workers, on SQLite FULL or at `url`; yields port, token and process id."""
    env = environment(PLAIN_DB=str(folder / "plain.sqlite3"), PLAIN_DATABASE_URL=url)
    make = (
        "import bench.plain.site\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', run_syncdb=True, verbosity=0)\n"
        "from django.contrib.auth.models import User\n"
        "from rest_framework.authtoken.models import Token\n"
        "print(Token.objects.get_or_create(user=User.objects.get_or_create(username='b')[0])[0].key)\n"
    )
    token = subprocess.run([sys.executable, "-c", make], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    with running([*command, "bench.plain.site:application"], port, "/report", env) as process:
        yield port, token.stdout.strip().splitlines()[-1], process.pid


@contextlib.contextmanager
def lianfang(folder: Path, workers: int, url: str = "") -> Iterator[tuple[int, int]]:
    """Lianfang's web process as `up` starts it, on what was prepared before; yields port and process id."""
    from lianfang.config.commands.up import web_command

    port = free_port()
    env = environment(LIANFANG_GROUP_COMMIT="1", **places(folder, url))
    with running(web_command("127.0.0.1", port, workers), port, "/healthz", env) as process:
        yield port, process.pid


@contextlib.contextmanager
def whole(folder: Path, workers: int, url: str = "") -> Iterator[tuple[int, int]]:
    """Everything that `up` starts, with the worker that seals and reads the journal; yields port and process id."""
    port = free_port()
    env = environment(LIANFANG_GROUP_COMMIT="1", **places(folder, url))
    command = [sys.executable, "-m", "lianfang", "up", "--empty", "--port", str(port), "--workers", str(workers)]
    with running(command, port, "/healthz", env) as process:
        yield port, process.pid


def places(folder: Path, url: str = "") -> dict[str, str]:
    """Where Lianfang keeps things, as environment."""
    found = {"LIANFANG_DATA_DIR": str(folder / "data"), "LIANFANG_SECRET_DIR": str(folder / "keys")}
    return {**found, "LIANFANG_DATABASE_URL": url} if url else found
