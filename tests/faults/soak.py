"""`./lianfang test --soak`: the fault bench at length, one table at the end, exit 1 when anything was lost, doubled or half-written.

    ./lianfang test --soak [--db both|sqlite|postgres] [--minutes N] [--seed S]

Counts are those that the project demands (100 kills a database, 20 crashes of PostgreSQL, every way to fail at every
database call, 10,000 sequences of clocks, 10,000 edits of the journal). `--minutes` scales the counts, 20 being the
whole; a shorter run says so. The seed is printed first; the same seed takes the same plan.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dev.postgres import EmbeddedPostgres, quick_place
from tests.faults import bench
from tests.faults.bench import HEAD, Installation, Row
from tests.faults.tree import ROOT

WHOLE = 20.0
SEQUENCES = 10_000
EDITS = 10_000
POINTS = re.compile(r"^\.?(\w+): (\d+) points over (\d+) calls", re.MULTILINE)


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line. Raises SystemExit(2)."""
    parser = argparse.ArgumentParser(prog="lianfang test --soak", description=__doc__.splitlines()[0])
    parser.add_argument("--db", choices=("both", "sqlite", "postgres"), default="both")
    parser.add_argument("--minutes", type=float, default=WHOLE, help="scales the parts under load (default: the whole)")
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args(words)


def faults(database: str, share: float) -> list[tuple[str, float, Callable[..., None]]]:
    """What is done under load: (name, share of connections that meet a bad network, the fault)."""

    def times(number: int) -> int:
        return max(1, round(number * share))

    listed = [
        ("kill -9 of web, worker and tree", 0.0, bench.kills(times(100))),
        ("bad network: cut, delayed, lost, twice", 0.4, bench.bad_network(times(500))),
        ("database locked by somebody else", 0.0, bench.locks(times(6), beyond_limit=share >= 0.5)),
        ("clock an hour on and back, killed each time", 0.0, bench.clock_jumps(times(4))),
    ]
    if database == "sqlite":
        listed.append(("full disk (no file may grow)", 0.0, bench.full_disk(times(20))))
    else:
        listed.append(("PostgreSQL stopped immediately", 0.0, bench.crashes(times(20))))
    return listed


def under_load(database: str, seed: int, share: float, say: Callable[[str], None]) -> list[Row]:
    """The installation of one database and everything that is done to it."""
    rows: list[Row] = []
    server = EmbeddedPostgres() if database == "postgres" else None
    with tempfile.TemporaryDirectory(prefix="lianfang-soak-", dir=quick_place()) as folder:
        try:
            url = server.start() if server is not None else ""
            with Installation(Path(folder), seed, url, server).running() as there:
                for name, network, do in faults(database, share):
                    row = attempted(name, functools.partial(there.run, name, do, bad_network=network))
                    rows.append(row)
                    say(row.line())
        finally:
            if server is not None:
                server.stop()
    return rows


def attempted(name: str, do: Callable[[], Row]) -> Row:
    """A part that breaks off is a row that says so, and does not hide the others."""
    try:
        return do()
    except Exception as error:
        return Row(name, words=[f"broken off: {type(error).__name__}: {str(error)[:600]}"])


def tested(name: str, database: str, path: str, points: Callable[[str], int], **environment: str) -> Row:
    """Tests of the suite in their long form. `points` counts them from the output."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "--show-capture=no",
        "--tb=short",
        path,
    ]
    values = {**os.environ, "LIANFANG_TEST_DB": database, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **environment}
    for stale in ("LIANFANG_DATA_DIR", "LIANFANG_SECRET_DIR", "LIANFANG_TEST_HOME", "LIANFANG_DATABASE_URL"):
        values.pop(stale, None)
    run = subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=False)
    row = Row(name, points=points(run.stdout))
    if run.returncode:
        row.words.append(run.stdout[-2500:] + run.stderr[-500:])
    return row


def at_length(database: str, seed: int, share: float) -> Iterator[Row]:
    """The parts that are tests of the suite, run with larger numbers, one after the other."""
    # In parts of a thousand edits, each with the seed that it prints: `LIANFANG_JOURNAL_EDITS=1000
    # LIANFANG_JOURNAL_SEED=<that seed>` with pytest repeats one of them alone.
    yield tested(
        "edits of the stored journal, each found",
        database,
        "tests/foundation/test_journal_edits.py",
        lambda out: sum(map(int, re.findall(r"journal edits: (\d+) of", out))),
        LIANFANG_JOURNAL_EDITS=str(max(100, round(EDITS * share))),
        LIANFANG_JOURNAL_SEED=str(seed),
    )
    yield tested(
        "every database call of every kind fails",
        database,
        "tests/faults/test_every_call.py",
        lambda out: sum(int(found[1]) for found in POINTS.findall(out)),
        LIANFANG_FAULTS="all",
    )
    yield tested(
        "clients' clocks and zones: sequences",
        database,
        "tests/faults/test_lateness.py",
        lambda out: sum(map(int, re.findall(r"sequences: (\d+)", out))),
        LIANFANG_SEQUENCES=str(max(100, round(SEQUENCES * share))),
        LIANFANG_SEED=str(seed),
    )
    yield tested(
        "upgrades of released databases, killed",
        database,
        "tests/upgrades/test_upgrading.py",
        lambda out: sum(int(found[1]) for found in POINTS.findall(out)),
        LIANFANG_UPGRADE_POINTS=str(max(4, round(100 * share))),
    )


def main(words: list[str]) -> int:
    """Run the soak; 0 only when nothing acknowledged was lost, doubled or half-written and every answer was honest."""
    options = arguments(words)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    share = min(options.minutes / WHOLE, 1.0)
    databases = ("sqlite", "postgres") if options.db == "both" else (options.db,)
    print(f"seed {seed}{'' if share == 1 else f', {share:.0%} of the whole'}", flush=True)
    all_rows: list[Row] = []
    begun = time.monotonic()
    for database in databases:
        print(f"\n{'SQLite' if database == 'sqlite' else 'PostgreSQL'}\n{HEAD}", flush=True)

        def say(line: str) -> None:
            print(line, flush=True)

        all_rows += under_load(database, seed, share, say)
        for row in at_length(database, seed, share):
            print(row.line(), flush=True)
            all_rows.append(row)
    bad = [row for row in all_rows if not row.good]
    for row in bad:
        print(f"\n{row.fault}:", *row.words, sep="\n  ")
    print(f"\n{time.monotonic() - begun:.0f} s, seed {seed}: {f'{len(bad)} FAILED' if bad else 'nothing lost'}")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
