"""What `./lianfang` adds to a command once its environment is there, and what reading the rule packs costs a start."""

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAME = "start"
ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 20


def seconds(command: list[str]) -> float:
    """Median wall time of a command over ROUNDS runs, s."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def run() -> list[dict[str, Any]]:
    """Median times in milliseconds; the ratio is to an empty Python."""
    empty = seconds([sys.executable, "-c", "pass"])
    rows = []
    for name in ("--version", "--help"):
        taken = seconds([str(ROOT / "lianfang"), name])
        note = "to an empty Python"
        rows.append(
            {"name": name, "value": taken * 1e3, "unit": "ms", "n": ROUNDS, "ratio": taken / empty, "note": note}
        )
    return [*rows, packs()]


def packs() -> dict[str, Any]:
    """Reading every file of the rule packs and typing every catalogue, as each process does once."""
    from lianfang.rulepacks import read_packs
    from lianfang.rulepacks.library import CATALOGUES

    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        fresh = read_packs()
        for name in CATALOGUES:
            fresh.catalogue(name)
        taken.append(time.perf_counter() - begun)
    return {"name": "rule packs read and typed", "value": statistics.median(taken) * 1e3, "unit": "ms", "n": ROUNDS}
