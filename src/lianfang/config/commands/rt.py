"""Estimate the reproduction number R(t) from a CSV file of new cases per day.

Reads ``t,I`` and a serial interval ``k,w`` (probability of k = 0, 1, 2 … days) and writes
``t_start,t_end,mean,sd,q025,q05,q25,median,q75,q95,q975`` to standard output; windows that do not support an estimate,
and why, go to standard error. No database is touched.
"""

from __future__ import annotations

import argparse
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``lianfang rt``."""
    parser = subparsers.add_parser(
        "rt",
        help="estimate the reproduction number from new cases per day",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="INCIDENCE.csv", help="columns t,I; - for standard input")
    parser.add_argument("--si", required=True, metavar="SI.csv", help="columns k,w")
    parser.add_argument("--window", type=int, default=7, metavar="DAYS", help="length of the sliding window (7)")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Read, estimate, write; return 0, or 2 with one line on standard error for bad input."""
    from lianfang.engines.reproduction.terminal import estimate_file

    try:
        answer = estimate_file(args.file, args.si, args.window)
    except ValueError as error:
        print(f"lianfang rt: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(answer.csv)
    for note in answer.notes:
        print(f"lianfang rt: {note}", file=sys.stderr)
    return 0
