from __future__ import annotations

import re

from lianfang.kernel.labels import Label

SESSIONS = {
    "morning": Label("晨检", "Morning check"),
    "noon": Label("午检", "Noon check"),
    "evening": Label("晚检", "Evening check"),
}
LESSON = Label("第 {number} 节课", "Lesson {number}")
_LESSON = re.compile(r"lesson-([1-9])")
_RANKS = {"morning": 0, "noon": 10, "evening": 20}


def is_session(session: str) -> bool:
    """Whether a roll can be called at it: morning, noon, evening, or one of nine lessons (`lesson-1` …)."""
    return session in SESSIONS or _LESSON.fullmatch(session) is not None


def session_label(session: str) -> Label:
    """The session's name. Raises KeyError for one that is none."""
    lesson = _LESSON.fullmatch(session)
    return LESSON.format(number=lesson[1]) if lesson is not None else SESSIONS[session]


def session_rank(session: str) -> int:
    """Sorts the sessions of a day as they come: morning, lessons in order, noon, evening."""
    lesson = _LESSON.fullmatch(session)
    return int(lesson[1]) if lesson is not None else _RANKS[session]
