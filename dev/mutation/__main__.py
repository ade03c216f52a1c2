"""Open each permission check in turn and list those that no test notices.

    python -m dev.mutation ask [PLACE ...] [--minutes N] [--again VERDICT] [--only TEXT] [--known] [--part N/M]
                                     ask for the checks without a verdict; tests that are new to it are first run with
                                     nothing changed, to know what they reach (PLACE: access, people, ...; all of them)
    python -m dev.mutation baseline [PLACE ...]   that first part alone
    python -m dev.mutation report    figures, and every survivor that nothing explains
    python -m dev.mutation list      every check

`--state FILE` is where the results are kept between runs. Exit code 1 when a check survives that `allowed.toml` does
not explain, or when it explains one that is noticed or gone.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

from dev.mutation.checks import ROOT, checks
from dev.mutation.running import Choice, Forking, State, ask, baseline, places, session, waiting

ALLOWED = Path(__file__).with_name("allowed.toml")


def allowed() -> dict[str, str]:
    """Reasons by check."""
    kept = tomllib.loads(ALLOWED.read_text(encoding="utf-8")) if ALLOWED.exists() else {}
    return {key: group["why"] for group in kept.get("group", ()) for key in group["checks"]}


def report(state: State) -> int:
    """Print what is known; 1 when something is unexplained."""
    every = {check.key: check for check in checks()}
    known = {key: state.verdicts[key] for key in every if key in state.verdicts}
    verdicts = Counter(found["verdict"] for found in known.values())
    reasons = allowed()
    survivors = [key for key, found in known.items() if found["verdict"] in ("survived", "not reached")]
    open_ones = [key for key in survivors if key not in reasons]
    print(f"checks {len(every)}, asked {len(known)}, " + ", ".join(f"{k} {n}" for k, n in sorted(verdicts.items())))
    print(f"survivors {len(survivors)}, explained {len(survivors) - len(open_ones)}, unexplained {len(open_ones)}")
    for key in open_ones:
        print(f"  {known[key]['verdict']}: {key} (line {every[key].line})")
    stale = [k for k in reasons if k not in every or known.get(k, {}).get("verdict") in ("noticed", "died")]
    for key in stale:
        print(f"  explained without need: {key}")
    return 1 if open_ones or stale else 0


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m dev.mutation", description=str(__doc__).splitlines()[0])
    parser.add_argument("what", choices=("baseline", "ask", "report", "list"))
    parser.add_argument("places", nargs="*")
    parser.add_argument("--state", type=Path, default=ROOT / ".mutation.json")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--budget", type=float, default=30, help="processor seconds of tests for one check")
    parser.add_argument("--again", nargs="*", default=[], help="verdicts to ask for again: survived, died, not-reached")
    parser.add_argument("--known", action="store_true", help="ask only tests that are known from an earlier run")
    parser.add_argument("--part", default="1/1", help="of the checks those of one process of several: 1/2, 2/2")
    parser.add_argument("--only", default="", help="checks whose name holds this text")
    given = parser.parse_args(arguments)
    state = State.read(given.state)
    if given.what == "report":
        return report(state)
    if given.what == "list":
        for check in checks():
            print(check.key)
        return 0
    if given.what == "baseline":
        return session(places(given.places), lambda forking: baseline(state, forking))
    again = tuple(word.replace("-", " ") for word in given.again)
    until = time.monotonic() + given.minutes * 60

    def work(forking: Forking) -> None:
        if not given.known:
            baseline(state, forking)
        choice = Choice(state)
        part, parts = (int(word) for word in given.part.split("/"))
        for number, check in enumerate(c for c in waiting(state, again, part - 1, parts) if given.only in c.key):
            if time.monotonic() > until:
                print("the time is over; the same command goes on from here", flush=True)
                break
            found = ask(state, forking, choice, check, given.budget)
            state.verdicts[check.key] = found
            if found["verdict"] != "noticed":
                print(f"{found['verdict']} ({found['asked']} tests): {check.key}", flush=True)
            if number % 5 == 4:
                state.write()
        state.write()

    code = session(places(given.places), work)
    return report(state) or code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
