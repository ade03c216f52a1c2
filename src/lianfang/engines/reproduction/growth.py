"""Growth and doubling time, final size, attack rates.

* Doubling time: P. McCullagh, J. A. Nelder (1989), log-linear regression with overdispersion.
* Final size: W. O. Kermack, A. G. McKendrick (1927): A contribution to the mathematical theory of epidemics. Proc. R.
  Soc. A 115, 700-721. It holds for any distribution of the infectious period (J. Ma, D. J. D. Earn 2006, Bull. Math.
  Biol. 68, 679-702).
* Exact intervals: C. J. Clopper, E. S. Pearson (1934): The use of confidence or fiducial limits illustrated in the case
  of the binomial. Biometrika 26, 404-413.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lianfang.engines.regression import poisson_regression
from lianfang.engines.reproduction.model import FloatArray


@dataclass(frozen=True)
class Growth:
    """Exponential growth of one series.

    ``rate`` per day with its interval; ``doubling`` days with ``doubling_low`` and ``doubling_high`` (negative: halving
    time). ``cannot`` is empty or a sentence; then the doubling time is NaN.
    """

    rate: float
    rate_low: float
    rate_high: float
    doubling: float
    doubling_low: float
    doubling_high: float
    cannot: str = ""


def growth(incidence: Any, *, confidence: float = 0.95, least_cases: int = 10) -> Growth:
    """Fit log E(I_t) = a + r t to daily counts (T,), NaN left out; the interval allows for overdispersion.

    A doubling time is given only where the interval of r excludes 0.
    """
    from scipy.special import stdtrit

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"the confidence must lie between 0 and 1, not {confidence}")
    counts = np.asarray(incidence, dtype=np.float64).ravel()
    known = ~np.isnan(counts)
    day, y = np.flatnonzero(known).astype(np.float64), counts[known]
    if (y < 0).any():
        return _cannot("a count is negative")
    if len(y) < 4:
        return _cannot(f"{len(y)} days are known and 4 are needed")
    if y.sum() < least_cases:
        return _cannot(f"there are {y.sum():g} cases and {least_cases} are needed")
    fit = poisson_regression(y, np.column_stack([np.ones_like(day), day - day.mean()]))
    if fit is None:
        return _cannot("the regression does not converge")
    rate = float(fit.coefficients[1])
    error = float(np.sqrt(max(fit.dispersion, 1.0) * fit.covariance[1, 1]))
    margin = float(stdtrit(fit.df, 0.5 + confidence / 2.0)) * error
    low, high = rate - margin, rate + margin
    if low <= 0.0 <= high:
        sentence = "cannot judge, because the counts are as well explained by neither growing nor shrinking"
        return Growth(rate, low, high, np.nan, np.nan, np.nan, sentence)
    doubling = np.log(2.0) / np.array([rate, high, low])
    return Growth(rate, low, high, float(doubling[0]), float(doubling[1]), float(doubling[2]))


def _cannot(why: str) -> Growth:
    return Growth(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, f"cannot judge, because {why}")


def final_size(reproduction_number: Any, *, susceptible: Any = 1.0) -> FloatArray:
    """Share z of the susceptible that falls ill in the end: z = 1 - exp(-R s z); arrays broadcast.

    ``susceptible`` is the share s of susceptible people at the beginning (0 to 1). 0 where R s does not exceed 1.
    """
    from scipy.special import lambertw

    r, s = np.broadcast_arrays(np.asarray(reproduction_number, np.float64), np.asarray(susceptible, np.float64))
    if np.any(r < 0) or np.any(s < 0) or np.any(s > 1):
        raise ValueError("R must not be negative and the susceptible share must lie between 0 and 1")
    x = r * s
    grows = x > 1.0
    safe = np.where(grows, x, 2.0)
    z = 1.0 + np.real(lambertw(-safe * np.exp(-safe))) / safe
    return np.asarray(np.where(grows, z, 0.0))


def reproduction_number_from_final_size(share: Any, *, susceptible: float = 1.0) -> FloatArray:
    """R that leads to a final ``share`` ill among the susceptible: -log(1 - z) / (s z). Shares between 0 and 1."""
    z = np.asarray(share, dtype=np.float64)
    if np.any(z <= 0) or np.any(z >= 1) or not 0 < susceptible <= 1:
        raise ValueError("shares must lie strictly between 0 and 1")
    return np.asarray(-np.log1p(-z) / (susceptible * z))


@dataclass(frozen=True)
class AttackRate:
    """``ill`` of ``total`` people: ``rate`` with its exact interval (NaN where nobody is at risk)."""

    ill: int
    total: int
    rate: float
    low: float
    high: float


def attack_rate(ill: int, total: int, *, confidence: float = 0.95) -> AttackRate:
    """Attack rate with the exact (Clopper-Pearson) interval. Raises ``ValueError`` unless 0 <= ill <= total."""
    from scipy.special import betaincinv

    if total < 0 or not 0 <= ill <= total:
        raise ValueError(f"{ill} ill of {total} cannot be")
    if total == 0:
        return AttackRate(ill, total, np.nan, np.nan, np.nan)
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if ill == 0 else float(betaincinv(ill, total - ill + 1, tail))
    high = 1.0 if ill == total else float(betaincinv(ill + 1, total - ill, 1.0 - tail))
    return AttackRate(ill, total, ill / total, low, high)


def attack_rates(groups: Mapping[str, tuple[int, int]], *, confidence: float = 0.95) -> dict[str, AttackRate]:
    """Attack rate of every group from (ill, total), in the order given."""
    return {name: attack_rate(ill, total, confidence=confidence) for name, (ill, total) in groups.items()}
