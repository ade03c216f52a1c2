"""The school calendar: terms, and single days that depart from the week."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.lengths import check_lengths
from lianfang.foundation.models import Unit
from lianfang.kernel.calendar import DayKind
from lianfang.people import perms
from lianfang.people.models import CalendarException, Term


@transaction.atomic
def declare_term(actor: Actor, now: datetime, *, unit: Unit, name: str, begins: date, ends: date) -> Term:
    """A term of a unit and everything below it; `ends` is the first day after it. The same name again replaces it.

    Raises Forbidden, NotFound, Invalid.
    """
    unit = unit_for(actor, perms.CALENDAR_MANAGE, unit.pk)
    if not name.strip():
        raise invalid("name", "required", _("请填写学期名称。"))
    if ends <= begins:
        raise invalid("ends", "before_begin", _("学期的结束日期必须在开始日期之后。"))
    if (ends - begins).days > 366:
        raise invalid("ends", "too_long", _("一个学期不会超过一年，请检查日期。"))
    term = Term(unit=unit, name=name.strip(), begins=begins, ends=ends, known_at=now)
    check_lengths(term)
    term.save()
    body = {"term": term.pk, "begins": begins, "ends": ends}
    write(actor, [Event("people.calendar.changed", "unit", unit.pk, unit.pk, now, body)], now)
    return term


@transaction.atomic
def declare_day(
    actor: Actor, now: datetime, *, unit: Unit, day: date, kind: str, reason: str = ""
) -> CalendarException:
    """Declare one day of a unit and everything below it: holiday, makeup, suspension, school; or `withdrawn`, which
    takes an earlier word back. Raises Forbidden, NotFound, Invalid."""
    unit = unit_for(actor, perms.CALENDAR_MANAGE, unit.pk)
    if kind not in set(DayKind):
        raise invalid("kind", "unknown", _("请选择这一天是放假、补课还是停课。"))
    if not reason.strip() and kind != DayKind.WITHDRAWN:
        raise invalid("reason", "required", _("请写明原因，例如“国庆节”。"))
    row = CalendarException(
        unit=unit, day=day, kind=kind, reason=reason.strip(), known_at=now, recorded_by_id=actor.account_id
    )
    check_lengths(row)
    row.save()
    body = {"day": day, "kind": kind}
    write(actor, [Event("people.calendar.changed", "unit", unit.pk, unit.pk, now, body)], now)
    return row
