"""The instantaneous reproduction number of Cori et al. (2013), for many series at once.

A. Cori, N. M. Ferguson, C. Fraser, S. Cauchemez (2013): A new framework and software to estimate time-varying
reproduction numbers during epidemics. Am. J. Epidemiology 178, 1505-1512. The numbers are those of the R package
EpiEstim 2.2-4.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lianfang.engines.reproduction.interval import UncertainInterval, checked_interval, discretised_gamma
from lianfang.engines.reproduction.model import PROBABILITIES, FloatArray, IntArray, Reason, ReproductionNumber

_TABLE_LIMIT = 200_000
_guard = Lock()
_table: dict[tuple[float, tuple[float, ...]], FloatArray] = {}


def infectiousness(incidence: Any, weights: Any) -> FloatArray:
    """Total infectiousness Lambda_t = sum over s >= 1 of w_s I_{t-s}; incidence (S, T) or (T,), weights (K,)."""
    counts = np.asarray(incidence, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    total = np.zeros_like(counts)
    for lag in range(1, min(len(w), counts.shape[-1])):
        if w[lag] != 0:
            total[..., lag:] += w[lag] * counts[..., :-lag]
    return total


def sliding_windows(length: int, window: int, first: int = 2) -> tuple[IntArray, IntArray]:
    """First and last time step (from 1) of all windows of ``window`` steps from step ``first`` on."""
    start = np.arange(first, length - window + 2, dtype=np.int64)
    return start, start + window - 1


def _gamma_quantiles(shape: FloatArray, probabilities: tuple[float, ...], prior: float) -> FloatArray:
    """Quantiles of gamma distributions of scale 1, shape (…, Q).

    Posterior shapes are the prior's plus a number of cases, so that few different ones occur: each is inverted once
    and kept.
    """
    from scipy.special import gammaincinv

    p = np.asarray(probabilities)
    cases = shape - prior
    whole = np.nan_to_num(np.rint(cases))
    if cases.size == 0 or whole.max() >= _TABLE_LIMIT or np.nanmax(np.abs(cases - whole), initial=0.0) > 1e-9:
        return np.asarray(gammaincinv(shape[..., None], p))
    index = whole.astype(np.int64)
    with _guard:
        return _looked_up(index, (prior, probabilities), prior, p)


def _looked_up(index: IntArray, key: tuple[float, tuple[float, ...]], prior: float, p: FloatArray) -> FloatArray:
    """Rows of the kept table, which grows as shapes occur; called under the lock."""
    from scipy.special import gammaincinv

    known = _table.get(key, np.empty((0, len(p))))
    if index.max() >= len(known):
        longer = np.full((max(int(index.max()) + 1, 2 * len(known)), len(p)), np.nan)
        longer[: len(known)] = known
        known = longer
        if len(_table) >= 16:
            _table.clear()
        _table[key] = known
    wanted = np.zeros(len(known), dtype=np.bool_)
    wanted[index.ravel()] = True
    new = np.flatnonzero(wanted & np.isnan(known[:, 0]))
    if new.size:
        known[new] = gammaincinv((new + prior)[:, None], p)
    return known[index]


def reproduction_number(
    incidence: Any,
    weights: Any,
    *,
    window: int = 7,
    windows: tuple[Any, Any] | None = None,
    imported: Any = None,
    prior_mean: float = 5.0,
    prior_sd: float = 5.0,
    cv_posterior: float = 0.3,
    probabilities: tuple[float, ...] = PROBABILITIES,
) -> ReproductionNumber:
    """Estimate R over sliding windows, R assumed constant within each; results (S, W).

    ``incidence`` (S, T) or (T,) new cases per day, NaN where missing; those of the first day, and ``imported`` (same
    shape), infect but were not infected here. ``weights`` (K,) probabilities of a serial interval of 0, 1 … days.
    ``windows`` = (first, last) steps from 1 overrides ``window``. The prior of R is gamma. Windows that end no later
    than the mean serial interval are NaN. Raises ``ValueError`` for arguments out of range.
    """
    w = checked_interval(weights)
    return _estimate(
        incidence, w, float((w * np.arange(len(w))).sum()), window=window, windows=windows, imported=imported,
        prior_mean=prior_mean, prior_sd=prior_sd, cv_posterior=cv_posterior, probabilities=probabilities,
    )  # fmt: skip


def parametric_reproduction_number(incidence: Any, mean: float, sd: float, **options: Any) -> ReproductionNumber:
    """Estimate R with a gamma distributed serial interval of this mean and standard deviation (days, mean > 1).

    Options as in :func:`reproduction_number`. The interval is discretised and cut off at the length of the series.
    """
    length = max(np.asarray(incidence).shape[-1], 2)
    w = discretised_gamma(np.arange(length + 1), mean, sd)
    return _estimate(incidence, w, float((w * np.arange(len(w))).sum()), **options)


def _estimate(
    incidence: Any,
    w: FloatArray,
    mean_interval: float,
    *,
    window: int = 7,
    windows: tuple[Any, Any] | None = None,
    imported: Any = None,
    prior_mean: float = 5.0,
    prior_sd: float = 5.0,
    cv_posterior: float = 0.3,
    probabilities: tuple[float, ...] = PROBABILITIES,
) -> ReproductionNumber:
    counts = np.atleast_2d(np.asarray(incidence, dtype=np.float64))
    if counts.ndim != 2 or counts.shape[1] < 2:
        raise ValueError("incidence must have shape (series, time) with at least 2 days")
    if not (prior_mean > 0 and prior_sd > 0):
        raise ValueError("mean and standard deviation of the prior must be above 0")
    start, end = _windows(counts.shape[1], window, windows)
    local = counts.copy()
    if imported is not None:
        local = local - np.atleast_2d(np.asarray(imported, dtype=np.float64))
        if (local < 0).any():
            raise ValueError("there are more imported cases than cases")
    local[:, 0] = 0.0
    pressure = infectiousness(counts, w)
    cases = _window_sums(local, start, end)
    exposure = _window_sums(pressure, start, end)
    a, b = (prior_mean / prior_sd) ** 2, prior_sd**2 / prior_mean
    late = np.broadcast_to(end > mean_interval, cases.shape)
    shape = np.where(late, a + cases, np.nan)
    scale = np.where(late, 1.0 / (1.0 / b + exposure), np.nan)
    quantiles = _gamma_quantiles(shape, probabilities, a) * scale[..., None]
    reason = _reasons(counts, cases, exposure, shape, late, start, end, len(w), cv_posterior)
    return ReproductionNumber(
        start, end, shape * scale, np.sqrt(shape) * scale, quantiles, probabilities, shape, scale, reason
    )


def pooled_reproduction_number(
    incidence: Any,
    intervals: Any,
    *,
    rng: np.random.Generator,
    draws: int = 100,
    window: int = 7,
    windows: tuple[Any, Any] | None = None,
    prior_mean: float = 5.0,
    prior_sd: float = 5.0,
    cv_posterior: float = 0.3,
    probabilities: tuple[float, ...] = PROBABILITIES,
) -> ReproductionNumber:
    """Estimate R of one series (T,) with the uncertainty of the serial interval in ``intervals`` (N, K).

    For each interval ``draws`` values are drawn from the posterior; mean, sd and quantiles are those of the pool.
    """
    samples = [
        _estimate(
            incidence, weights, float((weights * np.arange(len(weights))).sum()), window=window, windows=windows,
            prior_mean=prior_mean, prior_sd=prior_sd,
            cv_posterior=cv_posterior, probabilities=probabilities,
        )
        for weights in np.atleast_2d(np.asarray(intervals, dtype=np.float64))
    ]  # fmt: skip
    if samples[0].mean.shape[0] != 1:
        raise ValueError("pooling takes one series at a time")
    shape = np.stack([sample.shape[0] for sample in samples])
    scale = np.stack([sample.scale[0] for sample in samples])
    judged = ~np.isnan(shape)
    drawn = rng.gamma(np.where(judged, shape, 1.0), size=(draws, *shape.shape)) * np.where(judged, scale, np.nan)
    pool = drawn.reshape(-1, shape.shape[1])
    late = judged.all(axis=0)
    pool = np.where(late, pool, np.nan)
    reason = np.max(np.stack([sample.reason[0] for sample in samples]), axis=0)[None, :]
    nothing = np.full((1, shape.shape[1]), np.nan)
    return ReproductionNumber(
        samples[0].start, samples[0].end, pool.mean(axis=0)[None, :], pool.std(axis=0, ddof=1)[None, :],
        np.moveaxis(np.quantile(pool, probabilities, axis=0), 0, -1)[None, :, :], probabilities, nothing, nothing,
        np.where(late, reason, np.int8(Reason.TOO_EARLY)).astype(np.int8),
    )  # fmt: skip


def uncertain_reproduction_number(
    incidence: Any, interval: UncertainInterval, *, rng: np.random.Generator, size: int = 100, **options: Any
) -> ReproductionNumber:
    """Estimate R of one series with an uncertain serial interval: ``size`` of them are drawn and pooled."""
    length = max(np.asarray(incidence).shape[-1], 2)
    return pooled_reproduction_number(incidence, interval.sample(size, length, rng), rng=rng, **options)


def _windows(length: int, window: int, windows: tuple[Any, Any] | None) -> tuple[IntArray, IntArray]:
    if windows is None:
        if not 1 <= window <= length - 1:
            raise ValueError(f"the window must have 1 to {length - 1} days, not {window}")
        return sliding_windows(length, window)
    start, end = (np.atleast_1d(np.asarray(side, dtype=np.int64)) for side in windows)
    if start.shape != end.shape or np.any(start > end) or np.any(start < 2) or np.any(end > length):
        raise ValueError(f"windows must begin at 2 or later, end by {length} and not end before they begin")
    return start, end


def _window_sums(values: FloatArray, start: IntArray, end: IntArray) -> FloatArray:
    total = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    return np.asarray(total[:, end] - total[:, start - 1])


def _reasons(
    counts: FloatArray, cases: FloatArray, exposure: FloatArray, shape: FloatArray, late: NDArray[np.bool_],
    start: IntArray, end: IntArray, reach: int, cv_posterior: float,
) -> NDArray[np.int8]:  # fmt: skip
    reason = np.zeros(cases.shape, dtype=np.int8)
    back = np.maximum(start - reach + 1, 1)
    with np.errstate(invalid="ignore"):
        few = 1.0 / np.sqrt(shape) > cv_posterior
    reason[few] = Reason.TOO_FEW_CASES
    reason[exposure <= 0] = Reason.NO_INFECTORS
    reason[~late] = Reason.TOO_EARLY
    if np.isnan(counts).any():
        reason[_window_sums(np.isnan(counts).astype(np.float64), back, end) > 0] = Reason.MISSING
    if (counts < 0).any():
        reason[_window_sums((counts < 0).astype(np.float64), back, end) > 0] = Reason.NEGATIVE
    return reason
