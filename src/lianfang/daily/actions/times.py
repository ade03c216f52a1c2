"""The two times of an item, and the day that it is about."""

from __future__ import annotations

from datetime import date

from lianfang.daily.actions.items import Item
from lianfang.daily.rules import Fault
from lianfang.daily.rules.faults import FUTURE_DAY, OTHER_DAY
from lianfang.kernel.clock import local_date
from lianfang.kernel.errors import InputError
from lianfang.kernel.intake import DEFAULT_POLICY, TOO_OLD, ClientTime, FactTime, reconcile


def times_of(item: Item) -> tuple[FactTime | None, list[Fault]]:
    """When it was true and when we received it, or a fault at `true_at`: in the future, or too old to be entered later."""
    try:
        return reconcile(ClientTime(item.true_at or item.now, item.client_now if item.true_at else None), item.now), []
    except InputError as error:
        return None, [Fault("true_at", error.kind, error.label)]
    except OverflowError:  # the first or last hours that a calendar has
        limit = DEFAULT_POLICY.oldest.days
        return None, [Fault("true_at", "time.too_old", TOO_OLD.format(days="…", limit=limit))]


def day_faults(day: date, times: FactTime, time_zone: str, correction: bool) -> list[Fault]:
    """What is wrong with the day that a fact is said to be about. A correction may be made on a later day."""
    today = local_date(times.received_at, time_zone)
    told = local_date(times.true_at, time_zone)
    if day > today:
        return [Fault("day", "day.future", FUTURE_DAY.format(day=day.isoformat()))]
    if correction:
        return []
    age = (today - day).days
    if age > DEFAULT_POLICY.oldest.days:
        return [Fault("day", "time.too_old", TOO_OLD.format(days=age, limit=DEFAULT_POLICY.oldest.days))]
    if told != day:
        return [Fault("day", "day.other", OTHER_DAY.format(told=told.isoformat(), day=day.isoformat()))]
    return []
