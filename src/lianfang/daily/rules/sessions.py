from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

from lianfang.kernel.labels import Label

SESSIONS = {
    "morning": Label("晨检", "Morning check"),
    "noon": Label("午检", "Noon check"),
    "afternoon": Label("下午检", "Afternoon check"),
    "evening": Label("晚检", "Evening check"),
}
# What a session is called where the group is not a class.
OF_LEVEL: Mapping[tuple[str, str], Label] = {
    ("dormitory", "evening"): Label("宿舍晚点名", "Dormitory evening roll"),
    ("department", "morning"): Label("上班点名", "Office roll"),
    ("vehicle", "morning"): Label("上学乘车点名", "Bus to school"),
    ("vehicle", "afternoon"): Label("放学乘车点名", "Bus home"),
}
LESSON = Label("第 {number} 节课", "Lesson {number}")
_LESSON = re.compile(r"lesson-([1-9])")
_RANKS = {"morning": 0, "noon": 10, "afternoon": 15, "evening": 20}
# By when a session has usually been called: who left before is away at it.
_USUAL = {"noon": time(12, 30), "afternoon": time(16), "evening": time(20, 30)}


def is_session(session: str) -> bool:
    """Whether a roll can be called at it: morning, noon, afternoon, evening, or one of nine lessons (`lesson-1` …)."""
    return session in SESSIONS or _LESSON.fullmatch(session) is not None


def session_label(session: str, level: str = "class") -> Label:
    """The session's name, for a unit of a level. Raises KeyError for one that is none."""
    lesson = _LESSON.fullmatch(session)
    if lesson is not None:
        return LESSON.format(number=lesson[1])
    return OF_LEVEL.get((level, session), SESSIONS[session])


def session_rank(session: str) -> int:
    """Sorts the sessions of a day as they come: morning, lessons in order, noon, afternoon, evening."""
    lesson = _LESSON.fullmatch(session)
    return int(lesson[1]) if lesson is not None else _RANKS[session]


def lesson_of(session: str) -> int | None:
    """The number of the lesson, None for a session that is none."""
    lesson = _LESSON.fullmatch(session)
    return int(lesson[1]) if lesson is not None else None


def gone_by(session: str, left: time, lesson_begins: time | None = None) -> bool:
    """Whether somebody who left at a local time is away when a session is called.

    Nobody is in the morning, which begins the day. A lesson counts from when it begins by the timetable; without one
    nothing is assumed.
    """
    usual = lesson_begins if lesson_of(session) is not None else _USUAL.get(session)
    return usual is not None and left <= usual


def session_now(level: str, at: time) -> str:
    """The session that is called at a local time where no timetable says otherwise."""
    if level == "dormitory":
        return "evening"
    if level == "department":
        return "morning"
    if level == "vehicle":
        return "morning" if at.hour < 12 else "afternoon"
    return "morning" if at.hour < 12 else "noon"
