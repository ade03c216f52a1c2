"""From a CSV file to judged points: what ``lianfang detect`` does, as a function."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from lianfang.engines.aberration.charts import ears, ewma, moving_percentile
from lianfang.engines.aberration.cusum import cusum
from lianfang.engines.aberration.farrington import farrington, farrington_flexible
from lianfang.engines.aberration.reasons import Reason, because
from lianfang.engines.aberration.reference import steps_a_year
from lianfang.engines.aberration.result import Detection
from lianfang.engines.tables import SeriesTable, cell, read_series

HEADER = ("method", "series", "t", "epoch", "observed", "expected", "upperbound", "alarm", "phi")
_SAID_BY_REFERENCE = (Reason.LOW_COUNTS, Reason.NO_VARIATION, Reason.OVERFLOW)


@dataclass(frozen=True)
class Answer:
    """Text of the CSV answer, number of its rows, and one sentence for each thing that could not be judged."""

    csv: str
    rows: int
    notes: list[str]


def _flag(text: str) -> bool:
    if text.upper() in ("TRUE", "T", "1", "YES"):
        return True
    if text.upper() in ("FALSE", "F", "0", "NO"):
        return False
    raise ValueError


def _optional(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text.upper() in ("NULL", "NONE", "") else kind(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _pair(text: str) -> tuple[float, int]:
    cases, period = text.removeprefix("c").removeprefix("(").removesuffix(")").split(",")
    return _number(cases), int(period)


def _mean(text: str) -> float | str:
    return text if text == "glm" else _number(text)


_FARRINGTON: dict[str, tuple[str, Callable[[str], Any]]] = {
    "b": ("b", int),
    "w": ("w", int),
    "reweight": ("reweight", _flag),
    "alpha": ("alpha", _number),
    "trend": ("trend", _flag),
    "limit54": ("limit54", _pair),
    "powertrans": ("powertrans", str),
    "frequency": ("frequency", int),
}
_EARS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "baseline": ("baseline", int),
    "minSigma": ("min_sigma", _number),
    "alpha": ("alpha", _optional(_number)),
    "form": ("form", str),
}
PARAMETERS: dict[str, dict[str, tuple[str, Callable[[str], Any]]]] = {
    "farrington": _FARRINGTON,
    "farrington-flexible": {
        **_FARRINGTON,
        "weightsThreshold": ("weights_threshold", _number),
        "pThresholdTrend": ("p_threshold_trend", _number),
        "noPeriods": ("no_periods", int),
        "pastWeeksNotIncluded": ("past_weeks_not_included", _optional(int)),
        "thresholdMethod": ("threshold_method", str),
        "variance": ("variance", str),
    },
    "ears-c1": _EARS,
    "ears-c2": _EARS,
    "ears-c3": _EARS,
    "cusum": {
        "k": ("k", _number),
        "h": ("h", _number),
        "m": ("m", _optional(_mean)),
        "trans": ("trans", str),
        "alpha": ("alpha", _optional(_number)),
        "frequency": ("frequency", int),
        "form": ("form", str),
    },
    "ewma": {
        "lambda": ("weight", _number),
        "limit": ("limit", _number),
        "baseline": ("baseline", int),
        "guard": ("guard", int),
        "minSigma": ("min_sigma", _number),
    },
    "moving-percentile": {
        "baseline": ("baseline", int),
        "guard": ("guard", int),
        "percentile": ("percentile", _number),
    },
}


def read_parameters(method: str, given: Sequence[str]) -> dict[str, Any]:
    """Turn ``NAME=VALUE`` texts into keyword arguments; raise ``ValueError`` with one sentence if one does not fit."""
    known = PARAMETERS[method]
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f'--param needs NAME=VALUE, not "{text}"')
        if name not in known:
            raise ValueError(f'{method} has no parameter "{name}"; it has {", ".join(known)}')
        keyword, convert = known[name]
        try:
            found[keyword] = convert(value.strip().strip("\"'"))
        except ValueError:
            raise ValueError(f'the value of parameter {name} cannot be used: "{value}"') from None
    return found


def detect(method: str, counts: Any, epochs: Any, positions: Any, parameters: dict[str, Any]) -> Detection:
    """Call the detector named ``method`` on counts (S, T)."""
    if method == "farrington-flexible":
        return farrington_flexible(counts, epochs=epochs, positions=positions, **parameters)
    if method == "farrington":
        return farrington(counts, epochs=epochs, positions=positions, **parameters)
    if method == "cusum":
        return cusum(counts, positions=positions, **{"frequency": steps_a_year(epochs, 52), **parameters})
    if method == "ewma":
        return ewma(counts, positions=positions, **parameters)
    if method == "moving-percentile":
        return moving_percentile(counts, positions=positions, **parameters)
    which: Any = method[-2:].upper()
    return ears(counts, method=which, positions=positions, **parameters)


@dataclass(frozen=True)
class _Grid:
    """Counts on a complete time axis: ``row`` (T,) is the file's row of a time step, -1 where the file has none."""

    counts: Any
    epochs: Any
    row: Any


def _grid(table: SeriesTable) -> _Grid:
    """Insert the weeks (or values of t) that the file leaves out as missing, so that a year back is a year back."""
    steps = np.array(table.t, dtype=np.int64)
    place = steps - steps[0]
    days = None
    if table.days is not None:
        days = np.array(table.days, dtype="datetime64[D]")
        since = (days - days[0]).astype(np.int64)
        apart = np.diff(since)
        weekly = len(apart) > 0 and bool((apart % 7 == 0).all()) and int(apart.min()) == 7
        place = since // 7 if weekly else np.arange(len(days), dtype=np.int64)
    if place[-1] >= 20 * len(place) + 1000:
        raise ValueError(f"t runs from {table.t[0]} to {table.t[-1]} in only {len(table.t)} rows")
    row = np.full(int(place[-1]) + 1, -1, dtype=np.int64)
    row[place] = np.arange(len(place))
    counts = np.full((len(table.names), len(row)), np.nan)
    counts[:, place] = np.array(table.counts)
    if days is not None and len(row) != len(days):
        days = days[0] + 7 * np.arange(len(row)).astype("timedelta64[D]")
    return _Grid(counts, days, row)


def _chosen(table: SeriesTable, grid: _Grid, first: int | None, last: int | None) -> Any:
    """Return the grid positions from t = ``first`` to ``last``, or ``None`` for the method's own beginning."""
    if first is not None and last is not None and first > last:
        raise ValueError(f"--from {first} lies after --to {last}")
    for name, value in (("--from", first), ("--to", last)):
        if value is not None and not table.t[0] <= value <= table.t[-1]:
            raise ValueError(f"{name} {value} lies outside the file, whose t runs from {table.t[0]} to {table.t[-1]}")
    if first is None:
        return None
    low = table.t[0] if first is None else first
    high = table.t[-1] if last is None else last
    inside = [p for p, r in enumerate(grid.row.tolist()) if r >= 0 and low <= table.t[r] <= high]
    if not inside:
        raise ValueError(f"the file has no row with t from {low} to {high}")
    return np.arange(inside[0], inside[-1] + 1)


def judge_file(
    path: str, method: str, given: Sequence[str], first: int | None, last: int | None, as_of: str | None = None
) -> Answer:
    """Judge every series of a file; ``first`` and ``last`` are values of its t column.

    Raises ``ValueError`` (:class:`~lianfang.engines.tables.TableError` for the file) with one sentence.
    """
    parameters = read_parameters(method, given)
    table = read_series(path)
    grid = _grid(table)
    found = detect(method, grid.counts, grid.epochs, _chosen(table, grid, first, last), parameters)
    if as_of is not None:
        found = found.without(_after(table, grid, as_of)[found.positions][None, :], Reason.FUTURE)
    return _write(table, grid, found, method, last)


def _after(table: SeriesTable, grid: _Grid, as_of: str) -> Any:
    if table.days is None:
        raise ValueError("--as-of needs epochs that are dates (YYYY-MM-DD)")
    try:
        limit = date.fromisoformat(as_of)
    except ValueError:
        raise ValueError(f'--as-of is not a date (YYYY-MM-DD): "{as_of}"') from None
    later = np.array([day > limit for day in table.days])
    return np.where(grid.row >= 0, later[np.maximum(grid.row, 0)], False)


def _write(table: SeriesTable, grid: _Grid, found: Detection, method: str, last: int | None) -> Answer:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    rows = grid.row[found.positions]
    kept = [j for j, r in enumerate(rows.tolist()) if r >= 0 and (last is None or table.t[r] <= last)]
    notes: list[str] = []
    for s, name in enumerate(table.names):
        why: dict[int, list[int]] = {}
        for j in kept:
            t, epoch = table.t[rows[j]], table.epochs[rows[j]]
            code = int(found.reason[s, j])
            bound = found.upperbound[s, j]
            said = code == Reason.JUDGED or (code in _SAID_BY_REFERENCE and not (code == 9 and np.isnan(bound)))
            if code != Reason.JUDGED:
                why.setdefault(code, []).append(t)
            # The reference reports an expectation of 0 and no bound where its regression does not converge.
            lost = code == Reason.NOT_CONVERGED and method == "farrington-flexible"
            values = (found.observed[s, j], 0.0 if lost else found.expected[s, j], bound)
            alarm = str(int(found.alarm[s, j])) if said else ""
            writer.writerow([method, name, t, epoch, *map(cell, values), alarm, cell(found.phi[s, j])])
        for code, times in sorted(why.items()):
            notes.append(f"{name}, {len(times)} of {len(kept)} points ({_span(times)}): {because(code)}")
    if not kept:
        notes.append(f"{because(Reason.TOO_SHORT)} ({len(grid.row)} time steps)")
    return Answer(text.getvalue(), len(kept) * len(table.names), notes)


def _span(times: list[int]) -> str:
    return f"t {times[0]}" if len(times) == 1 else f"t {times[0]} to {times[-1]}"
