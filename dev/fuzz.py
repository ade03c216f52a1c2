"""`python -m dev.fuzz --calls 20000 --seed 1`: the whole API with generated input, far longer than the suite does it.

Every operation, as people of nine roles, by token and by session, in chains in which answers feed the next calls
(tests/api/fuzzing.py). Prints the calls by class of status and by who made them; ends with 1 after any answer of 500
and above, or one that the published schema does not promise.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Run it in a pytest session of its own, which brings the database and the populated morning."""
    parser = argparse.ArgumentParser(prog="python -m dev.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    given = parser.parse_args(arguments)
    os.environ["LIANFANG_TEST_DB"] = given.db
    os.environ["LIANFANG_FUZZ"] = f"{given.calls},{given.seed}"
    import pytest

    begun = time.monotonic()
    quiet = ["-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header", "--disable-warnings"]
    code = int(pytest.main([str(ROOT / "tests" / "api" / "long_fuzz.py"), *quiet]))
    print(f"{time.monotonic() - begun:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
