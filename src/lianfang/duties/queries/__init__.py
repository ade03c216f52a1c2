"""Reads about duties, each with the actor."""

from lianfang.duties.queries.chase import ChaseList, ChaseRow, chase_list, chase_rows, on_time_rates, state_q
from lianfang.duties.queries.detail import DutyDetail, StepLine, delegations, duty_detail
from lianfang.duties.queries.own import Owed, facts_of, late_below, owed_by, state_of

__all__ = [
    "ChaseList",
    "ChaseRow",
    "DutyDetail",
    "Owed",
    "StepLine",
    "chase_list",
    "chase_rows",
    "delegations",
    "duty_detail",
    "facts_of",
    "late_below",
    "on_time_rates",
    "owed_by",
    "state_of",
    "state_q",
]
