"""Every write of the room. Pages, API, imports and replays call these."""

from lianfang.daily.actions.answers import CheckAnswer, LeaveAnswer, ReportAnswer
from lianfang.daily.actions.checks import save_checks
from lianfang.daily.actions.items import CheckItem, LeaveItem, ReportItem
from lianfang.daily.actions.leaves import record_early_leave
from lianfang.daily.actions.reports import submit_reports
from lianfang.daily.actions.sheets import print_sheet
from lianfang.daily.actions.submission import save_check, submit_report

__all__ = [
    "CheckAnswer",
    "CheckItem",
    "LeaveAnswer",
    "LeaveItem",
    "ReportAnswer",
    "ReportItem",
    "print_sheet",
    "record_early_leave",
    "save_check",
    "save_checks",
    "submit_report",
    "submit_reports",
]
