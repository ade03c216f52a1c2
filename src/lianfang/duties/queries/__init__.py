"""Reads about duties, each with the actor."""

from lianfang.duties.queries.chase import (
    ChaseList,
    ChaseRow,
    chase_list,
    chase_rows,
    language,
    on_time_rates,
    state_q,
    units_to_chase,
)
from lianfang.duties.queries.detail import DutyDetail, StepLine, delegations, duty_detail
from lianfang.duties.queries.meetings import (
    decision_sheet,
    meeting_sheet,
    meetings_of,
    own_meetings,
    posts_to_charge,
    units_with_meetings,
)
from lianfang.duties.queries.own import Owed, facts_of, late_below, owed_by, state_of
from lianfang.duties.queries.posts import HeldPost, people_to_stand_in, posts_to_hand_over
from lianfang.duties.queries.shifts import (
    own_shifts,
    people_of_role,
    roster,
    shift_detail,
    shifts_to_swap,
    stand_ins,
    units_with_shifts,
)

__all__ = [
    "ChaseList",
    "ChaseRow",
    "DutyDetail",
    "HeldPost",
    "Owed",
    "StepLine",
    "chase_list",
    "chase_rows",
    "decision_sheet",
    "delegations",
    "duty_detail",
    "facts_of",
    "language",
    "late_below",
    "meeting_sheet",
    "meetings_of",
    "on_time_rates",
    "owed_by",
    "own_meetings",
    "own_shifts",
    "people_of_role",
    "people_to_stand_in",
    "posts_to_charge",
    "posts_to_hand_over",
    "roster",
    "shift_detail",
    "shifts_to_swap",
    "stand_ins",
    "state_of",
    "state_q",
    "units_to_chase",
    "units_with_meetings",
    "units_with_shifts",
]
