"""The one background process: seals the journal, runs its readers and the periodic jobs.

Everything it does is idempotent and commits in small steps, so that it may be killed at any moment and started again.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from datetime import datetime
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import Error, close_old_connections, connection

from lianfang.config.beat import Beat, boot_id, clock_offset
from lianfang.config.schedule import JOBS, Job
from lianfang.config.wiring import READERS
from lianfang.foundation import journal, measures
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import system_now
from lianfang.foundation.nudge import Ear
from lianfang.foundation.readers import run_reader

log = logging.getLogger("lianfang.worker")
LONG = 0.5  # seconds; a shorter run of a job is counted, not said
BEAT = 1.0  # seconds between two signs of life
# From the beginning of one round to the next, at least: what a city sends within it is sealed and read together. The first
# event after a quiet time does not wait.
ROUND = 0.25  # seconds
RETRY_SECONDS = 30.0


class Worker:
    """`run` until SIGTERM or SIGINT; `turn` is one round, which tests call directly. `live` is false where days are only
    played through."""

    def __init__(self, live: bool = True) -> None:
        self.stopping = False
        self.live = live
        self._next: dict[str, float] = {}
        self.beat = Beat()
        self._folder: Path | None = None  # set while it runs as the process that others look for
        self._written = 0.0

    def stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        ear = Ear()
        self._folder = Path(settings.DATA_DIR)
        self.beat.started, self.beat.pid = system_now().isoformat(), os.getpid()
        self.beat.boot, self.beat.offset = boot_id(), clock_offset()
        try:
            while not self.stopping:
                began = time.monotonic()
                try:
                    close_old_connections()
                    self.turn(system_now())
                    self.beat.trouble = ""
                except Error as error:
                    self.beat.trouble = type(error).__name__
                    measures.database_errors.labels(type(error).__name__).inc()
                    log.exception("the database did not answer; trying again")
                    connection.close()
                    time.sleep(1)
                self._show(system_now())
                if ear.wait(1.0):
                    time.sleep(max(began + ROUND - time.monotonic(), 0.0))
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
                if self._do(job, now):
                    self._next[job.name] = time.monotonic() + job.every.total_seconds()
        if ran:
            self._read(now)

    def _do(self, job: Job, now: datetime) -> bool:
        """Run a job, and whether it went well."""
        self.beat.running = job.name
        self._show(system_now())
        began = time.monotonic()
        failed: Exception | None = None
        try:
            job.run(system_actor(job.name, now), now)
        except Exception as error:
            failed = error
            measures.job_failures.labels(job.name).inc()
            if isinstance(error, Error):
                raise
            log.exception("a job failed; it will be tried again", extra={"job": job.name})
        finally:
            took = time.monotonic() - began
            self.beat.running = ""
            self.beat.ran(job.name, now, took, failed)
            measures.job_seconds.labels(job.name).observe(took)
            if took >= LONG:
                log.info("", extra={"event": "job", "job": job.name, "ms": round(took * 1000, 1)})
        return failed is None

    def _show(self, now: datetime) -> None:
        if self._folder is not None and time.monotonic() - self._written >= BEAT:
            self._written = time.monotonic()
            self.beat.write(self._folder, now)

    def _read(self, now: datetime) -> None:
        journal.seal(now)
        for reader in READERS:
            run_reader(reader, now)


def catch_up(now: datetime) -> None:
    """Seal and read everything that is waiting, then run each job once: what replay and tests call between moments."""
    Worker(live=False).turn(now)
