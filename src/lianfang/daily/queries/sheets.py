"""A printed roll: what stands on it, and which of its days were entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from lianfang.daily.models import RollCheck, RollSheet
from lianfang.daily.perms import ROLL_VIEW
from lianfang.daily.queries.figures import CheckState, check_state
from lianfang.daily.reach import reach_of
from lianfang.daily.reading import UnitDay, rolls
from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.placing import room_order, sleeping_rooms
from lianfang.people.reading import Member, calendar_of


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet with its days (those on which the roll is called), who is on it, and the checks that exist by day.
    `today` is the local day of the unit."""

    sheet: RollSheet
    unit: Unit
    days: Sequence[date]
    members: Sequence[tuple[Member, str]]
    checks: Mapping[date, CheckState]
    today: date

    @property
    def due(self) -> list[date]:
        """Days that have come and are not entered."""
        return [day for day in self.days if day <= self.today and day not in self.checks]


def sheet_view(actor: Actor, uid: UUID, now: datetime) -> SheetView:
    """The sheet whose code was read. Raises Forbidden, NotFound (also for a unit out of reach)."""
    permit(actor, ROLL_VIEW)
    reached = RollSheet.objects.filter(reach_of(actor, ROLL_VIEW).unit_q("unit__"))
    sheet: RollSheet = one(reached.select_related("unit"), uid=uid)
    unit = sheet.unit
    every = [sheet.first + timedelta(days=n) for n in range((sheet.last - sheet.first).days + 1)]
    calendar = calendar_of(unit)
    daily = unit.level in ("dormitory", "class") and sheet.session != "morning"
    days = [day for day in every if daily or calendar.is_school_day(day)] or every[:1]
    members = rolls([unit], [sheet.first])[UnitDay(unit.pk, sheet.first)]
    rooms = sleeping_rooms([m.person_id for m in members], sheet.first) if unit.level == "dormitory" else {}
    listed = [(m, rooms.get(m.person_id, "")) for m in members]
    listed.sort(key=lambda pair: (pair[1] == "", room_order(pair[1]), pair[0].order, pair[0].person_id))
    kept = RollCheck.objects.get_queryset().effective().filter(unit=unit, session=sheet.session, day__in=every)
    checks = {row.day: check_state(row) for row in kept}
    return SheetView(sheet, unit, days, listed, checks, local_date(now, time_zone_of(unit)))
