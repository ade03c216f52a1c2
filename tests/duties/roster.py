"""The district's school with three people who take turns as leader on duty, and ways to plan and ask."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from lianfang.duties import actions
from lianfang.duties.models import Shift
from lianfang.duties.rules.shifts import Slot
from lianfang.foundation.actor import system_actor
from lianfang.people import actions as people
from tests.district import SETUP, TERM, District, make_district

TUESDAY = date(2026, 9, 15)
DAY_SLOT = Slot("白班", time(7), time(19))
NIGHT = Slot("夜班", time(19), time(7))
LEADERS = ("leader", "nurse", "reporter")


def at(clock: str, day: date = TUESDAY) -> datetime:
    """An instant of a Shanghai time of day."""
    hours, minutes = clock.split(":")
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=int(hours) - 8, minutes=int(minutes))


def school() -> District:
    """The small district in which nurse and reporter are leaders on duty too."""
    d = make_district(3)
    system = system_actor("test", SETUP)
    for part in LEADERS[1:]:
        people.assign_post(
            system,
            SETUP,
            person=d.persons[part],
            unit=d.units["school"],
            role="leader_on_duty",
            begins=TERM[0] - timedelta(days=1),
        )
    return d


def plan(d: District, now: datetime | None = None, **changes: Any) -> Any:
    """Plan the leaders' day shifts of one week from Tuesday on, by day, unless changed."""
    given = {
        "role": "leader_on_duty",
        "begins": TUESDAY,
        "last": TUESDAY + timedelta(days=6),
        "days": "school",
        "turn": "day",
        "slots": (DAY_SLOT,),
        "people": tuple(d.accounts[p].pk for p in LEADERS),
    }
    now = now or at("06:00")
    new = actions.NewPlan(**{**given, **changes})
    return actions.plan_shifts(d.actor("admin", now), now, unit_id=d.units["school"].pk, plan=new)


def shift_on(day: date, name: str = "白班") -> Any:
    """The shift of a day."""
    return Shift.objects.get(day=day, name=name, cancelled_at=None)
