"""Verify the journal's hash chain, or show where it stands."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("journal", help="verify the journal")
    parser.add_argument("what", choices=["verify", "head"])
    parser.add_argument("--data", metavar="DIR", help="data folder")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import set_up

    set_up(args.data)
    from lianfang.foundation.journal import verify
    from lianfang.foundation.models import JournalEntry, JournalHead

    head = JournalHead.objects.get(pk=1)
    if args.what == "head":
        waiting = JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).count()
        print(f"sealed {head.seq}, waiting {waiting}, digest {head.digest}")
        return 0
    faults = 0
    for fault in verify():
        faults += 1
        print(f"{fault.seq}: {fault.what}")
        if faults == 100:
            print("…")
            break
    print(f"{head.seq} entries, " + ("whole" if not faults else f"{faults} faults"))
    return 1 if faults else 0
