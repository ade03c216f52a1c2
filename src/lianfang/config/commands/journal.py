"""Verify the journal's hash chain, or show where it stands."""

from __future__ import annotations

import argparse
import re


def mark(text: str) -> tuple[int, str]:
    """`SEQ:DIGEST` as `journal head` prints it. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError("SEQ:DIGEST (64 hex digits), as `lianfang journal head` printed it")
    return int(found[1]), found[2]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("journal", help="verify the journal")
    parser.add_argument("what", choices=["verify", "head"])
    parser.add_argument("--data", metavar="DIR", help="data folder")
    parser.add_argument(
        "--expect",
        metavar="SEQ:DIGEST",
        type=mark,
        action="append",
        default=[],
        help="a head that was noted elsewhere and has to be in the journal still (may be given more than once)",
    )


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import set_up

    set_up(args.data)
    from lianfang.foundation.journal import head_mark, verify
    from lianfang.foundation.models import JournalEntry, JournalHead

    if args.what == "head":
        head = JournalHead.objects.get(pk=1)
        waiting = JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).count()
        print(f"已封 / sealed {head.seq} · 待封 / waiting {waiting}")
        print(f"请抄存 / note this elsewhere: {head_mark()}")
        return 0
    faults = 0
    for fault in verify(args.expect):
        faults += 1
        print(f"{fault.seq}: {fault.what}")
        if faults == 100:
            print("…")
            break
    if faults:
        print(f"有 {faults} 处不符 / {faults} faults")
        return 1
    head = JournalHead.objects.get(pk=1)
    print(f"操作记录完整，共 {head.seq} 条 / {head.seq} entries, whole")
    print(f"请抄存 / note this elsewhere: {head_mark()}")
    return 0
