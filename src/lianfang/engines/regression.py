"""Log-linear Poisson regression with any design, for single fits (the detectors have a compiled one of their own)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
TINY = 2.220446049250313e-16


@dataclass(frozen=True)
class PoissonFit:
    """``coefficients`` (q,), ``covariance`` (q, q) at dispersion 1, Pearson ``dispersion`` and degrees of freedom."""

    coefficients: FloatArray
    covariance: FloatArray
    dispersion: float
    df: int


def poisson_regression(y: FloatArray, x: FloatArray) -> PoissonFit | None:
    """Fit log E(y) = x b by iteratively reweighted least squares (McCullagh & Nelder 1989, section 2.5).

    ``y`` (n,) counts, ``x`` (n, q) of full rank. ``None`` where 25 iterations do not change the deviance by less than
    1e-8 of itself.
    """
    mu = y + 0.1
    eta = np.log(mu)
    ylogy = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0)), 0.0)
    before = 2.0 * float(np.sum(ylogy - y * eta - (y - mu)))
    for _ in range(25):
        root = np.sqrt(mu)
        weighted = x * root[:, None]
        beta = np.linalg.lstsq(weighted, root * (eta + (y - mu) / mu), rcond=None)[0]
        eta = x @ beta
        with np.errstate(over="ignore"):
            mu = np.maximum(np.exp(eta), TINY)
        deviance = 2.0 * float(np.sum(ylogy - y * np.log(mu) - (y - mu)))
        if not np.isfinite(deviance):
            return None
        if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-8:
            df = len(y) - x.shape[1]
            pearson = float(np.sum((y - mu) ** 2 / mu)) / df if df > 0 else float("nan")
            covariance = np.asarray(np.linalg.pinv(weighted.T @ weighted), dtype=np.float64)
            return PoissonFit(np.asarray(beta, dtype=np.float64), covariance, pearson, df)
        before = deviance
    return None
