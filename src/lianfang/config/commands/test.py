"""Check everything: style, types, import contract, catalogues, tests on SQLite and PostgreSQL (in a checkout)."""

from __future__ import annotations

import argparse

from lianfang.config.commands._checkout import developer_module

PASS_THROUGH = True


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`lianfang test [--fast] [--db …] [--only-pytest] [--soak …] [pytest arguments]`."""
    parser = subparsers.add_parser(
        "test",
        help=__doc__,
        epilog="Everything else goes to pytest. Naming tests (a path, -k, -m) leaves the checks before pytest out.",
    )
    parser.add_argument("--fast", action="store_true", help="no browser, no slow tests, SQLite only")
    parser.add_argument("--db", choices=("both", "sqlite", "postgres"), help="databases to run on (default: both)")
    parser.add_argument(
        "--soak", action="store_true", help="the fault bench at length instead; also takes --minutes N and --seed S"
    )
    parser.add_argument("--only-pytest", action="store_true", help="leave the checks before pytest out")


def run(args: argparse.Namespace) -> int:
    """Hand over to dev.suite."""
    return int(developer_module("suite").main(args.rest))
