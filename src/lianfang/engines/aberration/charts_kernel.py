"""Compiled loops of the control charts. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

import numpy as np

from lianfang.engines.compiled import compiled


@compiled
def moving_moments(counts, position, baseline, lag, mean, sd):  # type: ignore[no-untyped-def]
    """Mean and sample standard deviation of the ``baseline`` counts ending ``lag`` + 1 steps before each position.

    ``counts`` (S, T); ``mean`` and ``sd`` (S, P) are filled, NaN where the window starts before the series.
    """
    for s in range(counts.shape[0]):
        for p in range(position.shape[0]):
            end = position[p] - lag
            begin = end - baseline
            mean[s, p] = np.nan
            sd[s, p] = np.nan
            if begin < 0:
                continue
            total = 0.0
            for i in range(begin, end):
                total += counts[s, i]
            m = total / baseline
            squares = 0.0
            for i in range(begin, end):
                d = counts[s, i] - m
                squares += d * d
            mean[s, p] = m
            sd[s, p] = np.sqrt(squares / (baseline - 1)) if baseline > 1 else np.nan


@compiled
def accumulate(z, k, total):  # type: ignore[no-untyped-def]
    """One-sided cumulative sum: total_t = max(0, total_{t-1} + z_t - k), from 0; NaN once a value is missing."""
    for s in range(z.shape[0]):
        value = 0.0
        for p in range(z.shape[1]):
            step = value + z[s, p] - k
            value = step if step > 0.0 or np.isnan(step) else 0.0
            total[s, p] = value


@compiled
def smooth(counts, weight, first, average):  # type: ignore[no-untyped-def]
    """Exponentially weighted average per series, started at ``first`` (S,); a missing count leaves it unchanged."""
    for s in range(counts.shape[0]):
        value = first[s]
        for i in range(counts.shape[1]):
            if not np.isnan(counts[s, i]):
                value = weight * counts[s, i] + (1.0 - weight) * value
            average[s, i] = value
