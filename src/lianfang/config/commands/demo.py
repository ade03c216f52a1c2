"""Make the demo district and its last school days (started by `up`)."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("demo", help="make the demo district")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--address", default="", help="address to print above the sign-ins")
    parser.add_argument("--sizes", default="6,45,20", help="classes a grade, pupils a class, pupils a training group")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import migrate, set_up

    folder = set_up(args.data)
    migrate()
    from lianfang.config.demo.district import Sizes
    from lianfang.config.demo.making import make
    from lianfang.foundation.clock import system_now

    def say(line: str) -> None:
        print(line, flush=True)

    make(folder, Sizes(*map(int, args.sizes.split(","))), system_now(), say, args.address)
    return 0
