"""Make an encrypted, verified backup of database and files; Lianfang may be running."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("backup", help="make a backup")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument(
        "--to", metavar="DIR", help="folder for it, from which nothing is removed (default: DATA.backups)"
    )
    parser.add_argument("--quiet", action="store_true", help="say only what went wrong")


def run(args: argparse.Namespace) -> int:
    """Make one; 0 when it was verified, 1 with one line of each language when not."""
    from lianfang.config.backups import places
    from lianfang.config.backups.problems import BackupError
    from lianfang.config.environment import choose

    data = choose(args.data)
    try:
        keyring = places.existing_keyring(data)
        folder = Path(args.to).expanduser().resolve() if args.to else places.backup_folder(data)
        if folder is None:
            print("没有备份目录：请设置 LIANFANG_BACKUP_DIR，或加 --to 目录。", file=sys.stderr)
            print("No folder for backups: set LIANFANG_BACKUP_DIR or add --to DIR.", file=sys.stderr)
            return 1
        from lianfang.config.environment import set_up

        set_up(str(data))
        from lianfang.config.backups.databases import is_empty
        from lianfang.config.backups.making import make
        from lianfang.config.cli import program_version
        from lianfang.foundation.clock import system_now

        if is_empty():
            print("还没有数据，没有可备份的。", file=sys.stderr)
            print("There are no data to back up yet.", file=sys.stderr)
            return 1
        keep = None if args.to else places.kept()
        now, version = system_now(), program_version()
        made = make(data, folder, keyring, now, version=version, keep=keep, term=places.term())
    except BackupError as error:
        print(f"{error.label.zh}\n{error.label.en}", file=sys.stderr)
        return 1
    if not args.quiet:
        size = f"{made.size / 2**20:.1f} MB"
        print(f"备份完成并已校验：{made.file}（{size}，日志 {made.manifest.entries} 条）")
        print(f"Backup made and verified: {made.file} ({size}, {made.manifest.entries} journal entries)")
        if made.pruned:
            print(f"按保存期限删除了 {len(made.pruned)} 份旧备份。 / {len(made.pruned)} older backups were removed.")
    return 0
