"""Every periodic job: what, how often. The worker runs them one after another; each may run twice without harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lianfang.comms import jobs as comms
from lianfang.config.backups import nightly
from lianfang.config.backups.places import is_backing_up
from lianfang.daily import jobs as daily
from lianfang.duties import jobs as duties
from lianfang.exchange import jobs as exchange
from lianfang.foundation import jobs as foundation
from lianfang.foundation.actor import Actor
from lianfang.people import jobs as people
from lianfang.people import sizes


@dataclass(frozen=True, slots=True)
class Job:
    """`run(actor, now)` at least every `every` while the worker lives, and once when it starts; `live` ones only in the
    worker itself, not where days are played through (demo, replay, tests)."""

    name: str
    every: timedelta
    run: Callable[[Actor, datetime], Any]
    live: bool = False


def checkpoint(actor: Actor, now: datetime) -> None:
    """Copy SQLite's write-ahead log into the database file (automatic checkpoints are off, ADR 0004)."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.checkpoint()  # type: ignore[attr-defined]


def clear_bytes(actor: Actor, now: datetime) -> Any:
    """Not while a backup reads: rewriting PostgreSQL's tables would wait for it, and everybody for the rewriting."""
    from django.conf import settings

    return False if is_backing_up(Path(settings.DATA_DIR)) else foundation.clear_bytes(actor, now)


JOBS: tuple[Job, ...] = (
    Job("people.sizes", timedelta(minutes=5), sizes.count_sizes),
    Job("duties.raise", timedelta(minutes=5), duties.raise_duties),
    Job("daily.lessons", timedelta(minutes=5), daily.raise_lesson_duties),
    Job("duties.sweep", timedelta(seconds=10), duties.sweep),
    Job("comms.deliver", timedelta(seconds=15), comms.deliver),
    Job("exchange.imports", timedelta(seconds=2), exchange.run_imports),
    Job("people.accounts", timedelta(hours=1), people.end_accounts),
    Job("retention.remove", timedelta(minutes=20), foundation.retention),
    Job("retention.clear", timedelta(minutes=10), clear_bytes),
    Job("backups.nightly", timedelta(minutes=5), nightly.backup, live=True),
    Job("sqlite.checkpoint", timedelta(seconds=20), checkpoint),
    Job("sessions.forget", timedelta(hours=6), foundation.forget_sessions),
)
