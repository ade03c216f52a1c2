"""Compiled loops of the control charts. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

import numpy as np

from lianfang.engines.compiled import compiled

JUDGED, TOO_SHORT, MISSING_NOW, MISSING_BASELINE, NEGATIVE, NO_VARIATION = 0, 1, 2, 3, 4, 9


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
def _window(row, at, baseline, lag):  # type: ignore[no-untyped-def]
    """Mean, sample standard deviation and reason of the window of one point (reason 0, 1, 3 or 4)."""
    end = at - lag
    begin = end - baseline
    if begin < 0:
        return np.nan, np.nan, TOO_SHORT
    total = 0.0
    smallest = 0.0
    for i in range(begin, end):
        total += row[i]
        smallest = min(smallest, row[i])
    m = total / baseline
    if np.isnan(m):
        return np.nan, np.nan, MISSING_BASELINE
    squares = 0.0
    for i in range(begin, end):
        d = row[i] - m
        squares += d * d
    return m, np.sqrt(squares / (baseline - 1)), (NEGATIVE if smallest < 0.0 else JUDGED)


@compiled
def ears_points(  # type: ignore[no-untyped-def]
    counts, position, baseline, lag, summed, z, floor, around_mean, expected, spread, bound, alarm, reason
):
    """EARS for every (series, point): C1 and C2, or with ``summed`` C3 (``around_mean``: the papers' bound)."""
    for s in range(counts.shape[0]):
        row = counts[s]
        previous = -10
        m1, d1, c1, m2, d2, c2 = np.nan, np.nan, 0, np.nan, np.nan, 0
        for p in range(position.shape[0]):
            t = position[p]
            m, sd, code = _window(row, t, baseline, lag)
            floored = max(sd, floor) if sd == sd else sd
            y = row[t]
            if summed:
                if t != previous + 1:
                    m1, d1, c1 = _window(row, t - 1, baseline, lag)
                    m2, d2, c2 = _window(row, t - 2, baseline, lag)
                excess = 0.0
                varied = floored > 0.0
                for back in range(1, 3):
                    mean, dev, other = (m1, d1, c1) if back == 1 else (m2, d2, c2)
                    code = code if code != JUDGED else other
                    if code == JUDGED:
                        dev = max(dev, floor)
                        seen = row[t - back]
                        if np.isnan(seen):
                            code = MISSING_BASELINE
                        elif dev > 0.0:
                            excess += max((seen - mean) / dev - 1.0, 0.0)
                        elif seen > mean:
                            excess += np.inf
                        elif seen == mean:
                            excess += np.nan
                value = (m if around_mean else y) + floored * (z - excess)
                value = 0.0 if value < 0.0 else value
                m2, d2, c2 = m1, d1, c1
                m1, d1, c1 = m, sd, code if code != MISSING_BASELINE or np.isnan(m) else JUDGED
                previous = t
                if code == JUDGED and (not varied or np.isnan(value)):
                    code = NO_VARIATION
            else:
                value = m + z * floored
                if code == JUDGED and floored == 0.0:
                    code = NO_VARIATION
            if np.isnan(y) and code != TOO_SHORT:
                code = MISSING_NOW
            elif y < 0.0 and code in (JUDGED, NO_VARIATION):
                code = NEGATIVE
            expected[s, p] = m
            spread[s, p] = floored
            usable = code in (JUDGED, NO_VARIATION)
            bound[s, p] = value if usable or code == MISSING_NOW else np.nan
            alarm[s, p] = usable and y > value
            reason[s, p] = code


@compiled
def cusum_points(  # type: ignore[no-untyped-def]
    counts, first, mean, form, alpha, k, h, expected, bound, alarm, reason
):
    """Cumulative sums of every series from ``first``; ``mean`` (S, 1) or (S, P); ``form`` numbers the transformation.

    0 standard, 1 rossi, 2 none, 3 anscombe, 4 anscombe2nd, 5 pearsonNegBin; 6: ``counts`` holds z itself.
    """
    points = bound.shape[1]
    for s in range(counts.shape[0]):
        total = 0.0
        m, root, third, sixth = -1.0, 0.0, 0.0, 0.0
        lost = False
        for p in range(points):
            new = mean[s, p] if mean.shape[1] > 1 else mean[s, 0]
            if new != m:
                m = new
                root = np.sqrt(m + alpha * m * m) if form == 5 else np.sqrt(m)
                if form in (3, 4):
                    third = np.cbrt(m)
                    sixth = 2.0 / 3.0 * np.sqrt(third)
            y = counts[s, first + p]
            expected[s, p] = m
            alarm[s, p] = False
            bound[s, p] = np.nan
            if lost or (np.isnan(m) and form != 2) or np.isnan(y):
                reason[s, p] = MISSING_NOW if np.isnan(y) else MISSING_BASELINE
                lost = True
                continue
            if form != 6 and (y < 0.0 or m < 0.0):
                reason[s, p] = NEGATIVE
                lost = True
                continue
            if m == 0.0 and form not in (2, 6):
                reason[s, p] = NO_VARIATION
                continue
            room = h - total + k
            if form == 0:
                z = (y - m) / root
                value = np.ceil(m + root * room)
            elif form == 1:
                z = (y - 3.0 * m + 2.0 * np.sqrt(y * m)) / (2.0 * root)
                inner = 4.0 * m + 2.0 * root * room
                value = (np.sqrt(inner) - root) ** 2 if inner >= 0.0 else 0.0
            elif form in (2, 6):
                z = y
                value = 0.0
            elif form == 5:
                z = (y - m) / root
                value = m + root * room
            else:
                center = third * third
                z = (np.cbrt(y) ** 2 - (center - 1.0 / third / 9.0 if form == 4 else center)) / sixth
                inner = center - (third / 9.0 if form == 4 else 0.0) + sixth * room
                value = inner * np.sqrt(inner) if inner >= 0.0 else 0.0
            total = max(0.0, total + z - k)
            if form in (2, 6):
                value = h - total
            bound[s, p] = max(value, 0.0)
            alarm[s, p] = total >= h
            reason[s, p] = JUDGED


@compiled
def smooth(counts, weight, first, average):  # type: ignore[no-untyped-def]
    """Exponentially weighted average per series, started at ``first`` (S,); a missing count leaves it unchanged."""
    for s in range(counts.shape[0]):
        value = first[s]
        for i in range(counts.shape[1]):
            if not np.isnan(counts[s, i]):
                value = weight * counts[s, i] + (1.0 - weight) * value
            average[s, i] = value
