"""Signs of life: small files in the data folder, for the figures and for `doctor`, which may have no database.

`worker.json`: when the worker started, when it last went round, and of each job the last run: end, seconds, failures in a
row. `up.json`: how `up` was started, since whoever asks later has another environment.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lianfang.kernel.clock import SystemClock

NAME, UP = "worker.json", "up.json"


@dataclass
class JobRun:
    """The last run of a job. `ended` in UTC; `failed` counts failures since the last good run."""

    ended: str = ""
    seconds: float = 0.0
    failed: int = 0
    error: str = ""


@dataclass
class Beat:
    """`at` is when the worker last went round; `trouble` the type of the database's error, while it has one;
    `running` the job that it was at. `offset`: seconds from the machine's start (`boot`) to the clock, when it started."""

    started: str = ""
    at: str = ""
    pid: int = 0
    trouble: str = ""
    running: str = ""
    boot: str = ""
    offset: float = 0.0
    jobs: dict[str, JobRun] = field(default_factory=dict)

    def ran(self, job: str, now: datetime, seconds: float, error: BaseException | None) -> None:
        """Note a run of a job."""
        run = self.jobs.setdefault(job, JobRun())
        run.ended, run.seconds = now.isoformat(), round(seconds, 3)
        run.failed = run.failed + 1 if error is not None else 0
        run.error = type(error).__name__ if error is not None else ""

    def write(self, folder: Path, now: datetime) -> None:
        """Replace the file; a full disk is no reason for the worker to stop."""
        self.at = now.isoformat()
        place = folder / NAME
        temporary = place.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")
            temporary.replace(place)
        except OSError:
            temporary.unlink(missing_ok=True)


def boot_id() -> str:
    """Which start of the machine this is; "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def clock_offset() -> float:
    """Seconds between the clock on the wall and the one that nobody sets. It changes only when the first is set."""
    steady = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
    return SystemClock().now().timestamp() - steady


@dataclass(frozen=True)
class Start:
    """How `up` was started."""

    host: str
    port: int
    workers: int
    places: int
    hosts: str
    debug: bool
    https: bool

    def write(self, folder: Path) -> None:
        (folder / UP).write_text(json.dumps(asdict(self)), encoding="utf-8")


def last_start(folder: Path) -> Start | None:
    """How `up` was last started on this folder; None when never, or by a version that did not say."""
    try:
        return Start(**json.loads((folder / UP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_up(folder: Path) -> bool:
    """Whether an `up` holds the folder now."""
    import fcntl

    try:
        with (folder / "up.lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def read(folder: Path) -> Beat | None:
    """The last sign of life; None when there was none, or it cannot be read."""
    try:
        body: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        jobs = {str(name): JobRun(**run) for name, run in body.pop("jobs").items()}
        return Beat(**body, jobs=jobs)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
