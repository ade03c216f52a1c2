"""Reading of the reference answers: the data sets' CSV files and the files made by tests/golden/engines."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "engines"


def dataset(name):
    """File of a shipped data set."""
    return Path(str(files("lianfang.data").joinpath(name)))


def salmonella():
    """Weekly counts (T,) and epochs (T,) of the German salmonellosis series."""
    with dataset("detection/salmAllOnset_raw.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(r["observed1"]) for r in rows]), np.array([r["epoch"] for r in rows], "datetime64[D]")


def answers(name):
    """Columns of detection/salmAllOnset_<name>.csv as arrays; ``position`` counts from 0."""
    with dataset(f"detection/salmAllOnset_{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    wanted = [c for c in ("expected", "upperbound", "phi", "alarm", "trend", "pvalue") if c in rows[0]]
    columns = {c: np.array([float(r[c]) for r in rows]) for c in wanted}
    return {"position": np.array([int(r["t"]) - 1 for r in rows]), **columns}


def cases(name):
    """Rows of tests/golden/engines/<name>.txt as dictionaries of text."""
    with (GOLDEN / f"{name}.txt").open() as file:
        return list(csv.DictReader(file, delimiter="|"))


def numbers(text):
    """A comma-separated list as an array; NA is NaN."""
    return np.array([np.nan if x in ("NA", "NaN") else float(x) for x in text.split(",")])


def agree(ours, theirs, what=""):
    """Assert equality to a relative 1e-6, NaN where the reference has none."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9, equal_nan=True, err_msg=str(what))
