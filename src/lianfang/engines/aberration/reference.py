"""Which past points are comparable: the baseline of the Farrington methods.

Sources: Farrington et al. (1996) section 3.2 (half-window w in each of b past years); Noufaily et al. (2013), sect. 3.3
(the rest of the year split into levels of a seasonal factor).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lianfang.engines.aberration.result import FloatArray, IntArray

Epochs = NDArray[np.datetime64]
ABSENT = -(10**9)


@dataclass(frozen=True)
class Baseline:
    """Baseline of P points, stored flat: point j owns ``index[start[j]:start[j + 1]]`` with levels ``level[...]``.

    Level 0 is the window around the date itself. ``missing[j]`` counts the baseline's steps that lie before the series;
    ``exists[j]`` tells whether it may be used: with one such step it may, as the reference implementation does, since
    34 of 35 weeks say as much.
    """

    index: IntArray
    level: IntArray
    start: IntArray
    missing: IntArray
    exists: NDArray[np.bool_]


def step_days(epochs: Epochs) -> int:
    """Return the usual distance between epochs in days (7 weekly, 1 daily, about 30 monthly)."""
    if len(epochs) < 2:
        return 7
    return int(np.median(np.diff(epochs.astype("datetime64[D]")).astype(int)))


def steps_a_year(epochs: Epochs | None, frequency: int) -> int:
    """Return the number of steps in a year: of days, weeks or months by the epochs, else ``frequency``."""
    if epochs is None:
        return frequency
    step = step_days(epochs)
    return {1: 365, 7: 52}.get(step, 12 if 28 <= step <= 31 else frequency)


def trend_time(length: int, epochs: Epochs | None) -> FloatArray:
    """Return the trend's covariate (T,): steps, or with dated epochs days in units of the usual step.

    Months differ in length, so that their steps are not equal; weeks and days are.
    """
    if epochs is None:
        return np.arange(length, dtype=np.float64)
    days = epochs.astype("datetime64[D]").astype(np.int64)
    return np.asarray((days - days[0]) / max(step_days(epochs), 1), dtype=np.float64)


def reference_points(positions: IntArray, years: int, epochs: Epochs | None, frequency: int) -> IntArray:
    """Return an array (P, years + 1): the positions ``years`` … one year before, oldest first, then the point itself.

    With dated epochs the same calendar date is looked up in each earlier year; weekly epochs move it to the nearest
    day with the weekday of the point. Without dates a year is ``frequency`` steps. A reference point that no epoch
    has is given by a negative position: extrapolated before the series, ``ABSENT`` in a gap.
    """
    back = np.arange(years, -1, -1, dtype=np.int64)
    if epochs is None:
        return np.asarray(positions[:, None] - frequency * back[None, :])
    dated = epochs.astype("datetime64[D]")
    days = dated.astype(np.int64)
    step = step_days(epochs)
    here = dated[positions]
    result = np.empty((len(positions), years + 1), dtype=np.int64)
    result[:, -1] = positions
    for column, i in enumerate(back[:-1].tolist()):
        month = here.astype("datetime64[M]")
        day = (month - np.timedelta64(12 * i, "M")).astype("datetime64[D]").astype(np.int64)
        day = day + (here - month.astype("datetime64[D]")).astype(np.int64)
        if step == 7:
            lag = (day - here.astype(np.int64)) % 7
            day = np.where(lag <= 3, day - lag, day + 7 - lag)
        at = np.searchsorted(days, day)
        hit = (at < len(days)) & (days[np.minimum(at, len(days) - 1)] == day)
        before = np.minimum(-((days[0] - day) // step), -1)
        result[:, column] = np.where(hit, at, np.where(day < days[0], before, ABSENT))
    return result


def baseline_of_point(
    points: list[int], half_window: int, periods: int, past_not_included: int
) -> tuple[list[int], list[int]]:
    """Return positions (possibly negative) and levels of one baseline, oldest first.

    ``points`` is one row of :func:`reference_points`. With ``periods`` > 1 the stretch between two windows is cut into
    ``periods - 1`` runs, the first ones longer by one where it does not divide evenly; where it has fewer steps than
    runs (months), the last of them takes the first step of the following window too, as in the reference. Nothing of
    the last ``past_not_included`` steps is used; where that is less than
    the half-window, the window's weeks just before the point are.
    """
    index: list[int] = []
    level: list[int] = []
    early: dict[int, int] = {}
    for here, following in itertools.pairwise(points):
        window = range(here - half_window, here + half_window + 1)
        index += window
        level += [0] * len(window)
        if periods > 1:
            begin, end = here + half_window + 1, following - half_window
            size, longer = divmod(max(end - begin, 0), periods - 1)
            for run in range(periods - 1):
                length = size + (run < longer)
                index += range(begin, begin + length)
                level += [run + 1] * length
                begin += length
            if size == 0:
                early[end] = longer
    now = points[-1]
    index += range(now - half_window, now)
    level += [0] * half_window
    last = now - past_not_included
    kept = [(i, g) for i, g in zip(index, level, strict=True) if i < last]
    return [i for i, _ in kept], [early.get(i, g) for i, g in kept]


def build_baseline(
    positions: IntArray,
    *,
    years: int,
    half_window: int,
    periods: int,
    past_not_included: int,
    epochs: Epochs | None,
    frequency: int,
) -> Baseline:
    """Return the baselines of all judged positions; they are shared by every series."""
    points = reference_points(positions, years, epochs, frequency)
    index: list[IntArray] = []
    level: list[IntArray] = []
    start = np.zeros(len(positions) + 1, dtype=np.int64)
    missing = np.zeros(len(positions), dtype=np.int64)
    shapes: dict[tuple[int, ...], tuple[IntArray, IntArray]] = {}
    for j, row in enumerate(points.tolist()):
        if ABSENT in row:
            missing[j] = 2 * half_window + 2
            start[j + 1] = start[j]
            continue
        shape = tuple(at - row[-1] for at in row)
        if shape not in shapes:
            found, levels = baseline_of_point(list(shape), half_window, periods, past_not_included)
            shapes[shape] = np.array(found, dtype=np.int64), np.array(levels, dtype=np.int64)
        relative, levels_here = shapes[shape]
        absolute = relative + row[-1]
        if absolute.size and absolute[0] < 0:
            inside = absolute >= 0
            missing[j] = int((~inside).sum())
            absolute, levels_here = absolute[inside], levels_here[inside]
        index.append(absolute)
        level.append(levels_here)
        start[j + 1] = start[j] + len(absolute)
    nothing = np.zeros(0, dtype=np.int64)
    return Baseline(
        index=np.concatenate(index) if index else nothing,
        level=np.concatenate(level) if level else nothing,
        start=start,
        missing=missing,
        exists=missing <= 1,
    )
