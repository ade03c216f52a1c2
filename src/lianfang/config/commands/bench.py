"""Measure: figures, ratios and the machine they were taken on (in a checkout)."""

from __future__ import annotations

import argparse

from lianfang.config.commands._checkout import developer_module

PASS_THROUGH = True


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`lianfang bench [NAME …] [--json]`."""
    parser = subparsers.add_parser("bench", help=__doc__)
    parser.add_argument("name", nargs="*", help="benchmarks (NAME of bench/bench_*.py); all by default")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(args: argparse.Namespace) -> int:
    """Hand over to dev.benchmarks."""
    return int(developer_module("benchmarks").main(args.rest))
