"""Who may see and change people, places and the school calendar."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

ROSTER_VIEW = declare(
    "people.roster.view",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "homeroom_teacher": Reach.CLASS,
        "subject_teacher": Reach.CLASS,
        "lesson_teacher": Reach.CLASS,
        "dormitory_keeper": Reach.DIVISION,
        "department_head": Reach.DIVISION,
        "bus_attendant": Reach.CLASS,
    },
    detail=Detail.ROSTER,
)
ROSTER_MANAGE = declare(
    "people.roster.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
PERSON_VIEW = declare(
    "people.person.view",
    {**ROSTER_VIEW.roles, "guardian": Reach.FAMILY},
    detail=Detail.ROSTER,
    everyone=True,
)
PERSON_MANAGE = declare(
    "people.person.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
GUARDIAN_MANAGE = declare(
    "people.guardian.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION, "homeroom_teacher": Reach.CLASS},
    detail=Detail.ROSTER,
    writes=True,
)
POST_MANAGE = declare(
    "people.post.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
ACCOUNT_OPEN = declare(
    "people.account.open",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
SIGN_IN_RESET = declare(
    "people.sign_in.reset",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION, "homeroom_teacher": Reach.CLASS},
    detail=Detail.ROSTER,
    writes=True,
)
PRIVACY_OWN = declare(
    "people.privacy.own", {"guardian": Reach.FAMILY}, detail=Detail.ROSTER, everyone=True, writes=True
)
PRIVACY_MANAGE = declare(
    "people.privacy.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
CALENDAR_VIEW = declare(
    "people.calendar.view",
    {**ROSTER_VIEW.roles, "county_officer": Reach.INSTITUTION},
    detail=Detail.NOTHING,
)
CALENDAR_MANAGE = declare(
    "people.calendar.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION, "county_officer": Reach.INSTITUTION},
    detail=Detail.NOTHING,
    writes=True,
)
PLACE_VIEW = declare("people.place.view", dict(ROSTER_VIEW.roles), detail=Detail.NOTHING)
PLACE_MANAGE = declare(
    "people.place.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.NOTHING,
    writes=True,
)
SEAT_VIEW = declare("people.seat.view", dict(ROSTER_VIEW.roles), detail=Detail.ROSTER)
SEAT_MANAGE = declare(
    "people.seat.manage",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "homeroom_teacher": Reach.CLASS,
        "lesson_teacher": Reach.CLASS,
    },
    detail=Detail.ROSTER,
    writes=True,
)
# Who answers for what, and whom to call: the staff's own sheet. Names of staff, no pupils.
GROUP_VIEW = declare(
    "people.group.view",
    dict.fromkeys(
        ("system_admin", "principal", "epidemic_reporter", "school_nurse", "leader_on_duty", "gate_guard", "staff"),
        Reach.INSTITUTION,
    ),
    detail=Detail.ROSTER,
)
GROUP_MANAGE = declare(
    "people.group.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
LINKBOOK_VIEW = declare("people.linkbook.view", dict(GROUP_VIEW.roles), detail=Detail.ROSTER)
# Whole numbers, and the record of what came of calling them.
LINKBOOK_CALL = declare(
    "people.linkbook.call",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
    },
    detail=Detail.ROSTER,
    writes=True,
)
LINKBOOK_MANAGE = declare(
    "people.linkbook.manage",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
    },
    detail=Detail.ROSTER,
    writes=True,
)
