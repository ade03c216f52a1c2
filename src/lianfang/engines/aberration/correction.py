"""Many series judged on one day: control of the false discovery rate.

Y. Benjamini, Y. Hochberg (1995): Controlling the false discovery rate. J. R. Statist. Soc. B 57, 289-300.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lianfang.engines.aberration.result import BoolArray, FloatArray


def adjusted(pvalues: Any) -> FloatArray:
    """Return step-up adjusted p-values down the first axis of (S,) or (S, P); NaN stays NaN and is not counted."""
    p = np.asarray(pvalues, dtype=np.float64)
    column = p[:, None] if p.ndim == 1 else p
    order = np.argsort(column, axis=0, kind="stable")
    ranked = np.take_along_axis(column, order, axis=0)
    tests = (~np.isnan(column)).sum(axis=0)
    rank = np.arange(1, column.shape[0] + 1)[:, None]
    scaled = np.where(np.isnan(ranked), np.inf, ranked * tests / rank)
    smallest = np.minimum(np.minimum.accumulate(scaled[::-1], axis=0)[::-1], 1.0)
    result = np.empty_like(column)
    np.put_along_axis(result, order, np.where(np.isnan(ranked), np.nan, smallest), axis=0)
    return result[:, 0] if p.ndim == 1 else result


def discoveries(pvalues: Any, groups: Any = None, *, rate: float = 0.05) -> BoolArray:
    """Return which cells of (S, P) p-values stand at a false discovery rate of ``rate``.

    The correction runs within each column (day) and, if ``groups`` (S,) is given, within each group (district).
    """
    if not 0.0 < rate < 1.0:
        raise ValueError(f"the false discovery rate must lie between 0 and 1, not {rate}")
    p = np.asarray(pvalues, dtype=np.float64)
    labels = np.zeros(p.shape[0], dtype=np.int64) if groups is None else np.asarray(groups)
    if labels.shape != p.shape[:1]:
        raise ValueError(f"groups must have shape ({p.shape[0]},), not {labels.shape}")
    result = np.zeros(p.shape, dtype=np.bool_)
    for label in np.unique(labels):
        rows = labels == label
        with np.errstate(invalid="ignore"):
            result[rows] = adjusted(p[rows]) <= rate
    return result
