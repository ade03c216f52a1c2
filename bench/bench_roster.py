"""A roster of 5,000 pupils with two guardians each: previewed and committed, on SQLite FULL, median of fresh schools."""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bench import servers

NAME = "roster"
ROWS = 5_000
ROUNDS = 3
PREVIEW_LIMIT = 5.0
COMMIT_LIMIT = 20.0
NOW = datetime(2026, 9, 14, 23, 5, tzinfo=UTC)
HEAD = ["学号", "姓名", "性别", "身份证号", "班级"]
HEAD += [f"监护人{n}{what}" for n in (1, 2) for what in ("姓名", "关系", "电话")]
SURNAMES = "赵钱孙李周吴郑王冯陈"
DIGITS = "一二三四五六七八九十"


def roster(number: int, rows: int = ROWS) -> bytes:
    """An XLSX of a whole school of six grades; every `number` is another school with other people."""
    from lianfang.exchange.sheets import write_xlsx
    from lianfang.kernel.codes.resident_id import check_digit

    page = [HEAD]
    for n in range(rows):
        name = SURNAMES[n % 10] + "".join(DIGITS[int(digit)] for digit in f"{n // 10:03d}")
        first17 = f"3301062017{n // 1000 % 9 + 1:02d}{n % 28 + 1:02d}{n % 999 + 1:03d}"
        document = f"33{number:02d}{first17[4:]}"
        phone = f"{number:02d}{n:06d}"
        guardians = [f"{name}妈", "母亲", f"138{phone}", f"{name}爸", "父亲", f"139{phone}"]
        klass = f"{n * 6 // rows + 1}年级{n // 45 % 19 + 1}班"
        page.append([f"S{number}{n:05d}", name, "", document + check_digit(document), klass, *guardians])
    return write_xlsx([("学生", page)])


def measure(folder: Path) -> dict[str, list[float]]:
    """Wall-clock seconds of each round, in this process, on a database made in the folder."""
    os.environ["LIANFANG_SECRET_DIR"] = str(folder / "keys")
    from lianfang.config.environment import migrate, set_up

    set_up(str(folder / "data"))
    from lianfang.exchange import actions, progress
    from lianfang.foundation.actions import create_unit
    from lianfang.foundation.actor import system_actor

    migrate()
    actor = system_actor("bench", NOW)
    found: dict[str, list[float]] = {"preview": [], "commit": [], "again": []}
    for number in range(ROUNDS):
        school = create_unit(
            actor, NOW, parent=None, kind="school", level="institution", name=f"第{number}小学", begins=date(2026, 8, 1)
        )
        content = roster(number)

        def look(school: Any = school, content: bytes = content) -> Any:
            row = actions.upload_roster(actor, NOW, institution=school, name="全校.xlsx", content=content)
            return actions.preview(actor, NOW, roster_import=row)

        begun = time.perf_counter()
        row = look()
        found["preview"].append(time.perf_counter() - begun)
        actions.decide(actor, NOW, roster_import=row, kind="doubt", decision="accept")
        begun = time.perf_counter()
        done = actions.commit_import(actor, NOW, roster_import=row, progress=functools.partial(progress.tell, row.pk))
        found["commit"].append(time.perf_counter() - begun)
        progress.forget(row.pk)
        if done.progress["created"] != ROWS:
            raise SystemExit(f"{done.progress} of {row.counts}")
        begun = time.perf_counter()
        again = look()
        found["again"].append(time.perf_counter() - begun)
        if again.counts != {"rows": ROWS, "same": ROWS}:
            raise SystemExit(f"again: {again.counts}")
    return found


def run() -> list[dict[str, Any]]:
    """Medians with the slowest round in the note."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.bench_roster", folder]
        made = subprocess.run(
            command, cwd=servers.ROOT, env=servers.environment(), check=True, capture_output=True, text=True
        )
    found: dict[str, list[float]] = json.loads(made.stdout.splitlines()[-1])
    names = {
        "preview": ("upload and preview of 5,000 rows", PREVIEW_LIMIT),
        "commit": ("commit of 5,000 rows", COMMIT_LIMIT),
        "again": ("preview of the same roster again", PREVIEW_LIMIT),
    }
    return [
        {
            "name": name,
            "value": round(statistics.median(found[key]), 2),
            "unit": "s",
            "n": len(found[key]),
            "ratio": round(statistics.median(found[key]) / limit, 2),
            "note": f"to the limit of {limit:g} s; slowest {max(found[key]):.2f} s; SQLite WAL FULL, two guardians a row",
        }
        for key, (name, limit) in names.items()
    ]


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
