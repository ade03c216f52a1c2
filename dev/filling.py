"""Fills an empty installation with a small district and its first school days, through the actions of the source on PYTHONPATH.

`dev.released` runs this file with the source of one version, so it may only use what every release knows, and asks for
the rest. Everything happens at fixed instants.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any
from uuid import uuid4


def main() -> None:
    """Migrate and fill the database that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from lianfang.config.worker import catch_up
    from lianfang.foundation.actor import system_actor
    from lianfang.foundation.journal import seal
    from lianfang.people import actions as people
    from tests.district import SETUP, make_district
    from tests.reporting.cast import Reporting, absent, at, ill

    school = Reporting(make_district(4))
    system = system_actor("fixture", SETUP)
    building = people.add_place(system, SETUP, unit=school.d.units["school"], kind="building", name="一号楼")
    room = people.add_place(
        system, SETUP, unit=school.d.units["school"], kind="classroom", name="101", parent=building, capacity=50
    )
    people.occupy(system, SETUP, person=school.d.persons["teacher"], place=room, begins=date(2026, 9, 1))
    catch_up(at("06:50"))
    school.report("mother", school.pupil(0), now=at("07:05"), temperature="38.2", site="axillary", symptoms=("fever",))
    school.report("other_guardian", school.pupil(2), now=at("07:06"))
    first = school.check(now=at("07:40"), marks=[absent(school.pupil(0)), ill(school.pupil(3), "cough")])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    catch_up(at("07:55"))
    school.sign("grade_head", "grade", at("08:40"))
    report = school.sign()
    catch_up(at("09:10"))
    school.correct("teacher", "class1", first.id, at("10:00"), marks=[absent(school.pupil(0))])
    school.amend(report)
    next_day = date(2026, 9, 16)
    catch_up(at("06:50", next_day))
    school.check(now=at("07:45", next_day), all_well=True)
    catch_up(at("10:30", next_day))
    _later_rooms(school, at("10:40", next_day))
    catch_up(at("10:50", next_day))
    seal(at("11:00", next_day))


def _later_rooms(school: Any, now: datetime) -> None:
    """What 0.2.0 knows and 0.1.0 does not."""
    try:
        from lianfang.people.actions import consents, privacy, seats, vehicles
    except ImportError:
        return
    from lianfang.daily.actions import ReportItem, submit_reports
    from lianfang.daily.rules import SaidInput

    d = school.d
    child = d.pupils["class1"][0]
    consents.see_notice(d.actor("mother", now), now)
    consents.say_consent(d.actor("mother", now), now, person_id=child.pk, purpose="tracks", word="given")
    told = d.actor("mother", now)
    item = ReportItem(actor=told, client_id=uuid4(), person_id=child.pk, said=SaidInput(), track="去过外婆家")
    for answer in submit_reports([item]):
        if isinstance(answer, Exception):
            raise answer
    privacy.ask_about_data(d.actor("mother", now), now, person_id=child.pk, kind="ask", text="保存多久？")
    admin = d.actor("admin", now)
    bus = vehicles.add_vehicle(admin, now, unit=d.units["school"], name="一号车", plate="浙A12345", seats=30)
    vehicles.ride(admin, now, person=child, vehicle=bus, begins=date(2026, 9, 17))
    places = [seats.NewSeat(1, column + 1, pupil.pk) for column, pupil in enumerate(d.pupils["class1"])]
    seats.arrange_seats(admin, now, unit=d.units["class1"], rows=2, columns=4, seats=places)


if __name__ == "__main__":
    main()
