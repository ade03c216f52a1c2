"""A city's morning on PostgreSQL, beside a plain Django REST Framework endpoint on the same server in the same run.

Ours with everything that `up` starts: what is accepted is also sealed and read. Two figures each: the ceiling (every
connection sends again as soon as it is answered; rounds in turn, medians) and the highest steady rate at which 99 of 100
are answered within half a second (requests due at fixed instants). Then the rate that is aimed at, for long:
LIANFANG_BENCH_SECONDS=900 for a quarter of an hour, LIANFANG_BENCH_RATE for another rate than 600, LIANFANG_BENCH_ROUNDS=0
for that alone. LIANFANG_BENCH_CONNECTIONS for another number of connections than 128, of both sides.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench import servers
from bench.load import Outcome, drive
from bench.traffic import WORKERS, figure, plain_reports, prepare, reports, seconds

NAME = "city"
CONNECTIONS = int(os.environ.get("LIANFANG_BENCH_CONNECTIONS", "128"))
ROUNDS = int(os.environ.get("LIANFANG_BENCH_ROUNDS", "3"))
STEP = float(os.environ.get("LIANFANG_BENCH_STEP", "10"))
RATE = float(os.environ.get("LIANFANG_BENCH_RATE", "600"))
LIMIT_MS = 500.0
TERMS = (
    f"{WORKERS} web processes, {CONNECTIONS} connections, PostgreSQL on disk with fsync and synchronous_commit on, "
    "load and database on the same cores"
)
Side = Callable[[], AbstractContextManager[tuple[int, Callable[[], bytes], int]]]


class Measured:
    """Ceiling and processor time of one side, round by round."""

    def __init__(self, side: Side, database: int) -> None:
        self.side, self.database = side, database
        self.ceilings: list[Outcome] = []
        self.processor = 0.0

    def round(self) -> None:
        with self.side() as (port, make, pid):
            drive(port, make, connections=CONNECTIONS, seconds=STEP / 3, warm_up=0.0)
            used = servers.Processor(pid, self.database)
            self.ceilings.append(drive(port, make, connections=CONNECTIONS, seconds=STEP, warm_up=0.0))
            self.processor += used.seconds()

    @property
    def ceiling(self) -> float:
        return sorted(out.rate for out in self.ceilings)[len(self.ceilings) // 2]

    @property
    def answered(self) -> int:
        return sum(len(out.latencies) for out in self.ceilings)

    def steady(self) -> tuple[float, Outcome]:
        """The highest share of the ceiling, in steps of a tenth, that holds with the latency asked for."""
        with self.side() as (port, make, _pid):
            for tenths in range(10, 0, -1):
                rate = self.ceiling * tenths / 10
                out = drive(port, make, connections=CONNECTIONS, seconds=STEP, warm_up=STEP / 3, rate=rate)
                if out.percentile(0.99) <= LIMIT_MS and not out.failures:
                    break
        return rate, out

    def rows(self, name: str, note: str, base: float | None = None) -> list[dict[str, Any]]:
        each = 1e6 * self.processor / max(self.answered, 1)
        ratio = self.ceiling / base if base else None
        failed = sum(out.failures for out in self.ceilings)
        return [
            figure(f"{name}: ceiling", self.ceiling, "requests/s", self.answered, f"{note}; {TERMS}", ratio),
            figure(f"{name}: processor", each, "us/request", self.answered, "server and database, user and system"),
            figure(f"{name}: failed", failed, "requests", self.answered),
        ]


def long_run(side: Side, database: str) -> list[dict[str, Any]]:
    """The rate that is aimed at, and how far behind the journal's seals are when it ends."""
    length = seconds(60)
    with side() as (port, make, _pid):
        out = drive(port, make, connections=CONNECTIONS, seconds=length, warm_up=STEP / 3, rate=RATE)
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM foundation_journalentry e WHERE id > (SELECT floor_id FROM foundation_journalhead) "
                "AND NOT EXISTS (SELECT 1 FROM foundation_journalseal s WHERE s.entry_id = e.id)"
            ).fetchone()
    n = len(out.latencies)
    note = f"{RATE:.0f} due per second for {length:.0f} s; {TERMS}"
    return [
        figure("city burst: answered", out.rate, "requests/s", n, note),
        figure("city burst: p50", out.percentile(0.5), "ms", n),
        figure("city burst: p99", out.percentile(0.99), "ms", n, "at most 500"),
        figure("city burst: failed", out.failures, "requests", n),
        figure("city burst: not yet sealed at the end", row[0] if row else 0, "entries", n),
    ]


def run() -> list[dict[str, Any]]:
    with servers.postgres() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        urls = {key: servers.make_database(server, key) for key in ("plain", "ours")}
        made = prepare(folder, 400, urls["ours"])

        @contextmanager
        def plain() -> Iterator[tuple[int, Callable[[], bytes], int]]:
            with servers.plain(folder, WORKERS, urls["plain"]) as (port, token, pid):
                yield port, plain_reports(port, token), pid

        @contextmanager
        def ours() -> Iterator[tuple[int, Callable[[], bytes], int]]:
            with servers.whole(folder, WORKERS, urls["ours"]) as (port, pid):
                yield port, reports(port, made["reporters"]), pid

        if not ROUNDS:
            return long_run(ours, urls["ours"])
        database = servers.postmaster(server)
        base, own = Measured(plain, database), Measured(ours, database)
        for _round in range(ROUNDS):
            base.round()
            own.round()
        rows = base.rows("plain DRF endpoint", "gunicorn sync, closed load")
        rows += own.rows("personal reports", "token, scope, journal, receipt, seals; closed load", base.ceiling)
        plain_rate, plain_out = base.steady()
        own_rate, own_out = own.steady()
        note = f"highest tenth of the ceiling with p99 at most {LIMIT_MS:.0f} ms and no failure, {STEP:.0f} s each"
        rows.append(figure("plain DRF endpoint: steady", plain_rate, "requests/s", len(plain_out.latencies), note))
        rows.append(
            figure(
                "personal reports: steady", own_rate, "requests/s", len(own_out.latencies), note, own_rate / plain_rate
            )
        )
        rows.append(figure("personal reports: steady p99", own_out.percentile(0.99), "ms", len(own_out.latencies)))
        return rows + long_run(ours, urls["ours"])


if __name__ == "__main__":
    for row in run():
        print(row)
