"""Tables of duties, by subject."""

from lianfang.duties.models.meetings import Attendance, Decision, Meeting, Minutes
from lianfang.duties.models.owed import Delegation, Duty, DutyStep, DutyTerms
from lianfang.duties.models.shifts import HandOver, Shift, ShiftChange, ShiftPlan

__all__ = [
    "Attendance",
    "Decision",
    "Delegation",
    "Duty",
    "DutyStep",
    "DutyTerms",
    "HandOver",
    "Meeting",
    "Minutes",
    "Shift",
    "ShiftChange",
    "ShiftPlan",
]
