"""Bring a backup back into a data folder (and its database), and verify the journal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("restore", help="restore a backup")
    parser.add_argument("file", metavar="FILE", help="a backup: lianfang-….lfb")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--replace", action="store_true", help="also when something is there: it is kept beside")


def run(args: argparse.Namespace) -> int:
    """Restore; 0 when all is whole, 1 when it was refused, 3 when restored but the journal does not verify."""
    from lianfang.config.backups import places
    from lianfang.config.backups.problems import BackupError
    from lianfang.config.environment import choose

    data, file = choose(args.data), Path(args.file).expanduser()
    if not file.is_file():
        print(f"没有这个文件：{file.name}", file=sys.stderr)
        print(f"There is no such file: {file.name}", file=sys.stderr)
        return 1
    try:
        keyring = places.existing_keyring(data)
        import django

        django.setup()
        from lianfang.config.backups.restoring import restore
        from lianfang.config.cli import program_version
        from lianfang.foundation.clock import system_now

        done = restore(file, data, keyring, system_now(), version=program_version(), replace=args.replace)
    except BackupError as error:
        print(f"{error.label.zh}\n{error.label.en}", file=sys.stderr)
        return 1
    from django.utils.timezone import localtime

    manifest = done.manifest
    made, until = (f"{localtime(at):%Y-%m-%d %H:%M:%S %z}" for at in (manifest.made, manifest.last or manifest.made))
    print(f"已恢复 {file.name}：{made} 制作，数据到 {until} 为止。")
    print(f"Restored {file.name}: made {made}, data up to {until}.")
    files = sum(name.startswith("files/") for name in manifest.members)
    print(f"日志 {manifest.entries} 条，提交回执 {manifest.receipts} 份，文件 {files} 个；所有人需要重新登录。")
    print(f"{manifest.entries} journal entries, {manifest.receipts} receipts, {files} files; everybody signs in again.")
    if done.erased:
        print(
            f"备份之后按请求删除过的 {done.erased} 人已再次删除。 / {done.erased} persons erased since were erased again."
        )
    if done.before is not None:
        print(f"原来的数据在 {done.before}，确认后请删除。")
        print(f"What was there before is in {done.before}; delete it when you are sure.")
    for fault in done.faults[:20]:
        print(f"{fault}", file=sys.stderr)
    if done.faults:
        count = len(done.faults)
        print(f"日志链有 {count} 处不完整：备份时已是如此，或者备份里的内容被换过。", file=sys.stderr)
        print(
            f"The journal has {count} faults: it had them when it was backed up, or the backup's contents were exchanged.",
            file=sys.stderr,
        )
        return 3
    print(f"日志链完整（已封存 {done.sealed} 条）。 / The journal is whole ({done.sealed} sealed entries).")
    return 0
