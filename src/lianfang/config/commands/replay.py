"""Play a historic outbreak day by day through the same actions that a school uses."""

from __future__ import annotations

import argparse
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("replay", help="play a historic outbreak into an institution of its own")
    parser.add_argument("name", choices=["hagelloch", "boarding-school"])
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import migrate, set_up

    set_up(args.data)
    migrate()
    from datetime import date

    from lianfang.config.replay.play import ReplayExists, play, prepare
    from lianfang.foundation.clock import system_now

    now = system_now()
    autumn = date(now.year if now.month >= 9 else now.year - 1, 9, 7)
    try:
        replay = prepare(args.name, autumn, now)
    except ReplayExists as found:
        print(f"这个数据目录里已经有“{found}”。要重放请换一个 --data 目录。", file=sys.stderr)
        print(
            "This data folder already holds that replay; choose another --data folder to play it again.",
            file=sys.stderr,
        )
        return 1
    days = list(replay.days())
    absences: dict[date, int] = {}

    def say(day: date, absent: int) -> None:
        absences[day] = absent
        print(f"{day}  因病缺勤 / absent ill {absent:>4}  ({days.index(day) + 1}/{len(days)})", flush=True)

    play(replay, say)
    print(
        f"\n{replay.data.title}: {len(replay.members)} 人 / persons, {len(days)} 天 / days, 平移 / shifted {replay.data.shift.days} d"
    )
    peak = max(absences, key=lambda day: absences[day])
    print(f"高峰 / peak: {peak}, 因病缺勤 / absent ill {absences[peak]}")
    print(
        f"查看 / see it:  ./lianfang up{f' --data {args.data}' if args.data else ''}  →  http://127.0.0.1:8000/reports/daily-zero/{replay.school.pk}/{peak}/"
    )
    print(f"登录名 / login: {replay.account.username}    一次性密码 / one-time password: {replay.password}")
    return 0
