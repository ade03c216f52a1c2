"""Every periodic job: what, how often. The worker runs them one after another; each may run twice without harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lianfang.comms import jobs as comms
from lianfang.daily import jobs as daily
from lianfang.duties import jobs as duties
from lianfang.exchange import jobs as exchange
from lianfang.foundation import jobs as foundation
from lianfang.foundation.actor import Actor
from lianfang.people import jobs as people
from lianfang.people import sizes


@dataclass(frozen=True, slots=True)
class Job:
    """`run(actor, now)` at least every `every` while the worker lives, and once when it starts."""

    name: str
    every: timedelta
    run: Callable[[Actor, datetime], Any]


def checkpoint(actor: Actor, now: datetime) -> None:
    """Copy SQLite's write-ahead log into the database file (automatic checkpoints are off, ADR 0004)."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.checkpoint()  # type: ignore[attr-defined]


def forget_sessions(actor: Actor, now: datetime) -> None:
    """Remove sessions that have run out."""
    from django.contrib.sessions.models import Session

    Session.objects.filter(expire_date__lt=now).delete()


JOBS: tuple[Job, ...] = (
    Job("people.sizes", timedelta(minutes=5), sizes.count_sizes),
    Job("duties.raise", timedelta(minutes=5), duties.raise_duties),
    Job("daily.lessons", timedelta(minutes=5), daily.raise_lesson_duties),
    Job("duties.sweep", timedelta(seconds=10), duties.sweep),
    Job("comms.deliver", timedelta(seconds=15), comms.deliver),
    Job("exchange.imports", timedelta(seconds=2), exchange.run_imports),
    Job("people.accounts", timedelta(hours=1), people.end_accounts),
    Job("retention.remove", timedelta(minutes=20), foundation.retention),
    Job("retention.clear", timedelta(minutes=10), foundation.clear_bytes),
    Job("sqlite.checkpoint", timedelta(seconds=20), checkpoint),
    Job("sessions.forget", timedelta(hours=6), forget_sessions),
)
