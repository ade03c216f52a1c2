"""Who may do what, how far it reaches, and which looks are recorded."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.daily import queries
from lianfang.daily.actions import CheckAnswer, CheckItem, save_checks
from lianfang.daily.models import RollCheck
from lianfang.daily.rules import SaidInput
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Forbidden, Invalid, NotFound
from lianfang.foundation.models import NamedLook
from lianfang.people import actions as people
from tests.daily.cast import DAY, MORNING, Morning, absent
from tests.district import SETUP, TERM

NO, MISSING, YES = Forbidden, NotFound, None


@pytest.mark.parametrize(
    "part, own, other, foreign",
    [
        ("teacher", YES, MISSING, MISSING),
        ("grade_head", YES, YES, MISSING),
        ("nurse", YES, YES, MISSING),
        ("reporter", YES, YES, MISSING),
        ("leader", YES, YES, MISSING),
        ("lesson_teacher", MISSING, MISSING, MISSING),
        ("foreign_teacher", MISSING, MISSING, YES),
        ("principal", NO, NO, NO),
        ("admin", NO, NO, NO),
        ("guard", NO, NO, NO),
        ("officer", NO, NO, NO),
        ("cdc", NO, NO, NO),
        ("mother", NO, NO, NO),
    ],
)
def test_who_may_save_a_check(school: Morning, part, own, other, foreign):
    for unit, refused in (("class1", own), ("class2", other), ("foreign_class", foreign)):
        item = CheckItem(
            actor=school.actor(part), client_id=uuid4(), unit_id=school.unit(unit), day=DAY, session="morning"
        )
        (result,) = save_checks([item])
        assert type(result) is (refused or CheckAnswer)


@pytest.mark.parametrize("unit_id", [0, -1, 2**40, 2**70])
def test_an_id_that_is_none_answers_like_a_foreign_one(school: Morning, unit_id):
    item = CheckItem(actor=school.actor("nurse"), client_id=uuid4(), unit_id=unit_id, day=DAY, session="morning")
    assert isinstance(save_checks([item])[0], NotFound)
    with pytest.raises(NotFound):
        queries.roll(school.actor("nurse"), unit_id, DAY, "morning", MORNING)


@pytest.mark.parametrize(
    "part, sees, recorded",
    [("teacher", True, False), ("nurse", True, False), ("reporter", True, False), ("grade_head", True, True),
     ("principal", True, True), ("leader", True, True), ("officer", False, False), ("cdc", False, False),
     ("mother", False, False), ("guard", False, False)],
)  # fmt: skip
def test_a_look_outside_own_care_is_recorded(school: Morning, part, sees, recorded):
    school.report("other_guardian", school.pupil(2), temperature=38.5)
    actor = school.actor(part)
    if sees:
        roll = queries.roll(actor, school.unit(), DAY, "morning", MORNING)
        assert [row.member.person_id for row in roll.open] == [school.pupil(2)]
    else:
        with pytest.raises(Forbidden):
            queries.roll(actor, school.unit(), DAY, "morning", MORNING)
    looks = NamedLook.objects.values_list("subject_id", "account_id")
    assert list(looks) == ([(school.pupil(2), actor.account_id)] if recorded else [])


def test_an_authority_gets_counts_and_never_names(school: Morning):
    school.check(marks=[absent(school.pupil(1))])
    for part in ("officer", "cdc"):
        rows = queries.report_coverage(school.actor(part), school.unit("school"), DAY)
        assert [(r.expected, r.answered, r.missing) for r in rows] == [(8, 0, None), (8, 0, None)]
        with pytest.raises(Forbidden):
            queries.changes_since_yesterday(school.actor(part), school.unit("school"), DAY)
        with pytest.raises(Forbidden):
            queries.unit_day(school.actor(part), school.unit(), DAY, MORNING)
        with pytest.raises(NotFound):
            queries.report_coverage(school.actor(part), school.unit("foreign_class"), DAY)
    with pytest.raises(NotFound):
        queries.report_coverage(school.actor("foreign_officer"), school.unit("school"), DAY)
    named = queries.report_coverage(school.actor("teacher"), school.unit(), DAY)
    assert len(named[0].missing or ()) == 8


@pytest.mark.parametrize(
    "part, seat, unit, answer",
    [("mother", 0, "class1", "guardian"), ("mother", 1, "class2", "guardian"), ("mother", 2, "class1", NotFound),
     ("other_guardian", 0, "class1", NotFound), ("teacher", 0, "class1", "class"), ("teacher", 0, "class2", NotFound),
     ("nurse", 0, "class2", "class"), ("lesson_teacher", 0, "class1", "class"), ("lesson_teacher", 1, "class1", NotFound),
     ("foreign_teacher", 0, "class1", NotFound), ("officer", 0, "class1", NotFound), ("principal", 0, "class1", NotFound)],
)  # fmt: skip
def test_for_whom_one_may_report(school: Morning, part, seat, unit, answer):
    person = school.pupil(seat, unit)
    if isinstance(answer, str):
        assert school.report(part, person).channel == answer
    else:
        with pytest.raises(answer):
            school.report(part, person)


def test_somebody_who_works_here_reports_for_themselves(school: Morning):
    person = school.d.persons["teacher"]
    with pytest.raises(Invalid):
        school.report("teacher", person.pk, now=MORNING)
    office = foundation.create_unit(
        system_actor("test", SETUP), SETUP, parent=school.d.units["school"], kind="department", level="department",
        name="语文组",
    )  # fmt: skip
    people.add_membership(system_actor("test", SETUP), SETUP, person=person, unit=office, kind="staff", begins=TERM[0])
    assert school.report("teacher", person.pk, now=MORNING).channel == "self"
    (me,) = queries.own_subjects(school.actor("teacher"), MORNING)
    assert (me.relation, me.unit, len(me.reports)) == ("self", office, 1)


def test_a_stand_in_acts_by_a_dated_grant_and_is_named_as_one(school: Morning):
    with pytest.raises(NotFound):
        school.check("teacher2", unit="class1")
    foundation.give_grant(
        system_actor("test", MORNING), MORNING, account=school.d.accounts["teacher2"], role="homeroom_teacher",
        unit=school.d.units["class1"], source="delegation:1", begins=MORNING,
    )  # fmt: skip
    answer = school.check("teacher2", unit="class1")
    assert RollCheck.objects.get(pk=answer.id).stand_in
    own = school.check("teacher2", unit="class2")
    assert not RollCheck.objects.get(pk=own.id).stand_in


def test_a_keepers_post_at_the_school_opens_dormitories_only(school: Morning):
    system = system_actor("test", SETUP)
    house = foundation.create_unit(
        system, SETUP, parent=school.d.units["school"], kind="dormitory", level="dormitory", name="一号楼"
    )
    people.add_membership(
        system, SETUP, person=school.d.pupils["class1"][3], unit=house, kind="resident", begins=TERM[0]
    )
    keeper = people.create_person(system, SETUP, name="马叔")
    people.assign_post(
        system, SETUP, person=keeper, unit=school.d.units["school"], role="dormitory_keeper", begins=TERM[0]
    )
    school.d.accounts["keeper"] = people.open_account(system, SETUP, person=keeper, username="keeper")[0]
    school.d.units["house"] = house
    with pytest.raises(NotFound):
        school.check("keeper", unit="class1")
    with pytest.raises(NotFound):
        queries.roll(school.actor("keeper"), school.unit(), DAY, "morning", MORNING)
    with pytest.raises(NotFound):
        school.report("keeper", school.pupil(1))
    answer = school.check("keeper", unit="house", session="evening")
    assert answer.figures["expected"] == 1
    assert not RollCheck.objects.get(pk=answer.id).stand_in
    assert school.report("keeper", school.pupil(3), said=SaidInput(36.5)).unit_id == house.pk
