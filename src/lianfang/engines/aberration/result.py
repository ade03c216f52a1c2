"""What every detector returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lianfang.engines.aberration.reasons import Reason, because

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Detection:
    """Bounds and alarms for S series at P judged time points.

    All two-dimensional arrays have shape (S, P). ``positions`` (P,) are 0-based indices into the time axis given.
    Counts and bounds are in cases per time step; a quantity that a method does not have is NaN. ``reason`` holds
    :class:`Reason` codes: where it is not ``JUDGED`` the bound is NaN or, for ``LOW_COUNTS`` and ``NO_VARIATION``,
    what the reference implementation reports; ``signal`` counts judged cells only. ``score`` is the exceedance
    (observed - expected) / (upper bound - expected).
    """

    method: str
    positions: IntArray
    observed: FloatArray
    expected: FloatArray
    upperbound: FloatArray
    alarm: BoolArray
    phi: FloatArray
    reason: NDArray[np.int8]
    trend: BoolArray | None = None
    pvalue: FloatArray | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def score(self) -> FloatArray:
        """Exceedance score, shape (S, P); above 1 is an alarm (Farrington et al. 1996, section 3.6)."""
        with np.errstate(all="ignore"):
            value: FloatArray = (self.observed - self.expected) / (self.upperbound - self.expected)
        return value

    @property
    def signal(self) -> BoolArray:
        """Alarms of judged cells only, shape (S, P): what may be shown to people."""
        found: BoolArray = self.alarm & (self.reason == Reason.JUDGED)
        return found

    def without(self, cells: NDArray[Any], code: Reason) -> Detection:
        """Return a copy in which ``cells`` (broadcast to (S, P)) are not judged, for the reason ``code``."""
        where = np.broadcast_to(cells, self.reason.shape)
        return replace(
            self,
            expected=np.where(where, np.nan, self.expected),
            upperbound=np.where(where, np.nan, self.upperbound),
            alarm=self.alarm & ~where,
            pvalue=None if self.pvalue is None else np.where(where, np.nan, self.pvalue),
            reason=np.where(where, np.int8(code), self.reason).astype(np.int8),
        )

    def because(self, series: int, point: int, language: str = "en") -> str:
        """Sentence for one cell: ``judged`` or ``cannot judge, because …``."""
        return because(int(self.reason[series, point]), language)

    def sentence(self, series: int, point: int, language: str = "en") -> str:
        """One sentence that a duty officer can read: what was seen, what was expected, and whether it is too much."""
        code = int(self.reason[series, point])
        if code != Reason.JUDGED:
            return because(code, language)
        seen, bound = self.observed[series, point], self.upperbound[series, point]
        usual = self.expected[series, point]
        over = bool(self.alarm[series, point])
        if language == "zh":
            about = "" if np.isnan(usual) else f",平常约 {usual:.1f}"
            return f"观察到 {seen:g} 例{about},上限 {bound:.1f}:{'超出' if over else '未超出'}({self.method})"
        about = "" if np.isnan(usual) else f" where about {usual:.1f} are usual"
        verdict = "above" if over else "not above"
        return f"{seen:g} seen{about}: {verdict} the limit of {bound:.1f} ({self.method})"


def as_series(counts: Any) -> FloatArray:
    """Return counts as a C-contiguous float array (S, T); one-dimensional input becomes one series.

    Missing counts are NaN. Raises ``ValueError`` for anything that is not one- or two-dimensional and numeric.
    """
    array = np.asarray(counts, dtype=np.float64)
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2:
        raise ValueError(f"counts must have shape (series, time), not {array.shape}")
    return np.ascontiguousarray(array)


def mark(reason: NDArray[np.int8], where: NDArray[Any], code: Reason) -> None:
    """Give ``code`` to the cells of ``where`` that have no reason yet; the first reason found stays."""
    reason[(reason == Reason.JUDGED) & where] = code


def as_positions(positions: Any, first: int, length: int) -> IntArray:
    """Return the 0-based points to judge; ``None`` means every point from ``first`` to the end.

    Raises ``ValueError`` where a position lies outside the series or they do not ascend.
    """
    if positions is None:
        return np.arange(min(first, length), length, dtype=np.int64)
    chosen = np.atleast_1d(np.asarray(positions, dtype=np.int64))
    if chosen.size and (chosen.min() < 0 or chosen.max() >= length):
        raise ValueError(f"points to judge must lie between 0 and {length - 1}")
    if np.any(np.diff(chosen) <= 0):
        raise ValueError("points to judge must ascend")
    return chosen
