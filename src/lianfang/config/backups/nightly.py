"""The nightly backup: a process of its own, so that the worker goes on with reminders meanwhile."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from datetime import datetime, time, timedelta
from pathlib import Path

from django.conf import settings

from lianfang.config.backups import places
from lianfang.config.processes import die_with_parent
from lianfang.foundation.actor import Actor
from lianfang.kernel.clock import at_local, local_date

RETRY = timedelta(hours=1)
_running: subprocess.Popen[bytes] | None = None


def due(now: datetime, hour: int, state: places.State) -> bool:
    """Whether no backup was made since the last time that it was `hour` o'clock; a failed one is tried again after
    an hour."""
    today = local_date(now, settings.TIME_ZONE)
    turn = at_local(today, time(hour), settings.TIME_ZONE)
    if turn > now:
        turn = at_local(today - timedelta(days=1), time(hour), settings.TIME_ZONE)
    if state.folder is None or (state.made_at is not None and state.made_at >= turn):
        return False
    tried = state.backup.get("at")
    return tried is None or now - datetime.fromisoformat(tried) >= RETRY


def backup(actor: Actor, now: datetime) -> bool:
    """Start the nightly backup when it is due; returns whether it was started. Demonstrations need none."""
    global _running
    data = Path(settings.DATA_DIR)
    if _running is not None and _running.poll() is None:
        return False
    _running = None
    if settings.DEMO or not due(now, places.hour(), places.state(now, data)):
        return False
    ends = functools.partial(die_with_parent, signal.SIGKILL, os.getpid())
    command = [sys.executable, "-m", "lianfang", "backup", "--data", str(data), "--quiet"]
    _running = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=ends)
    return True
