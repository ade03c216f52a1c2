"""Quantiles of the Poisson and negative binomial distributions, vectorised."""

from __future__ import annotations

import numpy as np

from lianfang.engines.aberration.result import FloatArray

FUZZ = 64 * 2.220446049250313e-16
"""A probability is reached when it is met up to rounding, as statistical software defines discrete quantiles."""


def count_quantile(probability: float, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """Return the smallest count k with P(Y <= k) >= probability, NaN where the mean is not finite.

    Y is negative binomial with variance ``phi * mean`` (size = mean / (phi - 1)), Poisson where phi = 1. ``mean`` and
    ``phi`` have the same shape. Means above 1e12 use the normal limit.
    """
    from scipy.special import betainc, ndtri, pdtr

    mean, phi = np.broadcast_arrays(np.asarray(mean, np.float64), np.asarray(phi, np.float64))
    result = np.full(mean.shape, np.nan)
    usable = np.isfinite(mean) & np.isfinite(phi) & (mean >= 0) & (mean < 1e12)
    huge = np.isfinite(mean) & np.isfinite(phi) & (mean >= 1e12)
    m, f = mean[usable], np.maximum(phi[usable], 1.0)
    poisson = f - 1.0 <= 0.0
    size = np.where(poisson, 1.0, m / np.where(poisson, 1.0, f - 1.0))

    def cumulative(k: FloatArray) -> FloatArray:
        at = np.maximum(k, 0.0)
        value = np.where(poisson, pdtr(at, m), betainc(np.maximum(size, 1e-300), at + 1.0, 1.0 / f))
        return np.asarray(np.where(k < 0, 0.0, np.where(m == 0, 1.0, value)))

    result[huge] = np.floor(mean[huge] + float(ndtri(probability)) * np.sqrt(mean[huge] * np.maximum(phi[huge], 1.0)))
    target = probability * (1.0 - FUZZ)
    z = float(ndtri(probability))
    sd = np.sqrt(m * f)
    skew = np.where(sd > 0, (2.0 * f - 1.0) / np.where(sd > 0, sd, 1.0), 0.0)
    k = np.maximum(np.floor(m + sd * (z + skew * (z * z - 1.0) / 6.0) + 0.5), 0.0)
    step = np.maximum(np.floor(sd / 16.0), 1.0)
    low, high = k.copy(), k.copy()
    while True:
        short = cumulative(high) < target
        if not short.any():
            break
        low = np.where(short, high, low)
        high = np.where(short, high + step, high)
        step = np.where(short, step * 2.0, step)
    step = np.maximum(np.floor(sd / 16.0), 1.0)
    low = np.where(low == high, low - 1.0, low)
    while True:
        long = (cumulative(low) >= target) & (low >= 0)
        if not long.any():
            break
        high = np.where(long, low, high)
        low = np.where(long, np.maximum(low - step, -1.0), low)
        step = np.where(long, step * 2.0, step)
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        reached = cumulative(middle) >= target
        high = np.where(reached, middle, high)
        low = np.where(reached, low, middle)
    result[usable] = high
    return result
