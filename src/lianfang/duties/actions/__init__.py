"""Writes about duties. Other rooms call `owe`, `fulfil` and `reopen` inside their own transactions, having permitted."""

from lianfang.duties.actions.chasing import Reminded, excuse_duty, remind_now, take_back_excuse
from lianfang.duties.actions.delegations import delegate, end_delegation
from lianfang.duties.actions.owing import DutyKey, NewDuty, follow_calendar, fulfil, owe, reopen

__all__ = [
    "DutyKey",
    "NewDuty",
    "Reminded",
    "delegate",
    "end_delegation",
    "excuse_duty",
    "follow_calendar",
    "fulfil",
    "owe",
    "remind_now",
    "reopen",
    "take_back_excuse",
]
