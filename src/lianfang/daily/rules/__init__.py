"""What the morning's facts mean: pure functions without a database, of dataclasses and an explicit day or instant."""

from lianfang.daily.rules.contradictions import Contradiction, Statement, contradictions
from lianfang.daily.rules.faults import Fault
from lianfang.daily.rules.figures import Changes, DayMark, Figures, changes, count, tally
from lianfang.daily.rules.marks import Mark, MarkInput, read_mark, read_marks
from lianfang.daily.rules.persondays import PersonDay, person_day
from lianfang.daily.rules.readings import Said, SaidInput, plain, read_said
from lianfang.daily.rules.sessions import SESSIONS, is_session, session_label, session_rank
from lianfang.daily.rules.vocabulary import Vocabulary, vocabulary_on

__all__ = [
    "SESSIONS",
    "Changes",
    "Contradiction",
    "DayMark",
    "Fault",
    "Figures",
    "Mark",
    "MarkInput",
    "PersonDay",
    "Said",
    "SaidInput",
    "Statement",
    "Vocabulary",
    "changes",
    "contradictions",
    "count",
    "is_session",
    "person_day",
    "plain",
    "read_mark",
    "read_marks",
    "read_said",
    "session_label",
    "session_rank",
    "tally",
    "vocabulary_on",
]
