"""Restore drill: restore the newest backup into a temporary place, verify it, say what would be lost."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("drill", help="rehearse a restore")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--file", metavar="FILE", help="another backup than the newest")


def run(args: argparse.Namespace) -> int:
    """Drill; 0 when the backup is whole, 1 when it is not or there is none."""
    from lianfang.config.backups import places
    from lianfang.config.backups.problems import BackupError
    from lianfang.config.environment import choose, set_up

    data = choose(args.data)
    try:
        keyring = places.existing_keyring(data)
        set_up(str(data))
        from lianfang.config.backups.drilling import drill
        from lianfang.foundation.clock import system_now

        file = Path(args.file).expanduser() if args.file else None
        done = drill(data, keyring, system_now(), file=file)
    except BackupError as error:
        print(f"{error.label.zh}\n{error.label.en}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"没有这个文件 / there is no such file: {Path(str(error.filename)).name}", file=sys.stderr)
        return 1
    hours = done.age.total_seconds() / 3600
    print(f"演练的备份：{done.file.name}，{hours:.1f} 小时前制作；恢复并校验用了 {done.seconds:.1f} 秒。")
    print(
        f"Backup drilled: {done.file.name}, {hours:.1f} hours old; restoring and verifying took {done.seconds:.1f} s."
    )
    print(f"如果现在只剩这份备份，会丢失之后的 {done.lost_entries} 条记录、{done.lost_receipts} 份提交。")
    print(
        f"With only this backup left, {done.lost_entries} journal entries and {done.lost_receipts} submissions since would be lost."
    )
    if done.manifest.missing:
        print(f"有 {done.manifest.missing} 个文件没有内容。 / {done.manifest.missing} files have no content.")
    for fault in done.faults[:20]:
        print(fault, file=sys.stderr)
    if not done.ok:
        print(f"日志链有 {len(done.faults)} 处不完整。 / The journal has {len(done.faults)} faults.", file=sys.stderr)
        return 1
    print(f"日志链完整（已封存 {done.manifest.sealed} 条）。现有数据没有改动。")
    print(f"The journal is whole ({done.manifest.sealed} sealed entries). The running data were not touched.")
    return 0
