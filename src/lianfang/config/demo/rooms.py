"""Buildings, class rooms, boarding rooms with those who sleep there, and each class's timetable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from lianfang.config.demo.district import ZONE, Demo
from lianfang.duties.templates import OVERRIDES
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Unit
from lianfang.foundation.unitsettings import setting_for
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Lesson, Membership, Occupancy, Place, Post, SeatPlan, Vehicle

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
            if not SeatPlan.objects.filter(unit=unit).exists():
                _seats(system, setup, unit)
    for unit in _classes(demo.training):
        if not Lesson.objects.filter(unit=unit).exists():
            _training_lessons(system, setup, unit)
    if not Vehicle.objects.exists():
        _bus(system, setup, demo)
    _no_duty_of_the_bus(system, setup, demo)
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
    """Each floor with its rooms of eight beds, filled in the order of the roll."""
    for unit in Unit.objects.within(demo.middle).filter(level="dormitory").order_by("name"):
        if Place.objects.filter(used_by=unit).exists():
            continue
        with transaction.atomic():
            floor = _floor(system, setup, demo.middle, unit)
            living = Membership.objects.filter(unit=unit, kind="resident", void_at=None).select_related("person")
            room = None
            for bed, row in enumerate(living.order_by("pk")):
                if bed % BEDS == 0:
                    room = people.add_place(
                        system,
                        setup,
                        unit=demo.middle,
                        kind="dormitory",
                        name=f"{floor.name[0]}{bed // BEDS + 1:02d}",
                        parent=floor,
                        area_m2=Decimal("28.0"),
                        capacity=BEDS,
                    )
                assert room is not None
                people.occupy(system, setup, person=row.person, place=room, begins=demo.begins)


def _floor(system: Actor, setup: datetime, home: Unit, unit: Unit) -> Place:
    """The floor of a dormitory, "1号楼1层", in its building."""
    building, _, floor = unit.name.partition("楼")
    name = f"宿舍{building}楼"
    above = Place.objects.filter(unit=home, kind="building", name=name).first()
    above = above or people.add_place(system, setup, unit=home, kind="building", name=name)
    return people.add_place(
        system, setup, unit=home, kind="floor", name=floor or unit.name, parent=above, used_by=unit, taps=24
    )


def _no_duty_of_the_bus(system: Actor, setup: datetime, demo: Demo) -> None:
    """The demonstration tells no bus rolls of past days, so nobody owes them; the rolls themselves can be called."""
    names = ("bus-morning-check", "bus-afternoon-check")
    changes = [{"rule_id": f"duty_templates.{name}.enabled", "value": False} for name in names]
    if setting_for(demo.primary, OVERRIDES.key, demo.begins).value != changes:
        set_unit_setting(system, setup, unit=demo.primary, key=OVERRIDES.key, value=changes, begins=demo.begins)


@transaction.atomic
def _seats(system: Actor, setup: datetime, unit: Unit) -> None:
    """Eight columns with three gangways, filled in the order of the roll."""
    pupils = Membership.objects.filter(unit=unit, kind="student", void_at=None).order_by("order", "number", "pk")
    listed = list(pupils.values_list("person_id", flat=True))
    chosen = [people.NewSeat(n // 8 + 1, n % 8 + 1, person) for n, person in enumerate(listed)]
    rows = max(1, -(-len(listed) // 8))
    begins = max(row.begins for row in pupils) if chosen else None
    now = at_local(begins, "12:00", ZONE) if begins is not None else setup
    people.arrange_seats(system, now, unit=unit, rows=rows, columns=8, aisles=(2, 4, 6), seats=chosen, begins=begins)


@transaction.atomic
def _bus(system: Actor, setup: datetime, demo: Demo) -> None:
    """One bus of the primary school; the leader on duty rides along as attendant."""
    bus = people.add_vehicle(
        system, setup, unit=demo.primary, name="1号校车", plate="浙A0521学", seats=40, route="湖滨路—文昌路—学校"
    )
    riders = Membership.objects.filter(unit__in=_classes(demo.primary), kind="student", void_at=None).order_by("pk")
    for row in riders.select_related("person")[:: max(1, riders.count() // 30)][:30]:
        people.ride(system, setup, person=row.person, vehicle=bus, begins=demo.begins)
    post = Post.objects.filter(unit=demo.primary, role="leader_on_duty", void_at=None).select_related("person").first()
    if post is not None:
        people.assign_post(system, setup, person=post.person, unit=bus.unit, role="bus_attendant", begins=demo.begins)


@transaction.atomic
def _training_lessons(system: Actor, setup: datetime, unit: Unit) -> None:
    """Two lessons every late afternoon."""
    hours = ((time(16, 30), time(17, 20)), (time(17, 30), time(18, 20)))
    lessons = [
        people.NewLesson(weekday, period, begins, ends, unit.name[:2])
        for weekday in range(7)
        for period, (begins, ends) in enumerate(hours, start=1)
    ]
    people.set_lessons(system, setup, unit=unit, lessons=lessons)


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
