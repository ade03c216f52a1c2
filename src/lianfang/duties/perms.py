"""Who sees what is owed, who chases, excuses and hands over. Nothing here shows health or pupils' names."""

from __future__ import annotations

from lianfang.foundation.permissions import Detail, Reach, declare

OWN_DUTIES = declare("duties.duty.own", {}, everyone=True)
CHASE_VIEW = declare(
    "duties.chase.view",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
)
# Names of the staff who owe: inside the institution only; an authority sees the post.
HOLDER_NAMES = declare(
    "duties.holder.names",
    {role: reach for role, reach in CHASE_VIEW.roles.items() if reach is not Reach.JURISDICTION},
    detail=Detail.ROSTER,
)
REMIND = declare(
    "duties.duty.remind",
    {
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
        "county_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
    writes=True,
)
EXCUSE = declare(
    "duties.duty.excuse",
    {
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "county_officer": Reach.JURISDICTION,
    },
    detail=Detail.COUNTS,
    writes=True,
)
# Everybody for the posts that they hold themselves; these roles for those below them (rules.may_hand_over).
DELEGATE = declare(
    "duties.delegation.manage",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
    },
    detail=Detail.ROSTER,
    everyone=True,
    writes=True,
)
# The duty roster: everybody for their own shifts; the school's leaders see it whole and plan it.
SHIFT_VIEW = declare(
    "duties.shift.view",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "gate_guard": Reach.INSTITUTION,
        "dormitory_keeper": Reach.DIVISION,
        "grade_head": Reach.DIVISION,
    },
    detail=Detail.ROSTER,
    everyone=True,
)
SHIFT_MANAGE = declare(
    "duties.shift.manage",
    {"system_admin": Reach.INSTITUTION, "principal": Reach.INSTITUTION},
    detail=Detail.ROSTER,
    writes=True,
)
SHIFT_OWN = declare("duties.shift.own", {}, detail=Detail.NOTHING, everyone=True, writes=True)
# Meetings: who leads a unit keeps its meetings; who was asked to one, and who carries out a decision, sees that one.
MEETING_VIEW = declare(
    "duties.meeting.view",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "school_nurse": Reach.INSTITUTION,
        "leader_on_duty": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
    },
    detail=Detail.ROSTER,
    everyone=True,
)
MEETING_MANAGE = declare(
    "duties.meeting.manage",
    {
        "system_admin": Reach.INSTITUTION,
        "principal": Reach.INSTITUTION,
        "epidemic_reporter": Reach.INSTITUTION,
        "grade_head": Reach.DIVISION,
    },
    detail=Detail.ROSTER,
    writes=True,
)
DECISION_OWN = declare("duties.decision.own", {}, detail=Detail.NOTHING, everyone=True, writes=True)
