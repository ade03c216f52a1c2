"""An upgrade that is killed at one of its statements, and gone on with: for the suite at a few, for a soak at all.

Every trial works on a copy of a released fixture in a process forked for it (the program is loaded once). A fault point
is the number of a statement that the upgrade sends to the database: the process ends by SIGKILL just before it, or just
after it.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from dev.released import put_postgres, put_sqlite
from lianfang.config import upgrading
from lianfang.config.backups.databases import check_sqlite, standing_in
from lianfang.config.settings import database
from lianfang.foundation.journal import verify
from lianfang.foundation.keys import Keyring
from tests.upgrades.contents import digest

MakeDatabase = Callable[[], str]


@dataclass
class Statements:
    """Counts what goes to the database; with `die_at` it ends the process there."""

    die_at: int | None = None
    after: bool = False
    count: int = 0
    kinds: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        self.kinds.append(str(sql).split(None, 1)[0].upper())
        if self.count == self.die_at and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = execute(sql, params, many, context)
        if self.count == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def _numbered() -> Callable[[], uuid.UUID]:
    """Random ids in an order of their own, so that two runs of one migration give the same."""
    numbers = iter(range(1, 10**9))
    return lambda: uuid.UUID(int=next(numbers), version=4)


@contextmanager
def _at(url: str) -> Iterator[None]:
    with standing_in(NAME=database(url)["NAME"]):
        yield


def upgrade(url: str, statements: Statements) -> None:
    """Migrate the database at `url`; ids that a migration gives begin anew with each migration."""
    random, state = uuid.uuid4, {"give": _numbered()}
    uuid.uuid4 = lambda: state["give"]()
    try:
        with _at(url), connection.execute_wrapper(statements):
            upgrading.migrate(lambda name: state.update(give=_numbered()))
    finally:
        uuid.uuid4 = random


def forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run in a child; (exit code or minus the signal, what it returned as JSON knows it)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                json.dump(work(), out)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


@dataclass
class Trial:
    """Upgrades of one released version on the database of this run."""

    version: str
    make_database: MakeDatabase
    keyring: Keyring

    def start(self) -> str:
        """A database as the released version left it."""
        url = self.make_database()
        if connection.vendor == "sqlite":
            put_sqlite(self.version, Path(str(database(url)["NAME"])))
        else:
            put_postgres(self.version, url)
        return url

    def upgrade(self, url: str, statements: Statements) -> None:
        """With the keys of that installation: a migration may need them."""
        settings.KEYRING = self.keyring
        upgrade(url, statements)

    def finish(self, url: str) -> dict[str, Any]:
        """Upgrade to the end, and what the database is then."""
        counted = Statements()
        self.upgrade(url, counted)
        with _at(url):
            found = {
                "digest": digest(),
                "faults": [f.what for f in verify()],
                "pending": upgrading.pending(),
                "statements": counted.count,
            }
        if connection.vendor == "sqlite":
            check_sqlite(Path(str(database(url)["NAME"])))
        return found

    def killed_at(self, *points: int, after: bool = False) -> dict[str, Any]:
        """Kill the upgrade at a statement, go on and kill that at the next of `points` (counted anew), run it again to the
        end, and say what the database is then."""
        url = self.start()
        for point in points:
            statements = Statements(point, after)
            code, _none = forked(lambda: self.upgrade(url, statements))  # noqa: B023 - read before the next turn
            assert code == -signal.SIGKILL, f"statement {point} of {self.version} was not reached ({code})"
        code, found = forked(lambda: self.finish(url))
        assert code == 0, f"going on after statement {points} of {self.version} failed"
        return dict(found)


def run_points(trial: Trial, whole: dict[str, Any], points: list[int]) -> list[str]:
    """Kill one upgrade at each point, before and after its statement by turns; in words what differs from `whole`, the
    undisturbed one."""
    wrong = []
    for point in points:
        found = trial.killed_at(point, after=point % 2 == 1)
        if found["digest"] != whole["digest"] or found["faults"] or found["pending"]:
            wrong.append(
                f"{trial.version}, statement {point}: {found['faults'] or found['pending'] or 'another digest'}"
            )
    return wrong


def spread(statements: int, wanted: int) -> list[int]:
    """`wanted` points over all statements, every one when there are not more."""
    step = max(statements / wanted, 1.0)
    return sorted({int(1 + n * step) for n in range(min(wanted, statements))})
