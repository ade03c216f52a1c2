"""Bring the English message catalogues up to date, or check them (in a checkout)."""

from __future__ import annotations

import argparse

from lianfang.config.commands._checkout import developer_module

PASS_THROUGH = True


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`lianfang messages [ROOM …] [--check]`."""
    parser = subparsers.add_parser("messages", help=__doc__)
    parser.add_argument("room", nargs="*", help="rooms (folders of src/lianfang); all by default")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything is missing")


def run(args: argparse.Namespace) -> int:
    """Hand over to dev.messages."""
    return int(developer_module("messages").main(args.rest))
