"""`/metrics` for Prometheus: what the processes counted, added up, and how the installation stands at this moment."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from lianfang.config import beat, state
from lianfang.config.backups import places
from lianfang.config.cli import program_version
from lianfang.foundation.clock import system_now
from lianfang.foundation.measures import TOGETHER
from lianfang.foundation.operator import for_operator


def gauge(name: str, about: str, value: float) -> Metric:
    """One figure without labels."""
    return GaugeMetricFamily(f"lianfang_{name}", about, value=value)


class Installation(Collector):
    """How things stand at `now`; what the database cannot say is left out while it is away."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "lianfang_build",
            "What runs.",
            value={
                "version": program_version(),
                "python": platform.python_version(),
                "database": connection.vendor,
                "sqlite": sqlite3.sqlite_version,
            },
        )
        yield from self._machine()
        yield from self._worker()
        try:
            yield from list(self._stored())
            yield gauge("database_up", "1 while the database answers.", 1)
        except Error:
            yield gauge("database_up", "1 while the database answers.", 0)

    def _machine(self) -> Iterator[Metric]:
        found = state.disk(Path(settings.DATA_DIR))
        yield gauge("disk_free_bytes", "Free on the file system of the data folder.", found.free)
        yield gauge("disk_size_bytes", "Size of that file system.", found.size)
        yield gauge("disk_free_inodes", "Files that can still be made there.", found.inodes_free)
        saved = places.state(self.now, Path(settings.DATA_DIR))
        if saved.age is not None:
            yield gauge("backup_age_seconds", "Age of the newest verified backup.", saved.age.total_seconds())

    def _worker(self) -> Iterator[Metric]:
        sign = beat.read(Path(settings.DATA_DIR))
        if sign is None or not sign.at:
            return
        age = (self.now - datetime.fromisoformat(sign.at)).total_seconds()
        yield gauge("worker_seen_seconds", "Since the worker last went round.", age)
        last = GaugeMetricFamily("lianfang_job_age_seconds", "Since the last run of a job ended.", labels=["job"])
        took = GaugeMetricFamily("lianfang_job_last_seconds", "How long that run took.", labels=["job"])
        failed = GaugeMetricFamily("lianfang_job_failed_in_a_row", "Failures since its last good run.", labels=["job"])
        for name, run in sorted(sign.jobs.items()):
            last.add_metric([name], (self.now - datetime.fromisoformat(run.ended)).total_seconds())
            took.add_metric([name], run.seconds)
            failed.add_metric([name], run.failed)
        yield from (last, took, failed)

    def _stored(self) -> Iterator[Metric]:
        journal = state.journal(self.now)
        yield gauge("journal_sealed", "Entries in the journal's order.", journal.sealed)
        yield gauge("journal_unsealed", "Entries that wait for their seal.", journal.unsealed)
        yield gauge("journal_seal_lag_seconds", "Age of the oldest of them.", journal.lag.total_seconds())
        behind = GaugeMetricFamily(
            "lianfang_reader_behind", "Sealed entries a reader has not passed.", labels=["reader"]
        )
        parked = GaugeMetricFamily("lianfang_events_parked", "Events a reader could not take.", labels=["reader"])
        for reader in state.readers():
            behind.add_metric([reader.name], reader.behind)
            parked.add_metric([reader.name], reader.parked)
        yield from (behind, parked)
        duties = state.duties(self.now)
        yield gauge("duties_overdue", "Open duties past their deadline.", duties.overdue)
        yield gauge("duties_unswept", "Reminders and escalations late by more than a minute.", duties.unswept)
        mail = state.mail(self.now)
        yield gauge("mail_waiting", "E-mails to be handed over.", mail.waiting)
        yield gauge("mail_oldest_seconds", "Age of the oldest of them.", mail.oldest.total_seconds())
        yield gauge("mail_failed_day", "E-mails given up within a day.", mail.failed)
        yield gauge("imports_waiting", "Rosters the worker has still to take over.", state.imports_waiting())
        size, log = state.database_bytes()
        yield gauge("database_bytes", "Size of the database.", size)
        yield gauge("database_log_bytes", "SQLite's write-ahead log.", log)


def forget_dead(folder: Path) -> None:
    """Processes that ended without a word hold no places any more: remove their files of what is "now"."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def text(now: datetime) -> bytes:
    """All figures in Prometheus' text format."""
    counted: Any = REGISTRY
    if TOGETHER:
        forget_dead(Path(TOGETHER))
        counted = CollectorRegistry()
        MultiProcessCollector(counted, TOGETHER)  # type: ignore[no-untyped-call]
    standing = CollectorRegistry()
    standing.register(Installation(now))
    return bytes(generate_latest(counted)) + bytes(generate_latest(standing))


@for_operator
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for a scraper of this machine or with the operator's token."""
    return HttpResponse(text(system_now()), content_type=CONTENT_TYPE_LATEST)
