"""What the pages that belong to no single room need."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

OVERVIEW = declare(
    "web.overview",
    {
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
    },
    detail=Detail.COUNTS,
)
SEARCH = declare(
    "web.search",
    {
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "system_admin": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "homeroom_teacher": Reach.CLASS,
        "lesson_teacher": Reach.CLASS,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    detail=Detail.ROSTER,
)
