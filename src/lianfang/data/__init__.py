"""Published data sets for tests, replays and benchmarks; README.md tells their sources."""

from __future__ import annotations

from pathlib import Path


def path(name: str) -> Path:
    """Return the file of a data set by its name within this folder, e.g. ``rt/rt_Flu2009_incidence.csv``.

    Raises ``FileNotFoundError``.
    """
    found = Path(__file__).parent / name
    if not found.is_file():
        raise FileNotFoundError(f"no data set {name}")
    return found
