"""Poisson regression with log link by iteratively reweighted least squares, compiled.

Model: log mu_i = offset_i + a_{g(i)} + beta t_i, one intercept per seasonal level g and at most one common slope. Its
normal equations have arrow shape, so that each iteration costs O(n): the slope comes from the within-level weighted
moments, each intercept from its level's weighted mean. Start (mu = y + 0.1), convergence (relative change of deviance
below 1e-8, at most 25 iterations) and the use of the last iteration's working weights for variances follow the
conventions of generalised linear model software (McCullagh & Nelder 1989, section 2.5), so that counts for which the
maximum lies at infinity (a level of zeros) end at the same numbers.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

import numpy as np

from lianfang.engines.compiled import compiled

EPSILON = 1e-8
ITERATIONS = 25
TINY = 2.220446049250313e-16


@compiled
def irls(y, start, ylogy, offset, t, level, weight, n, with_trend, mu, eta, work, group):  # type: ignore[no-untyped-def]
    """Fit n counts; return (converged, slope, Stt), Stt being the within-level weighted sum of squares of time.

    ``start`` holds log(y + 0.1), ``ylogy`` y log y. Filled in place: ``mu`` and ``eta`` fitted means and their logs,
    ``work`` working weights of the last iteration, and per level ``group[g]`` = (sum of working weights, weighted mean
    time, weighted mean response, intercept, -, -). Consecutive weeks of one level differ by a constant factor, so that
    one exponential per run of weeks is enough.
    """
    levels = group.shape[0]
    before = 0.0
    for i in range(n):
        mu[i] = y[i] + 0.1
        eta[i] = start[i]
        before += 2.0 * weight[i] * (ylogy[i] - y[i] * eta[i] + 0.1)
    slope = 0.0
    stt = 0.0
    for _ in range(ITERATIONS):
        group[:, :] = 0.0
        for i in range(n):
            g = level[i]
            w = weight[i] * mu[i]
            wz = w * (eta[i] - offset[i]) + weight[i] * (y[i] - mu[i])
            work[i] = w
            group[g, 0] += w
            group[g, 1] += w * t[i]
            group[g, 2] += wz
            group[g, 4] += w * t[i] * t[i]
            group[g, 5] += wz * t[i]
        stt = 0.0
        sty = 0.0
        for g in range(levels):
            if group[g, 0] > 0.0:
                stt += group[g, 4] - group[g, 1] * group[g, 1] / group[g, 0]
                sty += group[g, 5] - group[g, 1] * group[g, 2] / group[g, 0]
                group[g, 1] /= group[g, 0]
                group[g, 2] /= group[g, 0]
        slope = 0.0
        if with_trend:
            if not stt > 0.0:
                return False, 0.0, 0.0
            slope = sty / stt
        for g in range(levels):
            group[g, 3] = group[g, 2] - slope * group[g, 1]
        ratio = np.exp(slope)
        deviance = 0.0
        m = 0.0
        for i in range(n):
            g = level[i]
            log_m = offset[i] + group[g, 3] + slope * t[i]
            follows = i > 0 and t[i] - t[i - 1] == 1.0 and level[i - 1] == g and offset[i] == offset[i - 1]
            m = m * ratio if follows else np.exp(log_m)
            eta[i] = log_m
            if m < TINY:
                mu[i] = TINY
                log_m = np.log(TINY)
            else:
                mu[i] = m
            deviance += 2.0 * weight[i] * (ylogy[i] - y[i] * log_m - y[i] + mu[i])
        if not np.isfinite(deviance):
            return False, 0.0, 0.0
        if abs(deviance - before) / (abs(deviance) + 0.1) < EPSILON:
            return True, slope, stt
        before = deviance
    return False, slope, stt


@compiled
def pearson(y, mu, work, n, df):  # type: ignore[no-untyped-def]
    """Pearson dispersion: sum of working weight times squared working residual, over the degrees of freedom."""
    total = 0.0
    for i in range(n):
        r = (y[i] - mu[i]) / mu[i]
        total += work[i] * r * r
    return total / df


@compiled
def reweight(two_thirds, mu, eta, work, t, level, group, stt, with_trend, n, phi, threshold, weight):  # type: ignore[no-untyped-def]
    """Fill ``weight`` from Anscombe residuals (Farrington et al. 1996, section 3.3).

    s_i = (3/2)(y^(2/3) mu^(-1/6) - mu^(1/2)) / sqrt(phi (1 - h_i)); weights are proportional to s^-2 above the
    threshold and to 1 below it, and sum to n. A count that alone determines its fitted value
    (leverage 1) keeps weight 1. ``two_thirds`` holds y^(2/3).
    """
    total = 0.0
    for i in range(n):
        g = level[i]
        h = 1.0 / group[g, 0]
        if with_trend:
            dt = t[i] - group[g, 1]
            h += dt * dt / stt
        h *= work[i]
        s = 0.0
        if h < 1.0 - 10.0 * TINY:
            sixth = np.exp(eta[i] / -6.0)
            s = 1.5 * (two_thirds[i] * sixth - np.sqrt(mu[i])) / np.sqrt(phi * (1.0 - h))
        if s > threshold:
            weight[i] = 1.0 / (s * s)
        else:
            weight[i] = 1.0
        total += weight[i]
    for i in range(n):
        weight[i] *= n / total
