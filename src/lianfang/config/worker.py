"""The one background process: seals the journal, runs its readers and the periodic jobs.

Everything it does is idempotent and commits in small steps, so that it may be killed at any moment and started again.
"""

from __future__ import annotations

import logging
import signal
import time
from datetime import datetime
from types import FrameType

from django.db import Error, close_old_connections, connection

from lianfang.config.schedule import JOBS
from lianfang.config.wiring import READERS
from lianfang.foundation import journal
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import system_now
from lianfang.foundation.nudge import Ear
from lianfang.foundation.readers import run_reader

log = logging.getLogger("lianfang.worker")
RETRY_SECONDS = 30.0


class Worker:
    """`run` until SIGTERM or SIGINT; `turn` is one round, which tests call directly. `live` is false where days are only
    played through."""

    def __init__(self, live: bool = True) -> None:
        self.stopping = False
        self.live = live
        self._next: dict[str, float] = {}

    def stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        ear = Ear()
        try:
            while not self.stopping:
                try:
                    close_old_connections()
                    self.turn(system_now())
                except Error:
                    log.exception("the database did not answer; trying again")
                    connection.close()
                    time.sleep(1)
                ear.wait(1.0)
        finally:
            ear.close()

    def turn(self, now: datetime) -> None:
        """Seal, let every reader catch up, run the jobs whose time has come."""
        self._read(now)
        ran = False
        for job in JOBS:
            if job.live and not self.live:
                continue
            if time.monotonic() >= self._next.get(job.name, 0.0):
                # Should it fail, it is tried again soon and not only after its whole period.
                self._next[job.name] = time.monotonic() + min(job.every.total_seconds(), RETRY_SECONDS)
                ran = True
                try:
                    job.run(system_actor(job.name, now), now)
                except Error:
                    raise
                except Exception:
                    log.exception("job %s failed; it will be tried again", job.name)
                else:
                    self._next[job.name] = time.monotonic() + job.every.total_seconds()
        if ran:
            self._read(now)

    def _read(self, now: datetime) -> None:
        journal.seal(now)
        for reader in READERS:
            run_reader(reader, now)


def catch_up(now: datetime) -> None:
    """Seal and read everything that is waiting, then run each job once: what replay and tests call between moments."""
    Worker(live=False).turn(now)
