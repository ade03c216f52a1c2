"""Farrington's method, original (1996) and flexible (Noufaily et al. 2013), for many series at once.

* C. P. Farrington, N. J. Andrews, A. D. Beale, M. A. Catchpole (1996): A statistical algorithm for the early detection
  of outbreaks of infectious disease. J. R. Statist. Soc. A 159, 547-563.
* A. Noufaily, D. G. Enki, C. P. Farrington, P. Garthwaite, N. Andrews, A. Charlett (2013): An improved algorithm for
  outbreak detection in multiple surveillance systems. Statistics in Medicine 32, 1206-1222.
* M. Salmon, D. Schumacher, M. Hoehle (2016): Monitoring count time series in R. J. Stat. Software 70(10).

The numbers are those of the R package *surveillance* 1.20.3; docs/algorithms/farrington.md tells where that departs
from the papers. ``variance="paper"`` gives the papers' form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lianfang.engines.aberration.reasons import Reason
from lianfang.engines.aberration.reference import (
    Baseline,
    Epochs,
    build_baseline,
    reference_points,
    steps_a_year,
    trend_time,
)
from lianfang.engines.aberration.result import (
    BoolArray,
    Detection,
    FloatArray,
    IntArray,
    as_positions,
    as_series,
    mark,
)

ThresholdMethod = Literal["delta", "nbPlugin", "muan"]
PowerTransformation = Literal["2/3", "1/2", "none"]
VarianceForm = Literal["reference", "paper"]

_POWER: dict[str, float] = {"2/3": 2.0 / 3.0, "1/2": 0.5, "none": 1.0}
_PEARSON, _OVERWRITTEN, _FLOORED = 0, 1, 2
_CHUNK = 512
_MOST_YEARS = 200
_MOST_PERIODS = 366


@dataclass(frozen=True)
class _Fits:
    expected: FloatArray
    phi: FloatArray
    log_variance: FloatArray
    trend: BoolArray
    reason: NDArray[np.int8]


def _critical_values(level: float, largest_df: int) -> FloatArray:
    """|t| above which a two-sided test at ``level`` rejects, for df 0..largest; level 1 and above always rejects."""
    from scipy.special import stdtrit

    df = np.maximum(np.arange(largest_df + 1), 1)
    if level >= 1.0:
        return np.zeros(largest_df + 1)
    if level <= 0.0:
        return np.full(largest_df + 1, np.inf)
    return np.asarray(stdtrit(df, 1.0 - level / 2.0), dtype=np.float64)


def _fit(
    counts: FloatArray,
    population: FloatArray | None,
    time: FloatArray,
    positions: IntArray,
    baseline: Baseline,
    *,
    trend: bool,
    reweight: bool,
    weights_threshold: float,
    form: int,
    p_threshold: float,
    trend_years: bool,
    lenient: bool,
    shifted: bool,
    threads: int,
) -> _Fits:
    """Run the compiled fits, in ``threads`` threads where there are many series."""
    from lianfang.engines.aberration.farrington_kernel import fit_series

    series, points = counts.shape[0], len(positions)
    result = np.full((series, points, 4), np.nan)
    trended = np.zeros((series, points), dtype=np.bool_)
    reason = np.zeros((series, points), dtype=np.int8)
    levels = int(baseline.level.max()) + 1 if baseline.level.size else 1
    widest = int(np.diff(baseline.start).max()) if points else 0
    critical = _critical_values(p_threshold, widest)
    log_population = np.empty((0, 0)) if population is None else np.log(population)

    def run(part: slice) -> None:
        fit_series(
            counts[part], log_population if population is None else log_population[part], time, positions, baseline.index,
            baseline.level, baseline.start, baseline.exists, levels, critical, trend, reweight,
            float(weights_threshold), form, not lenient, lenient, trend_years, shifted, result[part], trended[part],
            reason[part],
        )  # fmt: skip

    parts = [slice(i, min(i + _CHUNK, series)) for i in range(0, series, _CHUNK)]
    if threads > 1 and len(parts) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, parts))
    else:
        for part in parts:
            run(part)
    return _Fits(result[..., 0], result[..., 1], result[..., 2], trended, reason)


def delta_bound(
    expected: FloatArray, phi: FloatArray, log_variance: FloatArray, z: float, power: PowerTransformation
) -> FloatArray:
    """Upper limit by the delta method on the scale y^p (Farrington et al. 1996, section 3.5).

    (mu^p + z sqrt(p^2 mu^(2p - 1) (phi + Var(mu) / mu)))^(1/p), with Var(mu) = mu^2 ``log_variance``. Any shape.
    """
    p = _POWER[power]
    tau = phi + log_variance * expected
    with np.errstate(all="ignore"):
        value: FloatArray = (expected**p + z * np.sqrt(p * p * expected ** (2 * p - 1) * tau)) ** (1.0 / p)
    return value


def delta_tail(
    observed: FloatArray, expected: FloatArray, phi: FloatArray, log_variance: FloatArray, power: PowerTransformation
) -> FloatArray:
    """Probability of a count at least as large by the same normal approximation as :func:`delta_bound`."""
    from scipy.special import ndtr

    p = _POWER[power]
    with np.errstate(all="ignore"):
        spread = np.sqrt(p * p * expected ** (2 * p - 1) * (phi + log_variance * expected))
        value: FloatArray = ndtr((expected**p - observed**p) / spread)
    return value


def exceedance_probability(observed: FloatArray, mean: FloatArray, phi: FloatArray) -> FloatArray:
    """P(Y >= observed) for a negative binomial count with variance ``phi * mean`` (Poisson where phi = 1)."""
    from scipy.special import betainc, pdtrc

    with np.errstate(all="ignore"):
        poisson = ~(phi > 1.0)
        size = np.where(poisson, 1.0, mean / np.where(poisson, 1.0, phi - 1.0))
        below = betainc(size, np.maximum(observed, 1.0), 1.0 / np.where(poisson, 2.0, phi))
        value = np.where(poisson, pdtrc(np.maximum(observed, 1.0) - 1.0, mean), 1.0 - below)
    return np.asarray(np.where(np.isnan(mean) | np.isnan(observed), np.nan, np.where(observed <= 0, 1.0, value)))


def _recent_cases(counts: FloatArray, positions: IntArray, period: int) -> FloatArray:
    """Sum of the last ``period`` counts up to and including each position, shape (S, P); NaN if one is missing."""
    total = np.zeros((counts.shape[0], len(positions)))
    for back in range(int(period)):
        at = positions - back
        total += np.where(at >= 0, counts[:, np.maximum(at, 0)], np.nan)
    return total


def farrington_flexible(
    counts: Any,
    *,
    epochs: Epochs | None = None,
    positions: Any = None,
    b: int = 5,
    w: int = 3,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    alpha: float = 0.05,
    trend: bool = True,
    p_threshold_trend: float = 0.05,
    limit54: tuple[float, int] = (5, 4),
    powertrans: PowerTransformation = "2/3",
    population: Any = None,
    no_periods: int = 1,
    past_weeks_not_included: int | None = None,
    threshold_method: ThresholdMethod = "delta",
    frequency: int = 52,
    variance: VarianceForm = "reference",
    threads: int = 1,
) -> Detection:
    """Judge S weekly series of T counts at P points; every returned array has shape (S, P).

    ``counts`` (S, T) or (T,), cases per week, NaN where missing. ``epochs`` (T,) first days of the weeks as
    ``datetime64``: with them a year back is the same calendar date; without, ``frequency`` steps. ``positions`` are
    0-based; default all points with a full baseline. ``population`` (S, T) or (T,) enters as a log offset. The bound
    is the one-sided (1 - ``alpha``) quantile. Missing baseline counts are left out. Raises ``ValueError`` for
    arguments out of range.
    """
    y = as_series(counts)
    past = w if past_weeks_not_included is None else past_weeks_not_included
    _check(b, w, alpha, no_periods, past, powertrans, threshold_method, variance)
    _check_year(w, steps_a_year(epochs, frequency))
    _check_recent(limit54)
    _check_trend(weights_threshold, p_threshold_trend)
    first = first_position(y.shape[1], b, w, epochs, frequency) if positions is None else 0
    at = as_positions(positions, first, y.shape[1])
    baseline = build_baseline(
        at, years=b, half_window=w, periods=no_periods, past_not_included=past, epochs=epochs, frequency=frequency
    )
    shares = None if population is None else np.broadcast_to(np.asarray(population, np.float64), y.shape).copy()
    fits = _fit(
        y, shares, trend_time(y.shape[1], epochs), at, baseline, trend=trend, reweight=reweight,
        weights_threshold=weights_threshold, form=_FLOORED if variance == "paper" else _OVERWRITTEN,
        p_threshold=p_threshold_trend, trend_years=b >= 3, lenient=False,
        shifted=variance == "reference" and epochs is not None, threads=threads,
    )  # fmt: skip
    from scipy.special import ndtri

    z = float(ndtri(1.0 - alpha))
    mean = fits.expected
    if threshold_method == "delta":
        bound = delta_bound(fits.expected, fits.phi, fits.log_variance, z, powertrans)
    else:
        from lianfang.engines.aberration.quantiles import count_quantile

        if threshold_method == "muan":
            with np.errstate(all="ignore"):
                mean = fits.expected * np.exp(z * np.sqrt(fits.log_variance))
        bound = count_quantile(1.0 - alpha, mean, fits.phi)
    reason = fits.reason.copy()
    observed = y[:, at]
    recent = _recent_cases(y, at, limit54[1])
    with np.errstate(invalid="ignore"):
        mark(reason, ~np.isfinite(bound), Reason.OVERFLOW)
        mark(reason, recent < limit54[0], Reason.LOW_COUNTS)
        mark(reason, np.isnan(recent) | np.isnan(observed), Reason.MISSING_NOW)
        mark(reason, observed < 0, Reason.NEGATIVE)
    judged = reason == Reason.JUDGED
    bound = np.where(judged, bound, np.nan)
    expected = np.where(judged, fits.expected, np.nan)
    if threshold_method == "delta":
        tail = delta_tail(observed, expected, fits.phi, fits.log_variance, powertrans)
    else:
        tail = exceedance_probability(observed, np.where(judged, mean, np.nan), fits.phi)
    with np.errstate(invalid="ignore"):
        alarm = judged & (observed > bound)
    return Detection(
        "farrington-flexible", at, observed, expected, bound, alarm, fits.phi, reason, fits.trend, tail
    )  # fmt: skip


def farrington(
    counts: Any,
    *,
    epochs: Epochs | None = None,
    positions: Any = None,
    b: int = 5,
    w: int = 3,
    reweight: bool = True,
    alpha: float = 0.05,
    trend: bool = True,
    limit54: tuple[float, int] = (5, 4),
    powertrans: PowerTransformation = "2/3",
    frequency: int = 52,
    threads: int = 1,
) -> Detection:
    """Judge series by the original method; arguments and shapes as in :func:`farrington_flexible`.

    Two-sided: the bound is the (1 - ``alpha``/2) limit. Weights set in at a residual of 1, the trend is kept at 5 %.
    Where too few cases were seen lately the bound is 0 and no alarm is raised, as the reference reports (reason
    ``LOW_COUNTS``). A missing baseline count is not judged.
    """
    y = as_series(counts)
    _check(b, w, alpha, 1, 0, powertrans, "delta", "reference")
    _check_year(w, steps_a_year(epochs, frequency))
    _check_recent(limit54)
    first = first_position(y.shape[1], b, w, epochs, frequency) if positions is None else 0
    at = as_positions(positions, first, y.shape[1])
    baseline = build_baseline(
        at, years=b, half_window=w, periods=1, past_not_included=w, epochs=epochs, frequency=frequency
    )
    fits = _fit(
        y, None, np.arange(y.shape[1], dtype=np.float64), at, baseline, trend=trend, reweight=reweight,
        weights_threshold=1.0, form=_FLOORED, p_threshold=0.05, trend_years=b >= 3, lenient=True, shifted=False,
        threads=threads,
    )  # fmt: skip
    from scipy.special import ndtri

    bound = delta_bound(fits.expected, fits.phi, fits.log_variance, float(ndtri(1.0 - alpha / 2.0)), powertrans)
    reason = fits.reason.copy()
    observed = y[:, at]
    recent = _recent_cases(y, at, limit54[1])
    with np.errstate(invalid="ignore"):
        mark(reason, ~np.isfinite(bound), Reason.OVERFLOW)
        mark(reason, recent < limit54[0], Reason.LOW_COUNTS)
        mark(reason, np.isnan(recent) | np.isnan(observed), Reason.MISSING_NOW)
        mark(reason, observed < 0, Reason.NEGATIVE)
    judged = reason == Reason.JUDGED
    low = reason == Reason.LOW_COUNTS
    bound = np.where(judged, bound, np.where(low, 0.0, np.nan))
    expected = np.where(judged | low, fits.expected, np.nan)
    with np.errstate(invalid="ignore"):
        alarm = judged & (observed > bound)
    tail = delta_tail(observed, expected, fits.phi, fits.log_variance, powertrans)
    return Detection("farrington", at, observed, expected, bound, alarm, fits.phi, reason, fits.trend, tail)


def first_position(length: int, b: int, w: int, epochs: Epochs | None, frequency: int) -> int:
    """Return the first 0-based point with a usable baseline, b years and w steps in; ``length`` if there is none.

    With dates, b years can be more than b times 52 weeks; the first week of such a baseline may lie before the series.
    """
    points = reference_points(np.arange(length, dtype=np.int64), b, epochs, frequency)
    full = np.flatnonzero(points.min(axis=1) >= w - (epochs is not None))
    full = full[full >= b * steps_a_year(epochs, frequency) + w]
    return int(full[0]) if full.size else length


def _check(b: int, w: int, alpha: float, periods: int, past: int, powertrans: str, method: str, variance: str) -> None:
    """Raise ``ValueError`` with one clear sentence for arguments out of range."""
    if b < 1:
        raise ValueError(f"b, the number of past years, must be at least 1, not {b}")
    if b > _MOST_YEARS:
        raise ValueError(f"b, the number of past years, must be at most {_MOST_YEARS}, not {b}")
    if w < 0:
        raise ValueError(f"w, the half-window in weeks, must not be negative: {w}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    if periods < 1:
        raise ValueError(f"noPeriods must be at least 1, not {periods}")
    if periods > _MOST_PERIODS:
        raise ValueError(f"noPeriods must be at most {_MOST_PERIODS}, not {periods}")
    if past < 0:
        raise ValueError(f"pastWeeksNotIncluded must not be negative: {past}")
    if powertrans not in _POWER:
        raise ValueError(f'powertrans must be "2/3", "1/2" or "none", not "{powertrans}"')
    if method not in ("delta", "nbPlugin", "muan"):
        raise ValueError(f'thresholdMethod must be "delta", "nbPlugin" or "muan", not "{method}"')
    if variance not in ("reference", "paper"):
        raise ValueError(f'variance must be "reference" or "paper", not "{variance}"')


def _check_year(w: int, steps: int) -> None:
    """Raise ``ValueError`` where the windows of two years would overlap."""
    if steps < 1:
        raise ValueError(f"frequency, the number of steps in a year, must be at least 1, not {steps}")
    if 2 * w + 1 > steps:
        raise ValueError(f"w={w} makes windows of {2 * w + 1} steps, which overlap in a year of {steps}")


def _check_recent(limit54: tuple[float, int]) -> None:
    """Raise ``ValueError`` for a low-count rule that cannot be meant."""
    cases, period = limit54
    if cases < 0 or period < 0:
        raise ValueError(f"limit54 must be cases and weeks, neither negative, not {cases:g},{period}")


def _check_trend(weights_threshold: float, p_threshold: float) -> None:
    """Raise ``ValueError`` for thresholds of the flexible method that are out of range."""
    if weights_threshold < 0:
        raise ValueError(f"weightsThreshold must not be negative: {weights_threshold:g}")
    if not 0.0 <= p_threshold <= 1.0:
        raise ValueError(f"pThresholdTrend must lie between 0 and 1, not {p_threshold:g}")
