"""Printing a roll for when there is no power or no network. What is written on it is entered later, by the same `save_check`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.daily.models import RollSheet
from lianfang.daily.perms import ROLL_VIEW
from lianfang.daily.reach import unit_within
from lianfang.daily.reading import KIND_OF_LEVEL, UnitDay, rolls
from lianfang.daily.rules import Fault, is_session
from lianfang.daily.rules.faults import NOBODY, SESSION
from lianfang.daily.wording import refused
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.kernel.intake import DEFAULT_POLICY

AHEAD = timedelta(days=31)


@transaction.atomic
def print_sheet(
    actor: Actor, now: datetime, *, unit_id: int, session: str, day: date | None = None, week: bool = False
) -> RollSheet:
    """A sheet for a unit's session on a day (None: today there), or from that day to the Sunday of its week.

    Raises Forbidden, NotFound, Invalid: `session`, `day` (more than a month ahead, or too long ago to be entered),
    `unit_id` (nobody on the roll).
    """
    unit = unit_within(actor, ROLL_VIEW, unit_id)
    if unit.level not in KIND_OF_LEVEL:
        raise NotFound("unit")
    if not is_session(session):
        raise refused([Fault("session", "session.unknown", SESSION.format(value=session[:20]))])
    today = local_date(now, time_zone_of(unit))
    day = day or today
    if not today - DEFAULT_POLICY.oldest <= day <= today + AHEAD:
        raise invalid("day", "range", _("只能打印最近几天到一个月以内的名单，请换一个日期。"))
    if not rolls([unit], [day])[UnitDay(unit.pk, day)]:
        raise refused([Fault("unit_id", "roll.empty", NOBODY)])
    last = day + timedelta(days=6 - day.weekday()) if week else day
    sheet = RollSheet(unit=unit, session=session, first=day, last=last, printed_at=now, printed_by_id=actor.account_id)
    sheet.save()
    body = {"session": session, "first": day, "last": last}
    write(actor, [Event("daily.sheet.printed", "roll_sheet", sheet.pk, unit.pk, now, body)], now)
    return sheet
