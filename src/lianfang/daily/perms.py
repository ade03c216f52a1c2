"""Who may call a roll, see it, report, and see counts.

A dormitory keeper may hold the post at the school; what it opens is dormitories alone (`reach.py`). A stand-in has the
right by a dated grant of the role itself. Authorities get counts by class and never rows.

Own class or care, where a look is not recorded: the class teacher, lesson teacher, keeper, head of department and bus
attendant of the very unit (and their dated stand-ins), and the school nurse and the reporter of epidemic information for
their whole institution, because knowing who is ill is their post. Principal, leader on duty and head of grade may look,
and each look at a named person with health detail is recorded.
"""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

OWN_ROLL_ROLES = {
    "class": ("homeroom_teacher", "lesson_teacher"),
    "dormitory": ("dormitory_keeper",),
    "department": ("department_head",),
    "vehicle": ("bus_attendant",),
}
CARE_ROLES = ("school_nurse", "epidemic_reporter")
KEEPER = "dormitory_keeper"

_CALLERS = {
    "homeroom_teacher": Reach.CLASS,
    "lesson_teacher": Reach.CLASS,
    "dormitory_keeper": Reach.DIVISION,
    "grade_head": Reach.DIVISION,
    "school_nurse": Reach.INSTITUTION,
    "epidemic_reporter": Reach.INSTITUTION,
    "leader_on_duty": Reach.INSTITUTION,
}
_ROLL_CALLERS = {**_CALLERS, "department_head": Reach.DIVISION, "bus_attendant": Reach.CLASS}
ROLL_VIEW = declare(
    "daily.roll.view", {**_ROLL_CALLERS, "principal": Reach.INSTITUTION}, detail=Detail.CLINICAL, named=True
)
CHECK_SAVE = declare("daily.check.save", _ROLL_CALLERS, detail=Detail.CLINICAL, writes=True)
LEAVE_RECORD = declare("daily.leave.record", _CALLERS, detail=Detail.CLINICAL, writes=True)
REPORT_SUBMIT = declare(
    "daily.report.submit", {**_CALLERS, "guardian": Reach.FAMILY}, detail=Detail.CLINICAL, writes=True, everyone=True
)
REPORT_OWN = declare("daily.report.own", {"guardian": Reach.FAMILY}, detail=Detail.CLINICAL, everyone=True)
COVERAGE_VIEW = declare(
    "daily.coverage.view",
    {
        **_CALLERS,
        "principal": Reach.INSTITUTION,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
)
