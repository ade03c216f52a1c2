"""From two CSV files to R(t): what ``lianfang rt`` does, as a function."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from lianfang.engines.reproduction.cori import reproduction_number
from lianfang.engines.reproduction.interval import checked_interval
from lianfang.engines.reproduction.model import FloatArray, Reason, because
from lianfang.engines.tables import TableError, cell, number, read_table, whole_numbers

HEADER = ("t_start", "t_end", "mean", "sd", "q025", "q05", "q25", "median", "q75", "q95", "q975")


@dataclass(frozen=True)
class Answer:
    """Text of the CSV answer, number of its windows, and one sentence for each kind of doubt."""

    csv: str
    rows: int
    notes: list[str]


def read_incidence(path: str) -> tuple[list[int], FloatArray]:
    """Read ``t,I``: consecutive days and new cases, not negative. Raises :class:`TableError`."""
    table = read_table(path)
    if table.names != ["t", "I"]:
        raise TableError(f'{path}: the header must be "t,I", not "{",".join(table.names)}"')
    t = list(whole_numbers(table, 0))
    for row in range(1, len(t)):
        if t[row] != t[row - 1] + 1:
            raise TableError(f"{table.where(row)}: t must rise by 1, but {t[row]} follows {t[row - 1]}")
    cases = [number(table, row, 1, missing=True) for row in range(len(t))]
    for row, value in enumerate(cases):
        if value < 0:
            raise TableError(f"{table.where(row)}: I is negative ({value:g}), which cannot be judged")
    return t, np.array(cases)


def read_serial_interval(path: str) -> FloatArray:
    """Read ``k,w``: 0, 1, 2 … days and their probabilities. Raises :class:`TableError`."""
    table = read_table(path)
    if table.names != ["k", "w"]:
        raise TableError(f'{path}: the header must be "k,w", not "{",".join(table.names)}"')
    for row, k in enumerate(whole_numbers(table, 0)):
        if k != row:
            raise TableError(f"{table.where(row)}: k must count 0, 1, 2 …, but here is {k}")
    try:
        return checked_interval([number(table, row, 1) for row in range(len(table.rows))])
    except TableError:
        raise
    except ValueError as error:
        raise TableError(f"{path}: {error}") from None


def estimate_file(incidence_path: str, interval_path: str, window: int) -> Answer:
    """Estimate R(t) of a file over sliding windows. Raises ``ValueError`` with one sentence."""
    t, counts = read_incidence(incidence_path)
    weights = read_serial_interval(interval_path)
    if len(counts) < 3:
        raise TableError(f"{incidence_path}: cannot judge, because there are only {len(counts)} days")
    found = reproduction_number(counts, weights, window=window)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    shift = t[0] - 1
    for i in range(len(found.start)):
        known = found.reason[0, i] not in (Reason.MISSING, Reason.NEGATIVE)
        values = (found.mean[0, i], found.sd[0, i], *found.quantiles[0, i])
        cells = [cell(value) if known else "" for value in values]
        writer.writerow([found.start[i] + shift, found.end[i] + shift, *cells])
    notes = []
    for code in sorted({int(code) for code in found.reason[0]} - {int(Reason.JUDGED)}):
        times = (found.end[found.reason[0] == code] + shift).tolist()
        notes.append(
            f"{len(times)} of {len(found.start)} windows (ending t {times[0]} to {times[-1]}): {because(code)}"
        )
    return Answer(text.getvalue(), len(found.start), notes)
