"""Run the background process (started by `up`)."""

from __future__ import annotations

import argparse
import os


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("worker", help="background process: journal readers, reminders, deliveries")
    parser.add_argument("--data", metavar="DIR", help="data folder")
    parser.add_argument("--log-format", choices=["text", "json"], help="default: text at a terminal, else json")


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import choose, count_together, set_up

    if args.log_format:
        os.environ["LIANFANG_LOG_FORMAT"] = args.log_format
    count_together(choose(args.data))
    set_up(args.data)
    from lianfang.config.logs import keep_values_out
    from lianfang.config.processes import keep_what_is_loaded

    keep_values_out()
    from lianfang.config.worker import Worker

    keep_what_is_loaded()
    Worker().run()
    return 0
