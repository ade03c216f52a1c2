"""School series: school days only, a variance floor, and the days on which nothing can be said.

Absence is only seen on school days, so that a baseline of seven "days" must be seven school days; a class of 45 has
runs of zeros, so that a standard deviation needs a floor (H. Burkom's advice for sparse data: 0.5 or 1); after a class
is re-formed its past is another class's past.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from lianfang.engines.aberration.charts import ears, ewma, moving_percentile
from lianfang.engines.aberration.reasons import Reason
from lianfang.engines.aberration.result import Detection, as_series

SchoolMethod = Literal["ears-c1", "ears-c2", "ears-c3", "ewma", "moving-percentile"]
_REACH = {"ears-c1": (7, 0), "ears-c2": (7, 2), "ears-c3": (7, 4), "ewma": (28, 2), "moving-percentile": (28, 0)}
MINIMUM_SD = 0.5


def judge_school_days(
    counts: Any,
    in_session: Any,
    *,
    method: SchoolMethod = "ears-c2",
    minimum_sd: float = MINIMUM_SD,
    changed_at: Sequence[int] = (),
    known_until: int | None = None,
    **parameters: Any,
) -> Detection:
    """Judge daily series (S, T) on the school days of ``in_session`` (T,); every returned array has shape (S, T).

    Other days are left out of the baselines and carry ``NOT_A_SCHOOL_DAY``. ``minimum_sd`` floors the standard
    deviation (cases). ``changed_at`` are 0-based days on which classes were re-formed: until the baseline lies wholly
    after them, nothing is judged. Days after ``known_until`` (0-based) are the future. NaN is a count that is missing.
    """
    if method not in _REACH:
        raise ValueError(f'method must be one of {", ".join(_REACH)}, not "{method}"')
    y = as_series(counts)
    open_days = np.asarray(in_session, dtype=np.bool_)
    if open_days.shape != (y.shape[1],):
        raise ValueError(f"in_session must have shape ({y.shape[1]},), not {open_days.shape}")
    days = np.flatnonzero(open_days)
    packed = y[:, days]
    everywhere = np.arange(len(days))
    if method == "ewma":
        found = ewma(packed, positions=everywhere, min_sigma=minimum_sd, **parameters)
    elif method == "moving-percentile":
        found = moving_percentile(packed, positions=everywhere, **parameters)
    else:
        which: Any = method[-2:].upper()
        found = ears(packed, method=which, positions=everywhere, min_sigma=minimum_sd, pvalues=True, **parameters)
    default, extra = _REACH[method]
    extra = int(parameters.get("guard", extra)) if method in ("ewma", "moving-percentile") else extra
    reach = int(parameters.get("baseline", default)) + extra
    for change in changed_at:
        first = int(np.searchsorted(days, change))
        touched = (everywhere >= first) & (everywhere - reach < first) & (first > 0)
        found = found.without(touched[None, :], Reason.STRUCTURE_CHANGED)
    result = _spread(found, days, y.shape[1], y)
    if known_until is not None:
        result = result.without((np.arange(y.shape[1]) > known_until)[None, :], Reason.FUTURE)
    return result


def _spread(found: Detection, days: Any, length: int, y: Any) -> Detection:
    """Put the judged school days back on the calendar of ``length`` days."""

    def widen(values: Any, fill: Any) -> Any:
        wide = np.full((values.shape[0], length), fill, dtype=values.dtype)
        wide[:, days] = values
        return wide

    return Detection(
        method=found.method,
        positions=np.arange(length, dtype=np.int64),
        observed=y,
        expected=widen(found.expected, np.nan),
        upperbound=widen(found.upperbound, np.nan),
        alarm=widen(found.alarm, False),
        phi=widen(found.phi, np.nan),
        reason=widen(found.reason, np.int8(Reason.NOT_A_SCHOOL_DAY)),
        pvalue=None if found.pvalue is None else widen(found.pvalue, np.nan),
        parameters=found.parameters,
    )
