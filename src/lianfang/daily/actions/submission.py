"""One item from a page or the API, stored with whatever else arrives at the same moment (group commit)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from lianfang.daily.actions.answers import Answer, CheckAnswer, ReportAnswer
from lianfang.daily.actions.checks import save_checks
from lianfang.daily.actions.items import CheckItem, Item, ReportItem
from lianfang.daily.actions.reports import submit_reports
from lianfang.foundation.actor import Actor, know_families
from lianfang.foundation.groupcommit import Gatherer
from lianfang.foundation.realm import REAL
from lianfang.foundation.tokens import Elsewhere, Presented, admitted

I = TypeVar("I", bound=Item)  # noqa: E741
A = TypeVar("A", bound=Answer)


def _batch(
    action: Callable[[Sequence[I]], list[A | Exception]], asked: Sequence[I | Presented[I]]
) -> list[A | Exception]:
    """One batch: who the tokens belong to, whose guardians they are, then the action."""
    items = admitted(asked)
    here = [item for item in items if not isinstance(item, Elsewhere)]
    strangers = [a for a in map(_speaks_for_another, here) if a is not None]
    if strangers:
        know_families(strangers, max(actor.now for actor in strangers))
    results = iter(action(here) if here else ())
    return [item if isinstance(item, Elsewhere) else next(results) for item in items]


def _speaks_for_another(item: Item) -> Actor | None:
    """The actor of a report about somebody else; in an exercise, which has its own clock, families are looked up singly."""
    ours = isinstance(item, ReportItem) and item.actor.realm == REAL and item.person_id != item.actor.person_id
    return item.actor if ours else None


def _take_reports(asked: Sequence[ReportItem | Presented[ReportItem]]) -> list[ReportAnswer | Exception]:
    return _batch(submit_reports, asked)


def _take_checks(asked: Sequence[CheckItem | Presented[CheckItem]]) -> list[CheckAnswer | Exception]:
    return _batch(save_checks, asked)


_reports: Gatherer[ReportItem | Presented[ReportItem], ReportAnswer] = Gatherer("daily.reports", _take_reports)
_checks: Gatherer[CheckItem | Presented[CheckItem], CheckAnswer] = Gatherer("daily.checks", _take_checks)


def submit_report(item: ReportItem | Presented[ReportItem]) -> ReportAnswer:
    """Take one report; returns after the commit. Raises what `submit_reports` gives for it, and `Elsewhere`.

    Whose guardian the actor is, is looked up for the whole batch at once, outside the transaction that writes.
    """
    return _reports.submit(item)


def save_check(item: CheckItem | Presented[CheckItem]) -> CheckAnswer:
    """Save one roll; returns after the commit. Raises what `save_checks` gives for it, and `Elsewhere`."""
    return _checks.submit(item)
