"""What a check says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path


class Level(Enum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"

    @property
    def exit_code(self) -> int:
        return {"ok": 0, "warning": 1, "problem": 2}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in both languages, and what to do about it ("" when nothing)."""

    check: str
    level: Level
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


@dataclass(frozen=True)
class Case:
    """What is examined: data folder, keys folder, environment, the present instant, and whether an `up` runs on it."""

    data: Path
    keys: Path
    environ: Mapping[str, str]
    now: datetime
    running: bool


Check = Callable[[Case], Iterator[Finding]]


def ok(check: str, zh: str, en: str) -> Finding:
    return Finding(check, Level.OK, zh, en)


def warning(check: str, zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    return Finding(check, Level.WARNING, zh, en, do_zh, do_en)


def problem(check: str, zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    return Finding(check, Level.PROBLEM, zh, en, do_zh, do_en)


def at_level(level: Level, check: str, zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    """A finding whose advice is left out while all is well."""
    return Finding(check, level, zh, en) if level is Level.OK else Finding(check, level, zh, en, do_zh, do_en)
