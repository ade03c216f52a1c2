"""Serial intervals: from mean and standard deviation to daily probabilities, and samples of uncertain ones.

A. Cori, N. M. Ferguson, C. Fraser, S. Cauchemez (2013): A new framework and software to estimate time-varying
reproduction numbers during epidemics. Am. J. Epidemiology 178, 1505-1512, web appendix 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lianfang.engines.reproduction.model import FloatArray


def discretised_gamma(days: Any, mean: Any, sd: Any) -> FloatArray:
    """Probability of a serial interval of ``days`` whole days, gamma distributed and shifted by one day.

    w_k = k F(k) + (k - 2) F(k - 2) - 2 (k - 1) F(k - 1) + a b (2 G(k - 1) - G(k - 2) - G(k)), where F is the gamma
    distribution function with shape a = ((mean - 1) / sd)^2 and scale b = sd^2 / (mean - 1), and G the same with shape
    a + 1. ``mean`` (> 1) and ``sd`` (> 0) in days; arrays broadcast with ``days``. Raises ``ValueError`` otherwise.
    """
    from scipy.special import gammainc

    k = np.asarray(days, dtype=np.float64)
    mu, sigma = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    if np.any(mu <= 1) or np.any(sigma <= 0):
        raise ValueError("a discretised serial interval needs a mean above 1 day and a standard deviation above 0")
    a, b = ((mu - 1.0) / sigma) ** 2, sigma**2 / (mu - 1.0)

    def below(x: FloatArray, shape: FloatArray) -> FloatArray:
        return np.asarray(np.where(x > 0, gammainc(shape, np.maximum(x, 0.0) / b), 0.0))

    value = k * below(k, a) + (k - 2) * below(k - 2, a) - 2 * (k - 1) * below(k - 1, a)
    value = value + a * b * (2 * below(k - 1, a + 1) - below(k - 2, a + 1) - below(k, a + 1))
    return np.asarray(np.maximum(value, 0.0))


def checked_interval(weights: Any) -> FloatArray:
    """Return the probabilities of a serial interval of 0, 1, 2 … days (K,), as the reference accepts them.

    Raises ``ValueError`` unless they are not negative, zero at 0 days and sum to 1 within 0.01.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or w.size < 2:
        raise ValueError("a serial interval needs the probabilities of 0, 1 … days")
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError("the probabilities of the serial interval must be numbers from 0 to 1")
    if w[0] != 0:
        raise ValueError(f"the probability of a serial interval of 0 days must be 0, not {w[0]:g}")
    if abs(w.sum() - 1.0) > 0.01:
        raise ValueError(f"the probabilities of the serial interval sum to {w.sum():.4g}, not to 1")
    return w


@dataclass(frozen=True)
class UncertainInterval:
    """Mean and standard deviation of the serial interval (days), each normal and truncated to a range."""

    mean: float
    mean_sd: float
    mean_low: float
    mean_high: float
    sd: float
    sd_sd: float
    sd_low: float
    sd_high: float

    def sample(self, size: int, length: int, rng: np.random.Generator) -> FloatArray:
        """Draw ``size`` discretised serial intervals (size, length), each with sd below mean (Cori et al. 2013).

        Raises ``ValueError`` if the ranges leave nothing to draw.
        """
        means = _truncated(self.mean, self.mean_sd, max(self.mean_low, 1.0 + 1e-9), np.full(size, self.mean_high), rng)
        deviations = _truncated(self.sd, self.sd_sd, self.sd_low, np.minimum(self.sd_high, means), rng)
        weights = discretised_gamma(np.arange(length)[None, :], means[:, None], deviations[:, None])
        total: FloatArray = weights / weights.sum(axis=1, keepdims=True)
        return total


def _truncated(mean: float, sd: float, low: float, high: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One draw for each upper limit ``high`` (N,) from a normal distribution between ``low`` and it."""
    from scipy.special import ndtr, ndtri

    impossible = f"no serial interval can be drawn between {low:g} and {high.min():g} days"
    if sd <= 0 or not np.all(low < high):
        raise ValueError(impossible)
    begin, end = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    if not np.all(begin < end):
        raise ValueError(impossible)
    drawn = mean + sd * ndtri(begin + (end - begin) * rng.random(len(high)))
    return np.asarray(np.clip(drawn, low, high))
