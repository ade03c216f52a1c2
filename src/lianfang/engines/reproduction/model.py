"""Results and reasons of the reproduction number and its companions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)


class Reason(IntEnum):
    """Why a window does not support a reproduction number."""

    JUDGED = 0
    TOO_EARLY = 1
    TOO_FEW_CASES = 2
    NO_INFECTORS = 3
    MISSING = 4
    NEGATIVE = 5


_TEXT: dict[Reason, tuple[str, str]] = {
    Reason.JUDGED: ("judged", "已判断"),
    Reason.TOO_EARLY: (
        "the window ends before one mean serial interval has passed",
        "窗口结束时尚未经过一个平均代间隔",
    ),
    Reason.TOO_FEW_CASES: (
        "there are too few cases in the window for the precision asked for",
        "窗口内病例太少,达不到所要求的精度",
    ),
    Reason.NO_INFECTORS: ("nobody who could have infected them was ill before", "之前没有可能的传染者"),
    Reason.MISSING: (
        "a count is missing in the window or within a serial interval before it",
        "窗口内或之前一个代间隔内有缺失",
    ),
    Reason.NEGATIVE: ("a count is negative", "有负数"),
}


def because(code: int, language: str = "en") -> str:
    """Return ``judged`` or ``cannot judge, because …`` for a reason code (``language`` ``en`` or ``zh``)."""
    english, chinese = _TEXT[Reason(int(code))]
    if code == Reason.JUDGED:
        return chinese if language == "zh" else english
    return f"无法判断,因为{chinese}" if language == "zh" else f"cannot judge, because {english}"


@dataclass(frozen=True)
class ReproductionNumber:
    """Posterior of R for S series and W windows; arrays (S, W), ``quantiles`` (S, W, Q) at ``probabilities``.

    ``start`` and ``end`` (W,) are the first and last time step of each window, counted from 1. ``shape`` and ``scale``
    are those of the gamma posterior (NaN where a sample of serial intervals was pooled). ``reason`` holds codes: with
    ``TOO_FEW_CASES`` and ``NO_INFECTORS`` the numbers are given, but rest on the prior.
    """

    start: IntArray
    end: IntArray
    mean: FloatArray
    sd: FloatArray
    quantiles: FloatArray
    probabilities: tuple[float, ...]
    shape: FloatArray
    scale: FloatArray
    reason: NDArray[np.int8]

    def because(self, series: int, window: int, language: str = "en") -> str:
        """Sentence for one window."""
        return because(int(self.reason[series, window]), language)
