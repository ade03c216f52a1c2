"""Writes about duties. Other rooms call `owe`, `fulfil` and `reopen` inside their own transactions, having permitted."""

from lianfang.duties.actions.chasing import Reminded, excuse_duty, remind_now, take_back_excuse
from lianfang.duties.actions.delegations import delegate, end_delegation, may_end
from lianfang.duties.actions.meetings import (
    call_meeting,
    carry_out,
    decide,
    note_attendance,
    withdraw_decision,
    write_minutes,
)
from lianfang.duties.actions.owing import DutyKey, NewDuty, follow_calendar, fulfil, owe, reopen
from lianfang.duties.actions.shiftchanges import answer_change, ask_change, order_change, take_back_change
from lianfang.duties.actions.shifts import (
    NewPlan,
    acknowledge,
    confirm_on_post,
    hand_over,
    plan_shifts,
    shifts_follow_calendar,
    withdraw_plan,
)

__all__ = [
    "DutyKey",
    "NewDuty",
    "NewPlan",
    "Reminded",
    "acknowledge",
    "answer_change",
    "ask_change",
    "call_meeting",
    "carry_out",
    "confirm_on_post",
    "decide",
    "delegate",
    "end_delegation",
    "excuse_duty",
    "follow_calendar",
    "fulfil",
    "hand_over",
    "may_end",
    "note_attendance",
    "order_change",
    "owe",
    "plan_shifts",
    "remind_now",
    "reopen",
    "shifts_follow_calendar",
    "take_back_change",
    "take_back_excuse",
    "withdraw_decision",
    "withdraw_plan",
    "write_minutes",
]
