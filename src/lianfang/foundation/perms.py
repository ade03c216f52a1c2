"""Who may change the foundation: units, accounts, rights, settings."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

UNIT_VIEW = declare(
    "foundation.unit.view",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "homeroom_teacher": Reach.CLASS,
        "lesson_teacher": Reach.CLASS,
        "dormitory_keeper": Reach.DIVISION,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
)
UNIT_MANAGE = declare("foundation.unit.manage", {"system_admin": Reach.INSTITUTION}, detail=Detail.COUNTS, writes=True)
ACCOUNT_MANAGE = declare(
    "foundation.account.manage", {"system_admin": Reach.INSTITUTION}, detail=Detail.ROSTER, writes=True
)
SETTING_MANAGE = declare(
    "foundation.setting.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.NOTHING,
    writes=True,
)
OWN_ACCOUNT = declare("foundation.account.own", {}, everyone=True, writes=True)
JOURNAL_VIEW = declare(
    "foundation.journal.view", {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION}, detail=Detail.COUNTS
)
