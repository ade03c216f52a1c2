"""What the morning's facts mean: pure functions without a database, of dataclasses and an explicit day or instant."""

from lianfang.daily.rules.contradictions import Contradiction, Statement, contradictions
from lianfang.daily.rules.faults import Fault
from lianfang.daily.rules.figures import Changes, DayMark, Figures, changes, count, tally
from lianfang.daily.rules.filling import Filling, carried_on, left_mark, missing, source_of
from lianfang.daily.rules.marks import Mark, MarkInput, read_mark, read_marks
from lianfang.daily.rules.persondays import PersonDay, person_day
from lianfang.daily.rules.readings import Said, SaidInput, plain, read_said
from lianfang.daily.rules.sessions import (
    SESSIONS,
    gone_by,
    is_session,
    lesson_of,
    session_label,
    session_now,
    session_rank,
)
from lianfang.daily.rules.vocabulary import Vocabulary

__all__ = [
    "SESSIONS",
    "Changes",
    "Contradiction",
    "DayMark",
    "Fault",
    "Figures",
    "Filling",
    "Mark",
    "MarkInput",
    "PersonDay",
    "Said",
    "SaidInput",
    "Statement",
    "Vocabulary",
    "carried_on",
    "changes",
    "contradictions",
    "count",
    "gone_by",
    "is_session",
    "left_mark",
    "lesson_of",
    "missing",
    "person_day",
    "plain",
    "read_mark",
    "read_marks",
    "read_said",
    "session_label",
    "session_now",
    "session_rank",
    "source_of",
    "tally",
]
