"""Take the pictures of the documentation from a demo (in a checkout)."""

from __future__ import annotations

import argparse

from lianfang.config.commands._checkout import developer_module

PASS_THROUGH = True


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`lianfang screenshots [NAME …]`."""
    parser = subparsers.add_parser("screenshots", help=__doc__)
    parser.add_argument("names", nargs="*", help="only pictures whose names begin so")


def run(args: argparse.Namespace) -> int:
    """Hand over to dev.screenshots."""
    return int(developer_module("screenshots").main(args.rest))
