"""Print the recovery sheet of the keys, put the keys back from it, or exchange them."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

SHEET = "lianfang-recovery-sheet.html"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("keys", help="recovery sheet of the keys, new keys")
    parser.add_argument(
        "what",
        choices=["sheet", "restore", "renew"],
        help="make the sheet; type it in again; new keys, and everything stored encrypted under them",
    )
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument(
        "--to", metavar="FILE", default=SHEET, help=f"sheet: page to print (default {SHEET}); - for text"
    )
    parser.add_argument("--sheet", metavar="FILE", help="restore: the typed lines or the QR code's text as a file")
    parser.add_argument("--replace", action="store_true", help="restore: put other keys aside that are there")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 with one line of each language when not."""
    from lianfang.config.backups.problems import BackupError
    from lianfang.config.environment import choose

    data = choose(args.data)
    try:
        return {"sheet": _sheet, "restore": _restore, "renew": _renew}[args.what](args, data)
    except BackupError as error:
        print(f"{error.label.zh}\n{error.label.en}", file=sys.stderr)
        return 1


def _sheet(args: argparse.Namespace, data: Path) -> int:
    from lianfang.config.backups import places, printing
    from lianfang.kernel.clock import SystemClock

    keyring, now = places.existing_keyring(data), SystemClock().now()
    if args.to == "-":
        print(printing.text(keyring, now, data.name), end="")
        return 0
    target = Path(args.to).expanduser()
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(printing.page(keyring, now, data.name))
    except FileExistsError:
        print(f"{target.name} 已存在，没有改动。请换一个名字（--to）。", file=sys.stderr)
        print(f"{target.name} is there already and was not changed; choose another name (--to).", file=sys.stderr)
        return 1
    print(f"恢复单：{target}。请打印两份分别锁好，然后删除这个文件。")
    print(f"Recovery sheet: {target}. Print it twice, lock the copies up apart, then delete this file.")
    return 0


def _restore(args: argparse.Namespace, data: Path) -> int:
    from lianfang.config.backups import places, sheet
    from lianfang.config.backups.keyfile import put_back

    file = Path(args.sheet).expanduser() if args.sheet else None
    if file is not None and not file.is_file():
        print(f"没有这个文件 / there is no such file: {file.name}", file=sys.stderr)
        return 1
    keyring = sheet.read_sheet(_typed() if file is None else file.read_text(encoding="utf-8", errors="replace"))
    folder = places.key_folder(data)
    aside = put_back(folder, keyring, replace=args.replace)
    if aside is not None:
        print(f"原来的密钥已改名为 {aside.name}。 / The keys that were there are now {aside.name}.")
    print(f"密钥已恢复到 {folder}（编号 {sheet.fingerprint(keyring)}）。请核对与恢复单上的编号一致。")
    print(f"The keys are back in {folder} ({sheet.fingerprint(keyring)}). Compare this with the sheet.")
    return 0


def _renew(args: argparse.Namespace, data: Path) -> int:
    from lianfang.config.backups import places, sheet
    from lianfang.config.environment import set_up

    keyring = places.existing_keyring(data)
    set_up(args.data)
    from lianfang.config.backups.renewing import renew
    from lianfang.foundation.clock import system_now

    begun = time.monotonic()
    done = renew(data, keyring, system_now(), _told)
    seconds, used = time.monotonic() - begun, done.keyring.current["field"]
    if done.finished:
        print(
            f"上次没有做完的更换已做完（{used}），没有再换新密钥。 / The exchange begun before ({used}) was finished."
        )
    else:
        print(f"已换上新密钥（{used}）。 / New keys are in use ({used}).")
    print(f"重新加密 {done.values} 项，用时 {seconds:.1f} 秒；所有人需要重新登录。")
    print(f"{done.values} values were encrypted anew in {seconds:.1f} s; everybody signs in again.")
    if not done.cleared:
        print("数据库文件正被别的程序读取，旧内容还留在其中。请关闭它，再运行一次。")
        print("Another program reads the database's files, and old bytes are still in them. End it and run this again.")
    print(f"请现在打印新的恢复单（编号 {sheet.fingerprint(done.keyring)}）：lianfang keys sheet")
    print(f"Print a new recovery sheet now ({sheet.fingerprint(done.keyring)}): lianfang keys sheet")
    print("旧恢复单只能打开以前的备份；这些备份到期删除后，旧单请销毁。")
    print("The old sheet opens backups made before; destroy it when they are gone.")
    return 0


def _told(number: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{number}", end="", file=sys.stderr)


def _typed() -> str:
    """Line by line; a wrong line is asked for again at once where somebody types, and named where a file is piped in."""
    from lianfang.config.backups.sheet import SheetError, read_line, read_sheet

    if not sys.stdin.isatty():
        return sys.stdin.read()
    print("请按恢复单逐行输入，输完最后一行后按回车。 / Type the sheet line by line; an empty line at the end.")
    lines: list[str] = []
    while True:
        try:
            typed = input(f"{len(lines) + 1:>2}  ")
        except EOFError:
            typed = ""
        if not typed.strip():
            return "\n".join(lines)
        try:
            if typed.strip().upper().startswith("LIANFANG-KEYS"):
                read_sheet(typed)
                return typed
            read_line(len(lines) + 1, typed)
        except SheetError as error:
            print(f"{error.label.zh}\n{error.label.en}")
            continue
        lines.append(typed)
