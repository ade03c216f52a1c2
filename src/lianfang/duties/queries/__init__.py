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
from lianfang.duties.queries.own import Owed, facts_of, late_below, owed_by, state_of
from lianfang.duties.queries.posts import HeldPost, people_to_stand_in, posts_to_hand_over

__all__ = [
    "ChaseList",
    "ChaseRow",
    "DutyDetail",
    "HeldPost",
    "Owed",
    "StepLine",
    "chase_list",
    "chase_rows",
    "delegations",
    "duty_detail",
    "facts_of",
    "language",
    "late_below",
    "on_time_rates",
    "owed_by",
    "people_to_stand_in",
    "posts_to_hand_over",
    "state_of",
    "state_q",
    "units_to_chase",
]
