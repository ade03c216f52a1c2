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

from lianfang.engines.aberration.reasons import Reason
from lianfang.engines.aberration.result import (
    Detection,
    FloatArray,
    IntArray,
    as_positions,
    as_series,
    mark,
)
from lianfang.engines.regression import poisson_regression

Transformation = Literal["standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin"]
TRANSFORMATIONS = ("standard", "rossi", "none", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin")
BURN_IN = 104


def _standardise(y: FloatArray, m: FloatArray, trans: str, alpha: float) -> FloatArray:
    """Return z(y), approximately standard normal if y has mean m. Shapes (S, P)."""
    if trans == "standard":
        return np.asarray((y - m) / np.sqrt(m))
    if trans == "rossi":
        return np.asarray((y - 3.0 * m + 2.0 * np.sqrt(y * m)) / (2.0 * np.sqrt(m)))
    if trans == "anscombe":
        return np.asarray(1.5 * (np.cbrt(y) ** 2 - np.cbrt(m) ** 2) / m ** (1.0 / 6.0))
    if trans == "anscombe2nd":
        return np.asarray(
            (np.cbrt(y) ** 2 - (np.cbrt(m) ** 2 - 1.0 / np.cbrt(m) / 9.0)) / (2.0 / 3.0 * m ** (1.0 / 6.0))
        )
    if trans == "pearsonNegBin":
        return np.asarray((y - m) / np.sqrt(m + alpha * m * m))
    if trans == "anscombeNegBin":
        difference = _anscombe_integral(y, alpha) - _anscombe_integral(m, alpha)
        return np.asarray(1.5 * difference / (m + alpha * m * m) ** (1.0 / 6.0))
    return y


def _anscombe_integral(y: FloatArray, alpha: float) -> FloatArray:
    """(2/3) times the integral of V(t)^(-1/3) from 0 to y, V(t) = t + alpha t^2 being the variance."""
    from scipy.special import hyp2f1

    return np.asarray(np.cbrt(y) ** 2 * hyp2f1(2.0 / 3.0, 1.0 / 3.0, 5.0 / 3.0, -alpha * y))


def _needed(v: FloatArray, m: FloatArray, trans: str, alpha: float) -> FloatArray:
    """Count y with z(y) = v: what it would take to signal, in the reference's form. NaN where there is none."""
    if trans == "standard":
        return np.asarray(np.ceil(m + np.sqrt(m) * v))
    if trans == "rossi":
        return np.asarray((-np.sqrt(m) + np.sqrt(4.0 * m + 2.0 * np.sqrt(m) * v)) ** 2)
    if trans == "anscombe":
        return np.asarray((np.cbrt(m) ** 2 + 2.0 / 3.0 * m ** (1.0 / 6.0) * v) ** 1.5)
    if trans == "anscombe2nd":
        return np.asarray((np.cbrt(m) ** 2 - np.cbrt(m) / 9.0 + 2.0 / 3.0 * m ** (1.0 / 6.0) * v) ** 1.5)
    return np.asarray(m + np.sqrt(m + alpha * m * m) * v)


def seasonal_mean(y: FloatArray, first: int, at: IntArray, period: float = 52.0) -> FloatArray:
    """Mean at ``at`` from a Poisson regression with one yearly wave on the counts before ``first``; (S, P).

    log m_t = a + c cos(2 pi t / period) + d sin(2 pi t / period), t counted from 1. NaN where it does not converge.
    """
    t = np.arange(1, y.shape[1] + 1, dtype=np.float64)
    x = np.column_stack([np.ones_like(t), np.cos(2 * np.pi * t / period), np.sin(2 * np.pi * t / period)])
    result = np.full((y.shape[0], len(at)), np.nan)
    for s in range(y.shape[0]):
        known = np.flatnonzero(~np.isnan(y[s, :first]))
        if len(known) <= x.shape[1] or (y[s, known] < 0).any():
            continue
        fit = poisson_regression(y[s, known], x[known])
        if fit is not None:
            result[s] = np.exp(x[at] @ fit.coefficients)
    return result


def cusum(
    counts: Any,
    *,
    positions: Any = None,
    k: float = 1.04,
    h: float = 2.26,
    m: Any = None,
    trans: Transformation = "standard",
    alpha: float | None = None,
) -> Detection:
    """Judge series by C_t = max(0, C_{t-1} + z_t - ``k``), alarm when C_t >= ``h``; arrays (S, P).

    ``positions`` must be consecutive: the sum starts from 0 at the first. Default: after two years of weeks (or half
    of a shorter series). ``m`` the expected count: ``None`` the mean of all counts before the first position, ``"glm"``
    a regression on them, a number, or an array (P,) or (S, P). ``alpha`` is the negative binomial's dispersion
    (variance m + alpha m^2) where the transformation needs it. The sum is not reset after an alarm. The upper bound is
    the count that would have given the alarm at that step ("none" and "anscombeNegBin": the room left, h - C_t).
    """
    if trans not in TRANSFORMATIONS:
        raise ValueError(f'trans must be one of {", ".join(TRANSFORMATIONS)}, not "{trans}"')
    if trans.endswith("NegBin") and not (alpha is not None and alpha > 0):
        raise ValueError(f"trans={trans} needs alpha > 0, the dispersion of the negative binomial distribution")
    from lianfang.engines.aberration.charts_kernel import accumulate

    y = as_series(counts)
    at = as_positions(positions, min(BURN_IN, y.shape[1] // 2), y.shape[1])
    if np.any(np.diff(at) != 1):
        raise ValueError("a cumulative sum needs consecutive points")
    mean = _expected(y, at, m)
    observed = y[:, at]
    size = 0.0 if alpha is None else alpha
    with np.errstate(all="ignore"):
        z = _standardise(observed, mean, trans, size)
        total = np.empty_like(z)
        accumulate(z, float(k), total)
        before = np.concatenate([np.zeros((y.shape[0], 1)), total[:, :-1]], axis=1) if len(at) else total
        bound = h - total if trans in ("none", "anscombeNegBin") else _needed(h - before + k, mean, trans, size)
        bound = np.where(bound > 0.0, bound, 0.0)
        alarm = total >= h
    reason = np.zeros(z.shape, dtype=np.int8)
    lost = np.logical_or.accumulate(np.isnan(observed), axis=1) if len(at) else np.isnan(observed)
    if m is None or isinstance(m, str):
        mark(reason, np.broadcast_to(at[:1] < 1, reason.shape), Reason.TOO_SHORT)
    mark(reason, np.isnan(observed), Reason.MISSING_NOW)
    mark(reason, np.isnan(mean) | lost, Reason.MISSING_BASELINE)
    mark(reason, (observed < 0) | (mean < 0), Reason.NEGATIVE)
    mark(reason, (mean == 0.0) | np.isnan(total), Reason.NO_VARIATION)
    judged = reason == Reason.JUDGED
    return Detection(
        "cusum", at, observed, mean, np.where(judged, bound, np.nan), alarm & judged, np.full_like(z, np.nan), reason
    )


def _expected(y: FloatArray, at: IntArray, m: Any) -> FloatArray:
    """Return the expected counts (S, P) for the argument ``m`` of :func:`cusum`."""
    shape = (y.shape[0], len(at))
    if isinstance(m, str):
        if m != "glm":
            raise ValueError(f'm must be a number, "glm" or left out, not "{m}"')
        return seasonal_mean(y, int(at[0]) if len(at) else 0, at)
    if m is None:
        first = int(at[0]) if len(at) else 0
        with np.errstate(invalid="ignore"):
            head = y[:, :first].sum(axis=1) / first if first else np.full(y.shape[0], np.nan)
        return np.broadcast_to(head[:, None], shape).copy()
    return np.broadcast_to(np.asarray(m, dtype=np.float64), shape).copy()
