"""Run the background process (started by `up`)."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("worker", help="background process: journal readers, reminders, deliveries")
    parser.add_argument("--data", metavar="DIR", help="data folder")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import set_up

    set_up(args.data)
    from lianfang.config.processes import keep_what_is_loaded
    from lianfang.config.worker import Worker

    keep_what_is_loaded()
    Worker().run()
    return 0
