"""Rolls of dormitory, bus, office and lessons: the same check, another list of people; printed rolls entered afterwards."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.comms.models import Notice
from lianfang.config.worker import catch_up
from lianfang.daily import queries
from lianfang.daily.actions import print_sheet
from lianfang.daily.jobs import raise_lesson_duties
from lianfang.daily.models import RollCheck
from lianfang.daily.rules import Filling, Mark, SaidInput, gone_by, missing, session_label, session_now, source_of
from lianfang.daily.rules.filling import carried_on, left_mark
from lianfang.duties.models import Duty
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Invalid, NotFound
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.people.models import Vehicle
from tests.daily.cast import MORNING, Morning, absent, ill, make_morning
from tests.district import DAY, SETUP, TERM

EVENING = MORNING + timedelta(hours=13, minutes=30)  # 21:10
AFTERNOON = MORNING + timedelta(hours=8)  # 15:40


@pytest.mark.parametrize(
    "known, source",
    [
        (Filling(), "none"),
        (Filling(notice=True, left=True, class_word="absent", carried=True), "notice"),
        (Filling(left=True, class_word="here", carried=True), "left"),
        (Filling(class_word="absent", well_reported=True), "class_absent"),
        (Filling(class_word="here", carried=True), "none"),
        (Filling(carried=True), "carried"),
        (Filling(carried=True, well_reported=True), "none"),
    ],
)
def test_from_where_a_row_is_filled_in(known: Filling, source: str) -> None:
    assert source_of(known) == source


@pytest.mark.parametrize(
    "session, left, lesson, gone",
    [
        ("morning", time(7), None, False),
        ("noon", time(10), None, True),
        ("noon", time(13), None, False),
        ("afternoon", time(15, 59), None, True),
        ("evening", time(14, 10), None, True),
        ("lesson-2", time(16), time(17), True),
        ("lesson-1", time(17, 30), time(17), False),
        ("lesson-3", time(9), None, False),
    ],
)
def test_who_left_early_is_away_later(session: str, left: time, lesson: time | None, gone: bool) -> None:
    assert gone_by(session, left, lesson) is gone


def test_words_sessions_and_what_goes_on_a_bus() -> None:
    assert session_label("evening", "dormitory").zh == "宿舍晚点名"
    assert [session_now("vehicle", time(h)) for h in (7, 16)] == ["morning", "afternoon"]
    sick = Mark(1, "absent", "illness", ("cough",), diagnosis="流感", hospital="区一院", counts_as="ill")
    assert carried_on(sick, "dormitory").diagnosis == "流感"
    assert carried_on(sick, "vehicle") == Mark(1, "absent", "illness", counts_as="ill")
    assert left_mark(1, "illness", True, "ill").presence == "left_early"
    assert left_mark(1, "illness", False, "ill").absent
    unknown = Mark(2, "absent", "unknown", counts_as="unknown")
    assert missing({1: sick, 2: unknown}) == [2]
    assert missing({2: unknown}, frozenset({2})) == []


@pytest.fixture
def school(db: None) -> Morning:
    """The district with a dormitory of two rooms, a bus, an office, and two lessons of the training group today."""
    m = make_morning()
    d, system = m.d, system_actor("test", SETUP)
    home = d.units["school"]
    for key, kind, level, name in (
        ("dormitory", "dormitory", "dormitory", "1号楼1层"),
        ("office", "department", "department", "教务处"),
    ):
        d.units[key] = foundation.create_unit(system, SETUP, parent=home, kind=kind, level=level, name=name)
    bus = people.add_vehicle(system, SETUP, unit=home, name="1号校车", plate="浙A12345", seats=20)
    d.units["bus"] = bus.unit
    building = people.add_place(system, SETUP, unit=home, kind="building", name="1号楼")
    rooms = [
        people.add_place(system, SETUP, unit=home, kind="dormitory", name=name, parent=building)
        for name in ("101", "102")
    ]
    for seat, child in enumerate(d.pupils["class1"][:4]):
        people.add_membership(
            system, SETUP, person=child, unit=d.units["dormitory"], kind="resident", begins=TERM[0], order=4 - seat
        )
        people.occupy(system, SETUP, person=child, place=rooms[seat % 2], begins=TERM[0])
        people.ride(system, SETUP, person=child, vehicle=bus, begins=TERM[0])
    for part, name, role, where in (
        ("keeper", "段玉", "dormitory_keeper", "school"),
        ("attendant", "伍月", "bus_attendant", "bus"),
        ("head", "方圆", "department_head", "office"),
    ):
        person = people.create_person(system, SETUP, name=name)
        people.assign_post(system, SETUP, person=person, unit=d.units[where], role=role, begins=TERM[0])
        account, _secret = people.open_account(system, SETUP, person=person, username=part)
        d.accounts[part], d.persons[part] = account, person
    people.add_membership(system, SETUP, person=d.persons["head"], unit=d.units["office"], kind="staff", begins=TERM[0])
    lessons = [people.NewLesson(DAY.weekday(), n, time(15 + n), time(15 + n, 45), "美术", None, None) for n in (1, 2)]
    people.set_lessons(system, SETUP, unit=d.units["lesson"], lessons=lessons)
    return m


def roll(m: Morning, part: str, unit: str, session: str, now: datetime) -> queries.Roll:
    return queries.roll(m.actor(part, now), m.unit(unit), None, session, now)


def test_what_the_class_said_is_known_in_the_evening_and_on_the_bus(school: Morning) -> None:
    report = school.report("mother", school.pupil(0), temperature="38.4", site="axillary")
    school.check(marks=[ill(school.pupil(0), "cough", answers=(report.id,)), absent(school.pupil(1), diagnosis="流感")])
    went = SaidInput(None, "", "", (), True, "illness")
    school.leave("teacher", school.pupil(2), MORNING + timedelta(hours=3), said=went)
    evening = roll(school, "keeper", "dormitory", "evening", EVENING)
    assert [row.room for row in evening.rows] == ["101", "101", "102", "102"]
    marks = {row.member.person_id: row.mark for row in evening.rows}
    assert marks[school.pupil(0)] is None
    assert not evening.open
    second, third = marks[school.pupil(1)], marks[school.pupil(2)]
    assert second is not None and second.diagnosis == "流感"
    assert third is not None and third.absent
    home = roll(school, "attendant", "bus", "afternoon", AFTERNOON)
    away = {row.member.person_id: row.mark for row in home.rows if row.mark}
    assert set(away) == {school.pupil(1), school.pupil(2)}
    assert away[school.pupil(1)].diagnosis == ""
    school.check("attendant", unit="bus", session="afternoon", now=AFTERNOON, marks=[absent(p) for p in away])
    check = RollCheck.objects.get(unit=school.d.units["bus"])
    assert (check.absent, check.stand_in) == (2, False)
    with pytest.raises(NotFound):
        roll(school, "attendant", "class1", "morning", MORNING)
    school.check("head", unit="office", session="morning", all_well=True)
    mine = [(r.unit.name, r.session) for r in queries.own_rolls(school.actor("attendant", AFTERNOON), AFTERNOON)]
    assert mine == [("1号校车", "morning"), ("1号校车", "afternoon")]
    assert [r.unit.name for r in queries.own_rolls(school.actor("keeper", EVENING), EVENING)] == ["1号楼1层"]


def test_who_is_missing_at_night_is_looked_for_until_found(school: Morning) -> None:
    gone = school.pupil(3)
    saved = school.check("keeper", unit="dormitory", session="evening", now=EVENING, marks=[absent(gone, "unknown")])
    catch_up(EVENING + timedelta(minutes=1))
    duty = Duty.objects.get(kind="dormitory-missing")
    due_at = EVENING + timedelta(minutes=15)
    assert (duty.holder_role, duty.due_at, duty.done_at) == ("dormitory_keeper", due_at, None)
    notice = Notice.objects.get(text_key="daily.not_back")
    assert set(notice.deliveries.values_list("account__username", flat=True)) == {"keeper", "leader"}
    found = EVENING + timedelta(minutes=20)
    school.check(
        "keeper",
        unit="dormitory",
        session="evening",
        now=found,
        day=DAY,
        marks=[absent(gone, "personal")],
        corrects=saved.id,
        reason="家长接走",
    )
    catch_up(found + timedelta(minutes=1))
    duty.refresh_from_db()
    assert duty.done_at is not None


def test_each_lesson_of_the_timetable_is_a_duty(school: Morning) -> None:
    now = MORNING
    assert raise_lesson_duties(system_actor("test", now), now) == 2
    assert raise_lesson_duties(system_actor("test", now), now) == 0
    at = MORNING + timedelta(hours=8, minutes=25)  # 16:05
    school.check("lesson_teacher", unit="lesson", session="lesson-1", now=at, all_well=True)
    done = dict(Duty.objects.filter(kind__startswith="lesson-").values_list("kind", "done_at"))
    assert done == {"lesson-1-check": at, "lesson-2-check": None}
    assert queries.lesson_now(school.d.units["lesson"], at) == "lesson-1"


def test_a_printed_roll_is_entered_afterwards_and_says_so(school: Morning) -> None:
    teacher = school.actor("teacher")
    with pytest.raises(Invalid):
        print_sheet(teacher, MORNING, unit_id=school.unit(), session="morning", day=date(2027, 6, 1))
    sheet = print_sheet(teacher, MORNING, unit_id=school.unit(), session="morning", week=True)
    assert (sheet.first, sheet.last) == (DAY, DAY + timedelta(days=5))
    with pytest.raises(Invalid) as refused:
        school.check(all_well=True, sheet=sheet.uid, session="noon")
    assert refused.value.errors[0].field == "sheet"
    later = MORNING + timedelta(hours=5)
    with using_clock(FixedClock(later)):
        client = Client()
        client.force_login(school.d.accounts["teacher"], backend="django.contrib.auth.backends.ModelBackend")
        paper = client.get(f"/daily/sheets/{sheet.uid}/print/")
        assert "data:image/svg" in paper.content.decode()
        address = f"/daily/sheets/{sheet.uid}/"
        ill_one = school.pupil(1)
        body = {"client_id": str(uuid4()), "day": DAY.isoformat(), f"p{ill_one}-presence": "absent"}
        assert client.post(address, body).status_code == 422
        body |= {"paper_time": "07:35", f"p{ill_one}-cause": "illness"}
        assert client.post(address, body).status_code == 302
        assert "纸质" in client.get(address).content.decode()
        other = Client()
        other.force_login(school.d.accounts["foreign_teacher"], backend="django.contrib.auth.backends.ModelBackend")
        assert other.get(address).status_code == 404
    check = RollCheck.objects.get()
    assert (check.on_paper, check.sheet_id, check.absent_ill, check.expected) == (True, sheet.pk, 1, 8)
    assert check.true_at == MORNING - timedelta(minutes=5)
    assert check.received_at == later
    assert Vehicle.objects.count() == 1
