"""Buildings, class rooms, boarding rooms with those who sleep there, and each class's timetable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from lianfang.config.demo.district import ZONE, Demo
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Lesson, Membership, Occupancy, Place, Post

BEDS = 8
PERIODS = (
    (time(8, 30), time(9, 10)),
    (time(9, 20), time(10, 0)),
    (time(10, 20), time(11, 0)),
    (time(11, 10), time(11, 50)),
    (time(13, 40), time(14, 20)),
    (time(14, 30), time(15, 10)),
)
SUBJECTS = ("语文", "数学", "英语", "体育", "语文", "科学", "数学", "音乐", "道德与法治", "美术", "劳动", "综合实践")


def furnish(demo: Demo, say: Callable[[str], None]) -> None:
    """Make what is missing; each institution's rooms, each boarding room and each timetable in its own transaction."""
    setup = at_local(demo.begins - timedelta(days=1), "11:00", ZONE)
    system = system_actor("demo", setup)
    for institution in demo.institutions:
        if not Place.objects.filter(unit=institution).exists():
            _class_rooms(system, setup, institution)
    _boarding_rooms(system, setup, demo)
    for institution in demo.institutions[:2]:
        for number, unit in enumerate(_classes(institution)):
            if not Lesson.objects.filter(unit=unit).exists():
                _timetable(system, setup, unit, number)
    say(f"  {Place.objects.count()} 间房屋与场所、{Occupancy.objects.count()} 名住宿生、{Lesson.objects.count()} 节课")


def _classes(institution: Unit) -> list[Unit]:
    return list(Unit.objects.within(institution).filter(level="class").order_by("pk"))


@transaction.atomic
def _class_rooms(system: Actor, setup: datetime, institution: Unit) -> None:
    building = people.add_place(system, setup, unit=institution, kind="building", name="教学楼")
    for number, unit in enumerate(_classes(institution)):
        people.add_place(
            system,
            setup,
            unit=institution,
            kind="classroom",
            name=f"{number // 6 + 1}{number % 6 + 1:02d} 教室",
            parent=building,
            area_m2=Decimal("62.5"),
            capacity=48,
            used_by=unit,
        )
    for kind, name in (("gate", "校门"), ("canteen", "食堂"), ("observation", "健康观察室"), ("washroom", "洗手间")):
        people.add_place(system, setup, unit=institution, kind=kind, name=name, taps=12 if kind == "washroom" else None)


def _boarding_rooms(system: Actor, setup: datetime, demo: Demo) -> None:
    for unit in Unit.objects.within(demo.middle).filter(level="dormitory").order_by("name"):
        if Place.objects.filter(used_by=unit).exists():
            continue
        with transaction.atomic():
            place = people.add_place(
                system,
                setup,
                unit=demo.middle,
                kind="dormitory",
                name=unit.name,
                area_m2=Decimal("28.0"),
                capacity=BEDS,
                used_by=unit,
            )
            for living in Membership.objects.filter(unit=unit, kind="resident", void_at=None).select_related("person"):
                people.occupy(system, setup, person=living.person, place=place, begins=demo.begins)


def _timetable(system: Actor, setup: datetime, unit: Unit, number: int) -> None:
    head = Post.objects.filter(unit=unit, role="homeroom_teacher", void_at=None).select_related("person").first()
    room = Place.objects.filter(used_by=unit).first()
    lessons = []
    for weekday in range(5):
        for period, (begins, ends) in enumerate(PERIODS, start=1):
            subject = SUBJECTS[(number + weekday * len(PERIODS) + period) % len(SUBJECTS)]
            teacher = head.person if head is not None and subject == "语文" else None
            lessons.append(people.NewLesson(weekday, period, begins, ends, subject, teacher, room))
    people.set_lessons(system, setup, unit=unit, lessons=lessons)
