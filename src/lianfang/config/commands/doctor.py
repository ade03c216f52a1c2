"""Check disk, clock, certificates, backups, worker and database, and explain each finding."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

SIGNS = {"ok": "✓", "warning": "!", "problem": "✗"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("doctor", help="check the installation; exit code 0 well, 1 warnings, 2 problems")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.beat import is_up
    from lianfang.config.doctor import Case, Level, examine
    from lianfang.config.environment import choose
    from lianfang.kernel.clock import SystemClock

    folder = choose(args.data)
    keys = Path(os.environ["LIANFANG_SECRET_DIR"])
    now = SystemClock().now()
    if offset := os.environ.get("LIANFANG_CLOCK_OFFSET"):
        from datetime import timedelta

        now += timedelta(seconds=float(offset))
    os.environ.setdefault("LIANFANG_LOG_FORMAT", "text")
    case = Case(folder, keys, dict(os.environ), now, is_up(folder))
    worst = Level.OK
    found = []
    for finding in examine(case):
        if finding.level.exit_code > worst.exit_code:
            worst = finding.level
        found.append(finding)
        if not args.json:
            say(finding.level.value, finding.zh, finding.en, finding.do_zh, finding.do_en)
    if args.json:
        rows = [
            {"check": f.check, "level": f.level.value, "zh": f.zh, "en": f.en, "do_zh": f.do_zh, "do_en": f.do_en}
            for f in found
        ]
        print(json.dumps({"at": now.isoformat(), "worst": worst.value, "findings": rows}, ensure_ascii=False, indent=1))
    else:
        counts = {level: sum(1 for f in found if f.level is level) for level in Level}
        print(f"\n正常 {counts[Level.OK]}，注意 {counts[Level.WARNING]}，问题 {counts[Level.PROBLEM]}")
        print(f"{counts[Level.OK]} well, {counts[Level.WARNING]} warnings, {counts[Level.PROBLEM]} problems")
    return worst.exit_code


def say(level: str, zh: str, en: str, do_zh: str, do_en: str) -> None:
    """One finding: what it is, and below it what to do, each in both languages."""
    print(f"{SIGNS[level]} {zh}\n  {en}")
    if do_zh:
        print(f"    → {do_zh}\n      {do_en}")
