"""One item from a page or the API, stored with whatever else arrives at the same moment (group commit)."""

from __future__ import annotations

from lianfang.daily.actions.answers import CheckAnswer, ReportAnswer
from lianfang.daily.actions.checks import save_checks
from lianfang.daily.actions.items import CheckItem, ReportItem
from lianfang.daily.actions.reports import submit_reports
from lianfang.foundation.groupcommit import Gatherer

_reports: Gatherer[ReportItem, ReportAnswer] = Gatherer("daily.reports", submit_reports)
_checks: Gatherer[CheckItem, CheckAnswer] = Gatherer("daily.checks", save_checks)


def submit_report(item: ReportItem) -> ReportAnswer:
    """Take one report; returns after the commit. Raises what `submit_reports` gives for it.

    Whose guardian the actor is, is looked up here, in the request's own thread, and not in the one that writes.
    """
    if item.person_id != item.actor.person_id:
        _ = item.actor.family
    return _reports.submit(item)


def save_check(item: CheckItem) -> CheckAnswer:
    """Save one roll; returns after the commit. Raises what `save_checks` gives for it."""
    return _checks.submit(item)
