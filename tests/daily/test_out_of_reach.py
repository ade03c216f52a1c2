"""What actions and queries answer to an id that no page ever offered: a unit of the wrong kind, a row of another school, a
person of nobody's family."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.daily import queries as daily
from lianfang.daily.actions import ReportItem, print_sheet, submit_reports
from lianfang.daily.perms import REPORT_SUBMIT, ROLL_VIEW
from lianfang.daily.queries.roll import roll_unit
from lianfang.daily.rules import SaidInput
from lianfang.duties import actions as duties
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.people import queries
from lianfang.people.actions import consents
from lianfang.people.models import Person
from lianfang.people.queries.privacy import privacy_sheet
from lianfang.people.roster import RosterPost, RosterRow
from tests.daily.cast import DAY, MORNING, Morning
from tests.district import TERM

pytestmark = pytest.mark.django_db

NOBODY = Actor(None, "", "test", MORNING)


def client_of(school: Morning, part: str) -> Client:
    client = Client()
    client.force_login(school.d.accounts[part], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("key", ["school", "grade"])
def test_a_unit_without_a_roll_answers_like_a_missing_one(school: Morning, key: str) -> None:
    principal, unit = school.actor("principal"), school.unit(key)
    with pytest.raises(NotFound):
        roll_unit(principal, ROLL_VIEW, unit)
    with pytest.raises(NotFound):
        print_sheet(principal, MORNING, unit_id=unit, session="morning")
    with pytest.raises(NotFound):
        queries.seats_on(principal, unit, DAY)
    with pytest.raises(NotFound):
        people.arrange_seats(principal, MORNING, unit=school.d.units[key], rows=2, columns=2, seats=())


def test_a_sheet_that_nobody_printed(school: Morning) -> None:
    with pytest.raises(NotFound):
        daily.sheet_view(school.actor("teacher"), uuid4(), MORNING)
    with pytest.raises(Forbidden):
        daily.sheet_view(school.actor("mother"), uuid4(), MORNING)


def test_who_has_no_post_says_nothing_about_others(school: Morning) -> None:
    with pytest.raises(Forbidden):
        school.leave("mother", school.pupil(0), said=SaidInput())
    item = ReportItem(actor=NOBODY, client_id=uuid4(), person_id=school.pupil(0), said=SaidInput())
    (refused,) = submit_reports([item])
    assert isinstance(refused, Forbidden) and refused.args == (REPORT_SUBMIT.name,)
    with pytest.raises(Forbidden):
        daily.own_subjects(NOBODY, MORNING)
    with pytest.raises(Forbidden):
        consents.see_notice(NOBODY, MORNING)


def test_an_erased_child_is_nobodys(school: Morning) -> None:
    child = school.pupil(0)
    assert consents.own_or_child(school.actor("mother"), child).pk == child
    Person.objects.filter(pk=child).update(erased_at=MORNING)
    with pytest.raises(NotFound):
        consents.own_or_child(school.actor("mother"), child)


def test_a_family_sees_its_own_words_apart_from_those_of_others(school: Morning) -> None:
    child, other = school.d.pupils["class1"][0], school.d.persons["other_guardian"]
    people.link_guardian(
        school.actor("admin"), MORNING, guardian=other, child=child, relation="father", begins=TERM[0], confirmed=True
    )
    forget_cached_actors()
    for part, word in (("mother", "given"), ("other_guardian", "refused")):
        consents.say_consent(school.actor(part), MORNING, person_id=child.pk, purpose="tracks", word=word)
    for part, own, others in (("mother", "given", ["refused"]), ("other_guardian", "refused", ["given"])):
        (row,) = [
            row for row in privacy_sheet(school.actor(part), child.pk, MORNING).consents if row.purpose.id == "tracks"
        ]
        assert (row.mine, [said.word for said in row.others]) == (own, others)


def test_places_and_buses_of_another_school_are_none(school: Morning) -> None:
    d, admin = school.d, school.actor("admin")
    foreign_admin = school.actor("foreign_admin")
    theirs = people.add_place(foreign_admin, MORNING, unit=d.units["foreign_school"], kind="building", name="甲楼")
    ours = people.add_place(admin, MORNING, unit=d.units["school"], kind="building", name="乙楼")
    bus = people.add_vehicle(
        foreign_admin, MORNING, unit=d.units["foreign_school"], name="一号车", plate="浙A12345", seats=30
    )
    with pytest.raises(NotFound):
        people.add_place(admin, MORNING, unit=d.units["school"], kind="floor", name="一层", parent=theirs)
    with pytest.raises(NotFound):
        people.add_place(
            admin, MORNING, unit=d.units["school"], kind="classroom", name="101", used_by=d.units["foreign_class"]
        )
    with pytest.raises(NotFound):
        people.update_place(admin, MORNING, place=ours, used_by=d.units["foreign_class"])
    with pytest.raises(NotFound):
        people.move_place(admin, MORNING, place=ours, parent=theirs)
    with pytest.raises(NotFound):
        people.update_vehicle(admin, MORNING, vehicle=bus, seats=40)


def test_no_account_and_no_post_at_another_school(school: Morning) -> None:
    d, admin = school.d, school.actor("admin")
    stranger = people.create_person(school.actor("foreign_admin"), MORNING, name="新老师")
    with pytest.raises(NotFound):
        people.open_account(admin, MORNING, person=stranger)
    row = RosterRow("staff", "新老师", begins=DAY, posts=(RosterPost("homeroom_teacher", d.units["foreign_class"].pk),))
    with pytest.raises(NotFound):
        people.apply_roster(admin, MORNING, institution=d.units["school"], rows=[row])
    with pytest.raises(Forbidden):
        foundation.relate_authority(
            admin, MORNING, authority=d.units["cdc"], capacity="education", begins=DAY, subject=d.units["school"]
        )


def test_an_undeclared_setting_is_missing(school: Morning) -> None:
    with using_clock(FixedClock(MORNING)):
        answer = client_of(school, "admin").put(
            f"/api/foundation/units/{school.unit('school')}/settings/rules.nothing",
            {"value": [], "begins": DAY.isoformat()},
            "application/json",
        )
    assert answer.status_code == 404


def test_who_has_no_account_was_asked_nothing(school: Morning) -> None:
    with pytest.raises(NotFound):
        duties.answer_change(NOBODY, MORNING, change_id=1, accept=True)
    with pytest.raises(NotFound):
        duties.take_back_change(NOBODY, MORNING, change_id=1)


def test_whoever_may_look_at_no_board_has_no_overview(school: Morning) -> None:
    d = school.d
    cdc = client_of(school, "cdc")
    with using_clock(FixedClock(MORNING)):
        assert cdc.get("/overview/").status_code == 302
        d.units["bureau"].authority_over.update(ends=DAY - timedelta(days=1))  # whose board the CDC receives
        forget_cached_actors()
        assert cdc.get("/overview/").status_code == 404
        assert cdc.get("/install").status_code == 404  # there only while `up --https` runs
