"""The compiled inner loop of the Farrington methods: one regression per series and judged point.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

import numpy as np

from lianfang.engines.aberration.glm import irls, pearson, reweight
from lianfang.engines.compiled import compiled

JUDGED, TOO_SHORT, MISSING_BASELINE, NEGATIVE, NOT_CONVERGED, TOO_FEW = 0, 1, 3, 4, 7, 8


@compiled
def fit_point(  # type: ignore[no-untyped-def]
    data, level, n, center, with_trend, reweighted, threshold, form, now_offset, out, buffers
):
    """Fit one baseline; return a reason code.

    ``out`` = (expected, dispersion floored at 1, variance of the log mean, |t| of the trend, slope). ``center`` is
    the judged time. ``form`` of the variance: 0 Pearson dispersion; 1 the same, but after reweighting
    sum(omega r^2)/df, r being the relative residual, as the reference implementation does; 2 the floored dispersion
    (Farrington et al. 1996), with the trend tested by the Pearson dispersion.
    """
    y, start, ylogy, two_thirds, offset, t = data
    mu, eta, work, weight, group = buffers
    used = 0
    group[:, :] = 0.0
    for i in range(n):
        if group[level[i], 0] == 0.0:
            used += 1
            group[level[i], 0] = 1.0
        weight[i] = 1.0
    if group[0, 0] == 0.0:
        return MISSING_BASELINE
    df = n - used - (1 if with_trend else 0)
    if df <= 0:
        return TOO_FEW
    converged, slope, stt = irls(y, start, ylogy, offset, t, level, weight, n, with_trend, mu, eta, work, group)
    if not converged:
        return NOT_CONVERGED
    dispersion = pearson(y, mu, work, n, df)
    phi = max(dispersion, 1.0)
    if reweighted:
        reweight(two_thirds, mu, eta, work, t, level, group, stt, with_trend, n, phi, threshold, weight)
        converged, slope, stt = irls(y, start, ylogy, offset, t, level, weight, n, with_trend, mu, eta, work, group)
        if not converged:
            return NOT_CONVERGED
        dispersion = pearson(y, mu, work, n, df)
        phi = max(dispersion, 1.0)
        if form == 1:
            dispersion = pearson(y, mu, weight, n, df)
    now_eta = now_offset + group[0, 3] + slope * center
    variance = 1.0 / group[0, 0]
    statistic = 0.0
    if with_trend:
        dt = center - group[0, 1]
        variance += dt * dt / stt
        statistic = abs(slope) / np.sqrt(dispersion / stt)
    out[0] = max(np.exp(now_eta), 2.220446049250313e-16)
    out[1] = phi
    out[2] = (phi if form == 2 else dispersion) * variance
    out[3] = statistic
    out[4] = slope
    if not (np.isfinite(out[0]) and np.isfinite(out[1]) and np.isfinite(out[2])):
        return NOT_CONVERGED
    return JUDGED


@compiled
def fit_series(  # type: ignore[no-untyped-def]
    counts, log_population, time, position, index, level, start, exists, levels, critical,
    trend, reweighted, threshold, form, drop_missing, partial, trend_years, shifted, result, trended, reason,
):  # fmt: skip
    """Fit every (series, point); ``result`` (S, P, 4) = expected, phi, variance of the log mean, slope.

    ``critical[df]`` is the |t| above which the trend is significant; ``trend_years`` tells whether the baseline is long
    enough for a trend; ``drop_missing`` and ``partial`` whether a baseline may lack counts or reach before the series.
    ``time`` (T,) is the trend's covariate. ``shifted``: predict as many steps early as the baseline's first counts are
    missing, as the reference does with dated epochs.
    """
    widest = 1
    for p in range(position.shape[0]):
        widest = max(widest, start[p + 1] - start[p])
    y, first, ylogy, two_thirds = np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest)
    offset, t, g = np.empty(widest), np.empty(widest), np.empty(widest, np.int64)
    data = (y, first, ylogy, two_thirds, offset, t)
    buffers = (np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest), np.empty((levels, 6)))
    length = counts.shape[1]
    s_first, s_ylogy, s_two_thirds = np.empty(length), np.empty(length), np.empty(length)
    out = np.empty(5)
    seen = np.empty(levels, np.bool_)
    for s in range(counts.shape[0]):
        for i in range(length):
            value = counts[s, i]
            if value >= 0.0:
                s_first[i] = np.log(value + 0.1)
                s_ylogy[i] = value * np.log(value) if value > 0.0 else 0.0
                s_two_thirds[i] = np.cbrt(value) ** 2
        for p in range(position.shape[0]):
            result[s, p, :] = np.nan
            trended[s, p] = False
            if not (exists[p] or partial):
                reason[s, p] = TOO_SHORT
                continue
            n = 0
            late = 0.0
            largest = 0.0
            code = JUDGED
            now = position[p]
            middle = time[index[(start[p] + start[p + 1]) // 2]] if start[p + 1] > start[p] else time[now]
            for j in range(start[p], start[p + 1]):
                value = counts[s, index[j]]
                if np.isnan(value):
                    if not drop_missing:
                        code = MISSING_BASELINE
                        break
                    continue
                if value < 0.0:
                    code = NEGATIVE
                    break
                if n == 0 and shifted:
                    late = time[index[j]] - time[index[start[p]]]
                y[n] = value
                first[n] = s_first[index[j]]
                ylogy[n] = s_ylogy[index[j]]
                two_thirds[n] = s_two_thirds[index[j]]
                offset[n] = log_population[s, index[j]] if log_population.shape[0] > 0 else 0.0
                t[n] = time[index[j]] - middle
                g[n] = level[j]
                largest = max(largest, value)
                n += 1
            if code == JUDGED and n == 0:
                code = TOO_SHORT
            if code != JUDGED:
                reason[s, p] = code
                continue
            seen[:] = False
            used = 0
            for i in range(n):
                if not seen[g[i]]:
                    seen[g[i]] = True
                    used += 1
            now_offset = log_population[s, now] if log_population.shape[0] > 0 else 0.0
            kept = False
            if trend:
                code = fit_point(data, g, n, time[now] - middle - late, True, reweighted, threshold, form, now_offset,
                                 out, buffers)  # fmt: skip
                if code == JUDGED:
                    kept = trend_years and out[3] > critical[max(n - used - 1, 0)] and out[0] <= largest
            if not kept:
                code = fit_point(data, g, n, time[now] - middle - late, False, reweighted, threshold, form, now_offset,
                                 out, buffers)  # fmt: skip
            reason[s, p] = code
            if code != JUDGED:
                continue
            trended[s, p] = kept
            result[s, p, 0] = out[0]
            result[s, p, 1] = out[1]
            result[s, p, 2] = out[2]
            result[s, p, 3] = out[4]
