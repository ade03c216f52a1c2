"""Every read of the room. All but `class_figures` and `checks_of` take the actor first."""

from lianfang.daily.queries.changes import UnitChanges, changes_since_yesterday
from lianfang.daily.queries.coverage import UnitCoverage, report_coverage
from lianfang.daily.queries.days import UnitDayView, unit_day
from lianfang.daily.queries.figures import CheckState, checks_of, class_figures
from lianfang.daily.queries.own import OwnRoll, lesson_now, own_rolls, rolls_within
from lianfang.daily.queries.roll import Roll, RollRow, roll
from lianfang.daily.queries.sheets import SheetView, sheet_view
from lianfang.daily.queries.subjects import Subject, own_subjects

__all__ = [
    "CheckState",
    "OwnRoll",
    "Roll",
    "RollRow",
    "SheetView",
    "Subject",
    "UnitChanges",
    "UnitCoverage",
    "UnitDayView",
    "changes_since_yesterday",
    "checks_of",
    "class_figures",
    "lesson_now",
    "own_rolls",
    "own_subjects",
    "report_coverage",
    "roll",
    "rolls_within",
    "sheet_view",
    "unit_day",
]
