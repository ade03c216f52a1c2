"""One installation under load and the faults that are done to it: shared by the suite's short run and the soak.

Everything random comes from one seed; which requests meet a fault also depends on how fast the machine is, so a seed
replays the plan, not every interleaving.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dev.postgres import EmbeddedPostgres
from lianfang.kernel.clock import SystemClock
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.proxy import BadNetwork
from tests.faults.tree import ROOT, Tree
from tests.patterns import give_static, give_tables

# The installation's clock stands on a school morning and runs on through every restart.
MORNING = datetime(2026, 9, 14, 23, 40, tzinfo=UTC)
VICTIMS = {"web worker": 50, "worker": 36, "tree": 8, "web": 6}
LOCK_LIMIT = 30.0
FINDINGS = ("lost", "doubled", "half", "unfinished", "late", "chain")


@dataclass
class Row:
    """What a fault did: `points` times, so many acknowledged meanwhile, what the checker found, how long until the next
    acknowledgement each time (seconds)."""

    fault: str
    points: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0
    busy: int = 0
    recoveries: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.half or self.words)

    def line(self) -> str:
        median = f"{statistics.median(self.recoveries):8.2f}" if self.recoveries else "       –"
        worst = f"{max(self.recoveries):8.2f}" if self.recoveries else "       –"
        counts = f"{self.points:7} {self.acknowledged:8} {self.lost:5} {self.doubled:8} {self.half:9} {self.busy:6}"
        return f"{self.fault:<44} {counts} {median} {worst}  {'ok' if self.good else 'FAILED'}"


HEAD = f"{'fault':<44}  points    acked  lost  doubled  half-wr.    503   median      max (s until the next acknowledgement)"


class Installation:
    """`lianfang up` on a database of its own, with its cast; `run` puts load on it while a fault is done.

    `pattern`: tables and static files are copied from those of the test run instead of being made."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        database_url: str = "",
        postgres: EmbeddedPostgres | None = None,
        *,
        pattern: bool = False,
    ) -> None:
        self.folder, self.seed, self.postgres = folder, seed, postgres
        self.sqlite = folder / "bench.sqlite3"
        self.tree = Tree(folder, database_url or f"sqlite://{self.sqlite}")
        self.network = BadNetwork(self.tree.port, seed)
        self.ledgers: list[Path] = []
        self.memory: dict[Any, int] = {}
        self.set_clock(MORNING - SystemClock().now())
        if pattern:
            give_static(folder / "data", self.tree.environment)
            if not database_url:
                give_tables(self.sqlite)
        made = self._python("tests.faults.prepare")
        self.cast = json.loads(made.splitlines()[-1])

    def set_clock(self, offset: timedelta) -> None:
        """How far the server's clock is from this machine's, from its next start on."""
        self.offset = offset
        self.tree.environment["LIANFANG_CLOCK_OFFSET"] = str(offset.total_seconds())

    @contextlib.contextmanager
    def running(self) -> Iterator[Installation]:
        self.network.start()
        try:
            self.tree.start()
            yield self
        finally:
            self.tree.stop()
            self.network.stop()

    def run(
        self, name: str, do: Callable[[Installation, Load, random.Random, Row], None], *, bad_network: float = 0.0
    ) -> Row:
        """Load, the fault, and what the checker says of everything acknowledged since the beginning."""
        row = Row(name)
        path = self.folder / f"ledger{len(self.ledgers)}.jsonl"
        self.ledgers.append(path)
        ledger = Ledger(path)
        self.network.share = bad_network
        load = Load(self.network.url, self.cast, ledger, f"{self.seed}:{name}", self.offset, self.memory)
        load.start()
        try:
            load.await_acks(20)
            do(self, load, random.Random(f"{self.seed}:{name}"), row)
            load.await_acks(20)
        finally:
            self.network.share = 0.0
            load.finish()
            ledger.close()
        row.acknowledged, row.busy = len(load.acks), load.counts["503"]
        for what in ("other 5xx", "refused unexpectedly", "clients that failed"):
            if load.counts[what]:
                row.words.append(f"{what}: {load.counts[what]}, first {load.strange[0]}")
        self._judge(row)
        return row

    def _judge(self, row: Row) -> None:
        said = json.loads(self._python("tests.faults.checker", *map(str, self.ledgers)).splitlines()[-1])
        row.lost, row.doubled, row.half = (len(said[key]) for key in ("lost", "doubled", "half"))
        row.words += [f"{key}: {len(said[key])}, first {said[key][:3]}" for key in FINDINGS if said[key]]
        if said["counts"]["acknowledged"] < row.acknowledged:
            row.words.append(f"the ledger holds {said['counts']} only")

    def _python(self, module: str, *words: str) -> str:
        environment = {**self.tree.environment, "DJANGO_SETTINGS_MODULE": "lianfang.config.settings"}
        run = subprocess.run(
            [sys.executable, "-m", module, *words],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"{module} ended with {run.returncode}:\n{run.stderr[-3000:]}")
        return run.stdout


def recover(load: Load, row: Row, since: float, seconds: float = 120) -> None:
    """Wait for the next acknowledgement and note how long after `since` it came."""
    load.await_acks(1, seconds)
    row.recoveries.append(load.acknowledged_after(since) or 0.0)


def kills(times: int) -> Callable[[Installation, Load, random.Random, Row], None]:
    """kill -9 of a process of the tree at random moments; a tree that was killed is started again, nothing else is helped."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        hits: list[str] = []
        until = time.monotonic() + 60 + 30 * times
        while len(hits) < times and time.monotonic() < until:
            load.await_acks(chance.randrange(3, 25))
            time.sleep(chance.random() * 0.3)
            what = chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
            killed = time.monotonic()
            hit = there.tree.kill(what, chance)
            if not hit:
                continue  # it is being started again just now
            hits.append(hit)
            if hit == "tree":
                there.tree.start()
            recover(load, row, killed)
        row.points = len(hits)
        if row.points < times:
            row.words.append(f"only {row.points} of {times} kills hit")

    return do


def bad_network(times: int) -> Callable[[Installation, Load, random.Random, Row], None]:
    """Connections cut before, within and after request and answer, delayed, requests sent twice."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        begun = there.network.met.total()
        until = time.monotonic() + 120
        while there.network.met.total() - begun < times and time.monotonic() < until:
            time.sleep(0.05)
        row.points = there.network.met.total() - begun
        if row.points < times:
            row.words.append(f"only {row.points} of {times} faults in 120 s")

    return do


def locks(times: int, *, beyond_limit: bool) -> Callable[[Installation, Load, random.Random, Row], None]:
    """Somebody else holds the database's write lock: for a moment, and once longer than a writer waits."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        for number in range(times):
            long = beyond_limit and number == times - 1
            busy = load.counts["503"]
            with held(there):
                time.sleep(LOCK_LIMIT + 8 if long else 0.5 + chance.random() * 2)
                said = load.counts["503"] - busy
            recover(load, row, time.monotonic())
            row.points += 1
            if long and not said:
                row.words.append(f"nobody was told that the database is busy within {LOCK_LIMIT + 8:.0f} s")

    return do


@contextlib.contextmanager
def held(there: Installation) -> Iterator[None]:
    """The lock that every writer needs, in the hand of this process."""
    if there.postgres is None:
        with open(f"{there.sqlite}.lock", "rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    import psycopg

    with psycopg.connect(there.postgres.url) as connection:
        connection.execute("LOCK TABLE foundation_journalentry IN SHARE MODE")
        yield
        connection.rollback()


def full_disk(times: int) -> Callable[[Installation, Load, random.Random, Row], None]:
    """No file of the server may grow any more (the WAL, uploads, logs); then there is room again."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        for _time in range(times):
            load.await_acks(chance.randrange(5, 20))
            wal = Path(f"{there.sqlite}-wal")
            there.tree.limit_files(max(wal.stat().st_size, 8192) if wal.exists() else 8192)
            busy = load.counts["503"]
            until = time.monotonic() + 10
            while load.counts["503"] == busy and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(chance.random())
            if load.counts["503"] == busy:
                row.words.append("nobody was told of the full disk")
            there.tree.limit_files(None)
            recover(load, row, time.monotonic())
            row.points += 1

    return do


def crashes(times: int) -> Callable[[Installation, Load, random.Random, Row], None]:
    """PostgreSQL stopped immediately and started again a moment later. Recovery counts from when it takes connections."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        assert there.postgres is not None
        for _time in range(times):
            load.await_acks(chance.randrange(3, 25))
            time.sleep(chance.random() * 0.3)
            there.postgres.crash()
            time.sleep(chance.random())
            there.postgres.recover()
            recover(load, row, time.monotonic())
            row.points += 1

    return do


def clock_jumps(times: int) -> Callable[[Installation, Load, random.Random, Row], None]:
    """Killed, and started again with a clock that is an hour on, then an hour back, and so forth."""

    def do(there: Installation, load: Load, chance: random.Random, row: Row) -> None:
        base = there.offset
        load.slack = 3600.0
        for number in range(times):
            load.await_acks(10)
            there.tree.kill("tree", chance)
            there.set_clock(base + (timedelta(hours=1) if number % 2 == 0 else timedelta()))
            there.tree.start()
            load.offset = there.offset
            recover(load, row, time.monotonic())
            row.points += 1

    return do
