"""Control charts on recent counts: EARS C1, C2, C3, EWMA and the moving percentile.

* L. Hutwagner, W. Thompson, G. M. Seeman, T. Treadwell (2003): The bioterrorism preparedness and response Early
  Aberration Reporting System (EARS). J. Urban Health 80, i89-i96.
* R. D. Fricker, B. L. Hegler, D. A. Dunfee (2008): Comparing syndromic surveillance detection methods: EARS versus a
  CUSUM-based methodology. Statistics in Medicine 27, 3407-3429.
* S. W. Roberts (1959): Control chart tests based on geometric moving averages. Technometrics 1, 239-250;
  J. M. Lucas, M. S. Saccucci (1990): Exponentially weighted moving average control schemes. Technometrics 32, 1-12.

EARS gives the numbers of the R package *surveillance* 1.20.3 (docs/algorithms/charts.md).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lianfang.engines.aberration.reasons import Reason
from lianfang.engines.aberration.result import (
    Detection,
    FloatArray,
    IntArray,
    as_positions,
    as_series,
    mark,
)

EarsMethod = Literal["C1", "C2", "C3"]
_LAG = {"C1": 0, "C2": 2, "C3": 2}
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}


def _moments(y: FloatArray, at: IntArray, baseline: int, lag: int) -> tuple[FloatArray, FloatArray]:
    from lianfang.engines.aberration.charts_kernel import moving_moments

    mean = np.empty((y.shape[0], len(at)))
    sd = np.empty_like(mean)
    moving_moments(y, at, baseline, lag, mean, sd)
    return mean, sd


def _reasons(y: FloatArray, at: IntArray, window_start: IntArray, mean: FloatArray) -> NDArray[np.int8]:
    """Reason codes of a chart whose window begins at ``window_start`` (P,) and whose mean is NaN if a count is."""
    reason = np.zeros((y.shape[0], len(at)), dtype=np.int8)
    observed = y[:, at]
    mark(reason, np.broadcast_to(window_start < 0, reason.shape), Reason.TOO_SHORT)
    mark(reason, np.isnan(observed), Reason.MISSING_NOW)
    mark(reason, np.isnan(mean), Reason.MISSING_BASELINE)
    negative = np.concatenate([np.zeros((y.shape[0], 1)), np.cumsum(y < 0, axis=1)], axis=1)
    within = negative[:, at + 1] - negative[:, np.maximum(window_start, 0)]
    mark(reason, within > 0, Reason.NEGATIVE)
    return reason


def ears(
    counts: Any,
    *,
    method: EarsMethod = "C1",
    positions: Any = None,
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float | None = None,
    form: Literal["reference", "paper"] = "reference",
    pvalues: bool = False,
) -> Detection:
    """Judge S daily or weekly series of T counts; every returned array has shape (S, P).

    C1 compares with the ``baseline`` counts just before, C2 leaves two steps between, C3 adds up the excess of C2 over
    one standard deviation at three consecutive steps. ``min_sigma`` floors the standard deviation (in cases).
    ``alpha`` defaults to 0.001 (C1, C2) and 0.025 (C3), one-sided. C3's bound is mean + sd (z - earlier excess) in
    the ``"paper"`` form; the reference adds that margin to the count itself, so that only earlier excess can alarm.
    A baseline without variation is reported as ``NO_VARIATION`` beside the reference's numbers. With ``pvalues`` the
    predictive tail of C1 and C2 is given too. Raises ``ValueError`` for arguments out of range.
    """
    if method not in _LAG:
        raise ValueError(f'the EARS method must be "C1", "C2" or "C3", not "{method}"')
    level = _ALPHA[method] if alpha is None else alpha
    if not 0.0 < level < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, not {level}")
    if baseline < 2:
        raise ValueError(f"the baseline must have at least 2 points, not {baseline}")
    if min_sigma < 0:
        raise ValueError(f"minSigma must not be negative: {min_sigma}")
    if form not in ("reference", "paper"):
        raise ValueError(f'form must be "reference" or "paper", not "{form}"')
    from scipy.special import ndtri

    from lianfang.engines.aberration.charts_kernel import ears_points

    y = as_series(counts)
    lag, summed = _LAG[method], method == "C3"
    at = as_positions(positions, baseline + lag + (2 if summed else 0), y.shape[1])
    shape = (y.shape[0], len(at))
    mean, spread, bound = np.empty(shape), np.empty(shape), np.empty(shape)
    alarm, reason = np.empty(shape, dtype=np.bool_), np.empty(shape, dtype=np.int8)
    ears_points(
        y, at, baseline, lag, summed, float(ndtri(1.0 - level)), float(min_sigma), form == "paper", mean, spread, bound,
        alarm, reason,
    )  # fmt: skip
    observed = np.take(y, at, axis=1)
    tail = _predictive_tail(observed, mean, spread, reason, baseline) if pvalues and not summed else None
    nothing = np.full(shape, np.nan)
    return Detection(f"ears-{method.lower()}", at, observed, mean, bound, alarm, nothing, reason, pvalue=tail)


def _predictive_tail(
    observed: FloatArray, mean: FloatArray, spread: FloatArray, reason: NDArray[np.int8], baseline: int
) -> FloatArray:
    """P(a count at least as large) from the baseline's mean and deviation; NaN where nothing is judged.

    Student's t with ``baseline`` - 1 degrees of freedom and variance sd^2 (1 + 1/baseline): seven points know their
    own spread badly, and a normal tail would call one day in thirty remarkable.
    """
    from scipy.special import stdtr

    with np.errstate(all="ignore"):
        t = (mean - observed) / (spread * np.sqrt(1.0 + 1.0 / baseline))
        return np.where(reason == Reason.JUDGED, stdtr(baseline - 1.0, t), np.nan)


def ewma(
    counts: Any,
    *,
    positions: Any = None,
    weight: float = 0.25,
    limit: float = 2.0,
    baseline: int = 28,
    guard: int = 2,
    min_sigma: float = 0.0,
) -> Detection:
    """Judge series by an exponentially weighted moving average against a moving baseline; arrays (S, P).

    E_t = ``weight`` y_t + (1 - ``weight``) E_{t-1}, started at the mean of the first ``baseline`` counts. Alarm when
    E_t > mu_t + ``limit`` sigma_t sqrt(weight / (2 - weight)), mu and sigma being the moments of the ``baseline``
    counts that end ``guard`` steps before t. The upper bound is the count at which that happens; expected is mu_t.
    """
    if not 0.0 < weight <= 1.0:
        raise ValueError(f"lambda must lie between 0 and 1, not {weight}")
    if baseline < 2 or guard < 0 or min_sigma < 0:
        raise ValueError("baseline must be at least 2, guard and minSigma not negative")
    from lianfang.engines.aberration.charts_kernel import smooth

    y = as_series(counts)
    at = as_positions(positions, baseline + guard, y.shape[1])
    mean, sd = _moments(y, at, baseline, guard)
    floored = np.maximum(sd, min_sigma)
    average = np.empty_like(y)
    head = y[:, :baseline]
    known = ~np.isnan(head)
    first = np.where(known, head, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    smooth(y, weight, first, average)
    previous = np.where(at > 0, average[:, np.maximum(at - 1, 0)], first[:, None])
    observed = y[:, at]
    ceiling = mean + limit * floored * np.sqrt(weight / (2.0 - weight))
    bound = np.maximum((ceiling - (1.0 - weight) * previous) / weight, 0.0)
    reason = _reasons(y, at, at - guard - baseline, mean)
    mark(reason, floored == 0.0, Reason.NO_VARIATION)
    judged = reason == Reason.JUDGED
    bound = np.where(judged, bound, np.nan)
    with np.errstate(invalid="ignore"):
        alarm = judged & (observed > bound)
    return Detection("ewma", at, observed, mean, bound, alarm, np.full_like(bound, np.nan), reason)


def moving_percentile(
    counts: Any, *, positions: Any = None, baseline: int = 28, guard: int = 0, percentile: float = 95.0
) -> Detection:
    """Judge series against a percentile of the last ``baseline`` counts (linear between order statistics); (S, P).

    Used with P95 of absence in Shanghai schools (rules/REGULATIONS section 9). Expected is the moving median.
    """
    if not 0.0 < percentile < 100.0:
        raise ValueError(f"percentile must lie between 0 and 100, not {percentile}")
    if baseline < 2 or guard < 0:
        raise ValueError("baseline must be at least 2, guard not negative")
    y = as_series(counts)
    at = as_positions(positions, baseline + guard, y.shape[1])
    start = at - guard - baseline
    bound = np.full((y.shape[0], len(at)), np.nan)
    middle = np.full_like(bound, np.nan)
    inside = np.flatnonzero(start >= 0)
    if inside.size:
        windows = np.lib.stride_tricks.sliding_window_view(y, baseline, axis=1)[:, start[inside]]
        bound[:, inside], middle[:, inside] = np.percentile(windows, [percentile, 50.0], axis=2)
    reason = _reasons(y, at, start, bound)
    observed = y[:, at]
    judged = reason == Reason.JUDGED
    bound = np.where(judged, bound, np.nan)
    with np.errstate(invalid="ignore"):
        alarm = judged & (observed > bound)
    return Detection("moving-percentile", at, observed, middle, bound, alarm, np.full_like(bound, np.nan), reason)
