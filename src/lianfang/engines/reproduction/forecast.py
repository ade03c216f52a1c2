"""Short forecasts by the renewal equation, and how good they were.

* Renewal equation: C. Fraser (2007): Estimating individual and household reproduction numbers in an emerging epidemic.
  PLoS ONE 2, e758.
* Weighted interval score: J. Bracher, E. L. Ray, T. Gneiting, N. G. Reich (2021): Evaluating epidemic forecasts in an
  interval format. PLoS Comput. Biol. 17, e1008618.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lianfang.engines.reproduction.cori import reproduction_number
from lianfang.engines.reproduction.model import FloatArray, Reason, because

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""Quantiles of a forecast: the median and four central intervals (50, 80, 90, 95 %)."""
LONGEST = 14


@dataclass(frozen=True)
class Forecast:
    """``quantiles`` (H, Q) of the daily counts of the next H days at ``levels`` (Q,); empty if it cannot be made.

    ``cannot`` is empty or a sentence.
    """

    quantiles: FloatArray
    levels: tuple[float, ...]
    cannot: str = ""


def forecast(
    incidence: Any,
    weights: Any,
    *,
    days: int,
    rng: np.random.Generator,
    window: int = 7,
    paths: int = 4000,
    dispersion: float | None = None,
    levels: tuple[float, ...] = LEVELS,
) -> Forecast:
    """Project one series (T,) by its latest R(t): I_t ~ negative binomial with mean R Lambda_t.

    R is drawn from its posterior over the last ``window`` days and held, so that the forecast says "if nothing
    changes". ``dispersion`` k (variance m + m^2/k) defaults to an estimate from the last two windows, Poisson if that
    is not overdispersed. At most 14 days. Raises ``ValueError`` for arguments out of range.
    """
    if not 1 <= days <= LONGEST:
        raise ValueError(f"a forecast runs over 1 to {LONGEST} days, not {days}")
    counts = np.asarray(incidence, dtype=np.float64).ravel()
    w = np.asarray(weights, dtype=np.float64)
    if len(counts) <= window:
        return Forecast(
            np.empty((0, len(levels))), levels, "cannot judge, because the series is shorter than the window"
        )
    estimate = reproduction_number(counts, w, window=window)
    code = int(estimate.reason[0, -1])
    if code != Reason.JUDGED:
        return Forecast(np.empty((0, len(levels))), levels, because(code))
    k = _dispersion(counts, w, estimate.mean[0], window) if dispersion is None else dispersion
    r = rng.gamma(estimate.shape[0, -1], estimate.scale[0, -1], size=paths)
    reach = min(len(w) - 1, len(counts))
    past = np.broadcast_to(counts[-reach:], (paths, reach))
    path = np.concatenate([past, np.empty((paths, days))], axis=1)
    backward = w[1 : reach + 1][::-1]
    for step in range(days):
        mean = np.maximum(r * (path[:, step : step + reach] @ backward), 0.0)
        path[:, reach + step] = rng.poisson(mean if k is None else mean * rng.gamma(k, 1.0 / k, size=paths))
    quantiles = np.quantile(path[:, reach:], levels, axis=0).T
    return Forecast(np.ascontiguousarray(quantiles), levels)


def _dispersion(counts: FloatArray, w: FloatArray, r: FloatArray, window: int) -> float | None:
    """Moment estimate of k from the last two windows' counts against R Lambda; ``None`` means Poisson."""
    from lianfang.engines.reproduction.cori import infectiousness

    recent = slice(max(len(counts) - 2 * window, 1), len(counts))
    fitted = np.full(len(counts), np.nan)
    fitted[-len(r) :] = r
    mean = (fitted * infectiousness(counts, w))[recent]
    seen = counts[recent]
    usable = np.isfinite(mean) & (mean > 0)
    if usable.sum() < 3:
        return None
    m, y = mean[usable], seen[usable]
    excess = float(np.sum((y - m) ** 2 - m))
    return float(np.sum(m**2)) / excess if excess > 0 else None


def interval_score(observed: Any, low: Any, high: Any, alpha: float) -> FloatArray:
    """Interval score of central (1 - alpha) intervals: width + 2/alpha times the distance missed by; broadcasts."""
    y, lower, upper = np.asarray(observed, np.float64), np.asarray(low, np.float64), np.asarray(high, np.float64)
    return np.asarray(upper - lower + 2.0 / alpha * (np.maximum(lower - y, 0.0) + np.maximum(y - upper, 0.0)))


def weighted_interval_score(observed: Any, quantiles: Any, levels: tuple[float, ...] = LEVELS) -> FloatArray:
    """WIS of forecasts (…, Q) for outcomes (…): lower is better, in the unit of the counts.

    (|y - median| / 2 + sum over the K intervals of alpha_k / 2 times their interval score) / (K + 1/2). ``levels`` must
    ascend, be symmetric about 0.5 and contain it.
    """
    tau = np.asarray(levels)
    if len(tau) % 2 == 0 or np.any(np.diff(tau) <= 0) or not np.allclose(tau + tau[::-1], 1.0):
        raise ValueError("levels must ascend, be symmetric about 0.5 and contain it")
    q = np.asarray(quantiles, dtype=np.float64)
    y = np.asarray(observed, dtype=np.float64)
    if q.shape != (*y.shape, len(tau)):
        raise ValueError(f"quantiles must have shape {(*y.shape, len(tau))}, not {q.shape}")
    half = len(tau) // 2
    total = 0.5 * np.abs(y - q[..., half])
    for i in range(half):
        alpha = 2.0 * float(tau[i])
        total = total + alpha / 2.0 * interval_score(y, q[..., i], q[..., -1 - i], alpha)
    return np.asarray(total / (half + 0.5))


def steady_forecast(incidence: Any, *, days: int, window: int = 7, levels: tuple[float, ...] = LEVELS) -> FloatArray:
    """Comparison forecast (H, Q): the last count continues, with the spread of the recent daily changes.

    The baseline of forecast hubs; a forecast is worth something only where its score is below this one's.
    """
    counts = np.asarray(incidence, dtype=np.float64).ravel()
    changes = np.diff(counts[-2 * window :])
    both = np.concatenate([changes, -changes])
    spread = np.quantile(both, levels) if both.size else np.zeros(len(levels))
    steps = np.sqrt(np.arange(1, days + 1))[:, None]
    return np.asarray(np.maximum(counts[-1] + steps * spread, 0.0))
