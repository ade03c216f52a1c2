"""The demo from nothing to filled: units and rosters, sign-ins, rooms, days. Begun again after a kill, it goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from lianfang.config.demo.district import ZONE, Demo, Sizes, build
from lianfang.config.demo.history import PAST_DAYS, History, fill
from lianfang.config.demo.rooms import furnish
from lianfang.config.demo.signins import open_accounts, table
from lianfang.kernel.clock import local_date

MARK, DAY, FILLED = "demo", "demo.day", "demo.filled"


def begun_on(folder: Path, now: datetime) -> date:
    """The local day on which the demo of a data folder was begun; today is written down for the first run."""
    path = folder / DAY
    if path.exists():
        return date.fromisoformat(path.read_text().strip())
    today = local_date(now, ZONE)
    path.write_text(f"{today}\n")
    return today


def make(
    folder: Path, sizes: Sizes, now: datetime, say: Callable[[str], None], address: str = "", past: int = PAST_DAYS
) -> Demo:
    """Make or complete the demo of a data folder; `say` gets the sign-ins and the progress."""
    (folder / MARK).touch()
    today = begun_on(folder, now)
    say("正在建立演示区县 / making the demo district …")
    demo = build(today, sizes, say)
    lines = table(open_accounts(demo))
    say("")
    if address:
        say(f"打开 / open  {address}")
    for line in lines:
        say(f"  {line}")
    say("首次登录须更改一次性密码；再次启动未填完的演示会重新发放。")
    say("One-time passwords are changed at first sign-in.")
    say("")
    furnish(demo, say)
    fill(History(demo, today, now, past), lambda done, of: say(f"历史数据 / past days {done}/{of}"))
    _finish(folder)
    say("演示数据已就绪 / demo data complete")
    return demo


def _finish(folder: Path) -> None:
    handle = os.open(folder / FILLED, os.O_WRONLY | os.O_CREAT, 0o600)
    os.fsync(handle)
    os.close(handle)
