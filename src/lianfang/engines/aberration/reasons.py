"""Why a point could not be judged: one catalogue, so that no detector ever returns a silent zero."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Code stored for every (series, point). ``JUDGED`` means that the numbers may be used as they stand."""

    JUDGED = 0
    TOO_SHORT = 1
    MISSING_NOW = 2
    MISSING_BASELINE = 3
    NEGATIVE = 4
    FUTURE = 5
    LOW_COUNTS = 6
    NOT_CONVERGED = 7
    TOO_FEW_REFERENCES = 8
    NO_VARIATION = 9
    STRUCTURE_CHANGED = 10
    NOT_A_SCHOOL_DAY = 11
    OVERFLOW = 12


_ENGLISH: dict[Reason, str] = {
    Reason.JUDGED: "judged",
    Reason.TOO_SHORT: "the series does not reach back far enough for the baseline",
    Reason.MISSING_NOW: "the count of this point, or of one that the low-count rule adds up, is missing",
    Reason.MISSING_BASELINE: "a count that the baseline or the running sum needs is missing",
    Reason.NEGATIVE: "a count in use is negative",
    Reason.FUTURE: "the point lies after the day on which it was judged",
    Reason.LOW_COUNTS: "too few cases in the last weeks for a bound to mean anything",
    Reason.NOT_CONVERGED: "the regression converged neither with nor without a trend",
    Reason.TOO_FEW_REFERENCES: "there are not more baseline counts than coefficients",
    Reason.NO_VARIATION: "the baseline is constant and no variance floor was given",
    Reason.STRUCTURE_CHANGED: "the class or school was re-formed within the baseline",
    Reason.NOT_A_SCHOOL_DAY: "no school on that day",
    Reason.OVERFLOW: "the estimate is too uncertain: its upper limit is not a finite number",
}

_CHINESE: dict[Reason, str] = {
    Reason.JUDGED: "已判断",
    Reason.TOO_SHORT: "序列不够长,基线不足",
    Reason.MISSING_NOW: "本期或低计数规则所需的近期数据缺失",
    Reason.MISSING_BASELINE: "基线或累积和所需的数据缺失",
    Reason.NEGATIVE: "所用计数中有负数",
    Reason.FUTURE: "该时点晚于判断日期",
    Reason.LOW_COUNTS: "近几周病例太少,界值没有意义",
    Reason.NOT_CONVERGED: "回归有无趋势项都不收敛",
    Reason.TOO_FEW_REFERENCES: "基线点数不多于参数个数",
    Reason.NO_VARIATION: "基线恒定,且未设方差下限",
    Reason.STRUCTURE_CHANGED: "基线期内班级或学校重新编排",
    Reason.NOT_A_SCHOOL_DAY: "当日不上课",
    Reason.OVERFLOW: "估计过于不确定,上限不是有限数",
}


def because(code: int, language: str = "en") -> str:
    """Return the full sentence for a code, e.g. ``cannot judge, because …`` (``language`` is ``en`` or ``zh``)."""
    reason = Reason(int(code))
    if language == "zh":
        return _CHINESE[reason] if reason is Reason.JUDGED else f"无法判断,因为{_CHINESE[reason]}"
    return _ENGLISH[reason] if reason is Reason.JUDGED else f"cannot judge, because {_ENGLISH[reason]}"
