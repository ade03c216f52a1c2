"""Who sees which reports, and who may sign. Levels and their signers are data; these rows say how far a role reaches."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

REPORT_VIEW = declare(
    "reporting.report.view",
    {
        "homeroom_teacher": Reach.CLASS,
        "subject_teacher": Reach.CLASS,
        "lesson_teacher": Reach.CLASS,
        "grade_head": Reach.DIVISION,
        "school_nurse": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
)
REPORT_SIGN = declare(
    "reporting.report.sign",
    {
        "grade_head": Reach.DIVISION,
        "epidemic_reporter": Reach.INSTITUTION,
        "county_officer": Reach.INSTITUTION,
    },
    detail=Detail.COUNTS,
    writes=True,
)
LATENESS_EXCUSE = declare(
    "reporting.lateness.excuse",
    {"epidemic_reporter": Reach.INSTITUTION, "county_officer": Reach.JURISDICTION},
    detail=Detail.COUNTS,
    writes=True,
)
