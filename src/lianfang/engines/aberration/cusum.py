"""One-sided cumulative sums for counts, after Rossi et al. and with other normalising transformations.

* G. Rossi, L. Lampugnani, M. Marchi (1999): An approximate CUSUM procedure for surveillance of health events.
  Statistics in Medicine 18, 2111-2122.
* D. A. Pierce, D. W. Schafer (1986): Residuals in generalized linear models. JASA 81, 977-986.
* J. M. Hilbe (2007): Negative Binomial Regression, section 5.1 (Anscombe residual).

The numbers are those of the R package *surveillance* 1.20.3 (docs/algorithms/charts.md tells the differences).
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
)
from lianfang.engines.regression import poisson_regression

Transformation = Literal["standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin"]
TRANSFORMATIONS = ("standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin")
BURN_IN = 104


_FORMS = {"standard": 0, "rossi": 1, "none": 2, "anscombe": 3, "anscombe2nd": 4, "pearsonNegBin": 5}


def _anscombe_negative_binomial(y: FloatArray, m: FloatArray, alpha: float, exact: bool) -> FloatArray:
    """Anscombe residual of a negative binomial count with mean m; shapes (S, P)."""
    difference = _anscombe_integral(y, alpha, exact) - _anscombe_integral(m, alpha, exact)
    return np.asarray(1.5 * difference / (m + alpha * m * m) ** (1.0 / 6.0))


def _anscombe_integral(y: FloatArray, alpha: float, exact: bool) -> FloatArray:
    """(2/3) times the integral of V(t)^(-1/3) from 0 to y, V(t) = t + alpha t^2 being the variance.

    Unless ``exact``, the hypergeometric function H is that of the reference: H at the hundredth nearest to x = alpha y
    (the lower one of two) up to 10, between whole numbers linear up to 100; beyond, where it has none, the exact one.
    """
    from scipy.special import hyp2f1

    def h(x: FloatArray) -> FloatArray:
        return np.asarray(hyp2f1(2.0 / 3.0, 1.0 / 3.0, 5.0 / 3.0, -x))

    x = np.asarray(alpha * y)
    if exact:
        value = h(x)
    else:
        low = np.floor(x * 100.0)
        nearest = np.where(x - low / 100.0 <= (low + 1.0) / 100.0 - x, low, low + 1.0) / 100.0
        whole = np.floor(x)
        between = h(whole) + (x - whole) * (h(whole + 1.0) - h(whole))
        value = np.where(x <= 10.0, h(nearest), np.where(x <= 100.0, between, h(x)))
    return np.asarray(np.cbrt(y) ** 2 * value)


def seasonal_mean(y: FloatArray, first: int, at: IntArray, period: float = 52.0) -> tuple[FloatArray, NDArray[np.int8]]:
    """Mean at ``at`` from a Poisson regression with one yearly wave on the counts before ``first``; (S, P), and why not.

    log m_t = a + c cos(2 pi t / period) + d sin(2 pi t / period), t counted from 1. 0 where no case was seen; NaN where
    it cannot be fitted, for the reason (S,) of the series.
    """
    t = np.arange(1, y.shape[1] + 1, dtype=np.float64)
    x = np.column_stack([np.ones_like(t), np.cos(2 * np.pi * t / period), np.sin(2 * np.pi * t / period)])
    result = np.full((y.shape[0], len(at)), np.nan)
    reason = np.zeros(y.shape[0], dtype=np.int8)
    for s in range(y.shape[0]):
        known = np.flatnonzero(~np.isnan(y[s, :first]))
        if (y[s, known] < 0).any():
            reason[s] = Reason.NEGATIVE
        elif len(known) <= x.shape[1]:
            reason[s] = Reason.TOO_FEW_REFERENCES
        elif not y[s, known].any():
            result[s] = 0.0
        else:
            fit = poisson_regression(y[s, known], x[known])
            if fit is None:
                reason[s] = Reason.NOT_CONVERGED
            else:
                result[s] = np.exp(x[at] @ fit.coefficients)
    return result, reason


def cusum(
    counts: Any,
    *,
    positions: Any = None,
    k: float = 1.04,
    h: float = 2.26,
    m: Any = None,
    trans: Transformation = "standard",
    alpha: float | None = None,
    frequency: int = 52,
    form: Literal["reference", "paper"] = "reference",
) -> Detection:
    """Judge series by C_t = max(0, C_{t-1} + z_t - ``k``), alarm when C_t >= ``h``; arrays (S, P).

    ``positions`` must be consecutive: the sum starts from 0 at the first. Default: after two years of weeks (or half
    of a shorter series). ``m`` the expected count: ``None`` the mean of all counts before the first position, ``"glm"``
    a regression on them with a wave of ``frequency`` steps, a number, or an array (P,) or (S, P); "none" does without.
    ``alpha`` is the negative binomial's dispersion (variance m + alpha m^2) where the transformation needs it;
    ``form="paper"`` computes "anscombeNegBin" exactly, not from a table as the reference does. The sum is not reset
    after an alarm. The upper bound is the count that would have given the alarm at that step ("none" and
    "anscombeNegBin": the room left, h - C_t).
    """
    if trans not in TRANSFORMATIONS:
        raise ValueError(f'trans must be one of {", ".join(TRANSFORMATIONS)}, not "{trans}"')
    if frequency < 1:
        raise ValueError(f"frequency, the number of steps in a year, must be at least 1, not {frequency}")
    if form not in ("reference", "paper"):
        raise ValueError(f'form must be "reference" or "paper", not "{form}"')
    if trans.endswith("NegBin") and not (alpha is not None and alpha > 0):
        raise ValueError(f"trans={trans} needs alpha > 0, the dispersion of the negative binomial distribution")
    from lianfang.engines.aberration.charts_kernel import cusum_points

    y = as_series(counts)
    at = as_positions(positions, min(BURN_IN, y.shape[1] // 2), y.shape[1])
    if positions is not None and len(at) and at[-1] - at[0] != len(at) - 1:
        raise ValueError("a cumulative sum needs consecutive points")
    first = int(at[0]) if len(at) else 0
    mean, why = _expected(y, at, first, m, float(frequency))
    shape = (y.shape[0], len(at))
    expected, bound, nothing = np.full((3, *shape), np.nan)
    alarm, reason = np.empty(shape, dtype=np.bool_), np.empty(shape, dtype=np.int8)
    size = 0.0 if alpha is None else float(alpha)
    observed = y[:, first : first + len(at)]
    if trans == "anscombeNegBin":
        with np.errstate(all="ignore"):
            steps = _anscombe_negative_binomial(observed, mean, size, form == "paper")
        steps = np.where(observed < 0, np.nan, steps)
        cusum_points(steps, 0, mean, 6, size, float(k), float(h), expected, bound, alarm, reason)
    else:
        cusum_points(y, first, mean, _FORMS[trans], size, float(k), float(h), expected, bound, alarm, reason)
    reason = np.where(np.isnan(expected) & (reason == Reason.MISSING_BASELINE), why[:, None], reason).astype(np.int8)
    if trans == "anscombeNegBin":
        reason[(mean == 0.0) & ~np.isnan(observed)] = Reason.NO_VARIATION
    if (m is None or isinstance(m, str)) and first < 1 and trans != "none":
        reason[:], bound[:], alarm[:] = Reason.TOO_SHORT, np.nan, False
    return Detection("cusum", at, observed, expected, bound, alarm, nothing, reason)


def _expected(y: FloatArray, at: IntArray, first: int, m: Any, period: float) -> tuple[FloatArray, NDArray[np.int8]]:
    """Expected counts, (S, 1) or (S, P), for the argument ``m`` of :func:`cusum`; reasons (S,) where they are NaN."""
    missing = np.full(y.shape[0], np.int8(Reason.MISSING_BASELINE))
    if isinstance(m, str):
        if m != "glm":
            raise ValueError(f'm must be a number, "glm" or left out, not "{m}"')
        return seasonal_mean(y, first, at, period)
    if m is None:
        if first == 0:
            return np.full((y.shape[0], 1), np.nan), missing
        return np.add.reduce(y[:, :first], axis=1, keepdims=True) / first, missing
    given = np.asarray(m, dtype=np.float64)
    if (given < 0).any():
        raise ValueError(f"m, the expected count, must not be negative: {given.min():g}")
    if given.ndim == 0:
        return np.full((y.shape[0], 1), float(given)), missing
    return np.ascontiguousarray(np.broadcast_to(given, (y.shape[0], len(at)))), missing
