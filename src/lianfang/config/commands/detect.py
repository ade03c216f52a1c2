"""Judge the series of a CSV file: is this count unusual?

Reads ``t,epoch,<series>,…`` and writes ``method,series,t,epoch,observed,expected,upperbound,alarm,phi`` to standard
output; what could not be judged, and why, goes to standard error. No database is touched.
"""

from __future__ import annotations

import argparse
import sys

METHODS = ("farrington-flexible", "farrington", "ears-c1", "ears-c2", "ears-c3", "cusum", "ewma", "moving-percentile")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``lianfang detect``."""
    parser = subparsers.add_parser(
        "detect",
        help="judge the series of a CSV file: is this count unusual?",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: lianfang detect weekly.csv --method farrington-flexible --param limit54=5,4 b=4",
    )
    parser.add_argument("file", metavar="FILE.csv", help="columns t,epoch,<series>,…; - for standard input")
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument(
        "--param", metavar="NAME=VALUE", action="extend", nargs="+", default=[], help="parameter of the method"
    )
    parser.add_argument("--from", dest="first", metavar="T", type=int, help="first t to judge")
    parser.add_argument("--to", dest="last", metavar="T", type=int, help="last t to judge")
    parser.add_argument("--as-of", metavar="DATE", help="do not judge epochs after this date (YYYY-MM-DD)")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Read, judge, write; return 0, or 2 with one line on standard error for bad input, 1 if nothing can be judged."""
    from lianfang.engines.aberration.terminal import judge_file

    try:
        answer = judge_file(args.file, args.method, args.param, args.first, args.last, args.as_of)
    except ValueError as error:
        print(f"lianfang detect: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(answer.csv)
    for note in answer.notes:
        print(f"lianfang detect: {note}", file=sys.stderr)
    return 0 if answer.rows else 1
