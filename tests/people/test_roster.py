"""`apply_roster`: a whole roster in one transaction."""

from __future__ import annotations

from datetime import date

import pytest

from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry
from lianfang.people import actions
from lianfang.people.models import Guardianship, Household, Membership, Person, Post
from lianfang.people.reading import members_of
from lianfang.people.roster import RosterGuardian, RosterPost, RosterRow, roster_mark
from tests.people.cast import NOW, TODAY, id_number

MARCH = date(2026, 9, 10)


def student(cast, name="黄蕾", unit="klass", **more):
    return RosterRow(kind="student", name=name, begins=TODAY, unit_id=getattr(cast, unit).pk, **more)


def apply(cast, rows, who="admin", **more):
    return actions.apply_roster(cast.actor(who), NOW, institution=cast.school, rows=rows, **more)


def snapshot():
    return {
        model.__name__: sorted(map(str, model.objects.values_list()))
        for model in (Membership, Guardianship, Post, Household)
    }


def test_new_children_with_guardians_and_siblings_who_share_one(cast):
    mother = RosterGuardian("赵敏", "mother", "13700137000")
    out = apply(
        cast,
        [
            student(cast, "黄蕾", number="20260103", id_number=id_number(sequence=124), guardians=(mother,)),
            student(cast, "黄磊", "other_class", number="20260202", guardians=(mother,), address="文一路 1 号"),
        ],
    )
    assert out.counts() == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "begun": 2,
        "moved": 0,
        "ended": 0,
        "guardians": 2,
        "posts": 0,
    }
    guardian = Person.objects.get(name="赵敏")
    assert guardian.wards.exclude(confirmed_at=None).count() == 2
    assert guardian.household == Person.objects.get(name="黄磊").household
    assert Household.objects.get().address == "文一路 1 号"
    assert {m.name for m in members_of([cast.klass.pk], TODAY)[cast.klass.pk]} == {"林小雨", "王一诺", "黄蕾"}


def test_the_same_roster_twice_changes_nothing(cast):
    mother = RosterGuardian("赵敏", "mother", "13700137000")
    rows = [student(cast, "黄蕾", number="20260103", guardians=(mother,)), student(cast, "王一诺", number="20260102")]
    apply(cast, rows)
    before = snapshot()
    out = apply(cast, rows)
    assert (out.created, out.updated, out.begun, out.moved, out.guardians) == (0, 0, 0, 0, 0)
    assert out.unchanged == 2
    assert snapshot() == before


def test_a_move_and_a_silent_sheet(cast):
    actions.update_person(cast.actor("admin"), NOW, person=cast.persons["wang"], phone="13600136000")
    out = apply(cast, [student(cast, "王一诺", "other_class", number="20260102")])
    assert (out.moved, out.begun, out.updated) == (1, 0, 0)
    assert Person.objects.get(pk=cast.persons["wang"].pk).phone == "13600136000", "an empty cell erases nothing"
    assert Membership.objects.get(pk=cast.memberships["wang"].pk).ends == TODAY


def test_staff_posts_and_the_handing_over_of_a_single_post(cast):
    row = RosterRow(
        kind="staff",
        name="新老师",
        begins=TODAY,
        unit_id=cast.office.pk,
        number="T100",
        posts=(RosterPost("homeroom_teacher", cast.klass.pk),),
    )
    out = apply(cast, [row])
    assert out.posts == 1
    assert Post.objects.get(person=cast.persons["teacher"], role="homeroom_teacher").ends == TODAY
    assert Post.objects.get(unit=cast.klass, role="homeroom_teacher", ends=None).person.name == "新老师"
    assert cast.actor("teacher").units_of("homeroom_teacher") == ()
    assert apply(cast, [row]).posts == 0


def test_leavers_end_with_what_they_had(cast):
    out = apply(cast, [], leavers=[cast.memberships["wang"].pk])
    assert out.ended == 1
    assert Membership.objects.get(pk=cast.memberships["wang"].pk).ends == TODAY
    with pytest.raises(NotFound):
        apply(cast, [], leavers=[cast.memberships["foreign"].pk])


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"name": ""}, ("rows.1.name", "required")),
        ({"name": "陈建国", "id_number": id_number(sequence=121)}, ("rows.1.name", "other_name")),
        ({"name": "陈建国", "number": "20260102"}, ("rows.1.number", "other_name")),
        ({"unit": "school"}, ("rows.1.unit", "unit_level")),
        ({"phone": "1"}, ("rows.1.phone", "phone.format")),
    ],
)
def test_one_bad_row_stores_nothing(cast, change, expected):
    before, people = snapshot(), Person.objects.count()
    with pytest.raises(Invalid) as error:
        apply(cast, [student(cast, "好孩子"), student(cast, **{"name": "坏行", **change})])
    assert expected in {(e.field, e.code) for e in error.value.errors}
    assert (snapshot(), Person.objects.count()) == (before, people)


def test_units_and_people_of_elsewhere_are_not_found(cast):
    for row in (
        student(cast, unit="foreign_class"),
        student(cast, person_id=cast.persons["foreign"].pk),
        student(cast, person_id=10**9),
    ):
        with pytest.raises(NotFound):
            apply(cast, [row])
    with pytest.raises(NotFound):
        apply(cast, [], "stranger")
    with pytest.raises(Forbidden):
        apply(cast, [], "teacher")


def test_a_child_of_another_school_gets_a_second_membership_by_id_number(cast):
    row = RosterRow(
        kind="student", name="林小雨", begins=TODAY, unit_id=cast.course.pk, id_number=id_number(sequence=121)
    )
    out = actions.apply_roster(cast.actor("trainer"), NOW, institution=cast.training, rows=[row])
    assert (out.created, out.begun, out.moved) == (0, 1, 0)
    assert Person.objects.get(name="林小雨").memberships.filter(ends=None).count() == 2


def test_the_mark_notices_every_change(cast):
    system = system_actor("test", NOW)
    marks = [roster_mark(cast.school)]
    actions.update_person(system, NOW, person=cast.persons["lin"], phone="13500135000")
    marks.append(roster_mark(cast.school))
    actions.update_person(system, NOW, person=cast.persons["mother"], phone="13500135001")
    marks.append(roster_mark(cast.school))
    actions.move_member(system, NOW, membership=cast.memberships["wang"], to_unit=cast.other_class, on=TODAY)
    marks.append(roster_mark(cast.school))
    actions.end_post(system, NOW, post=Post.objects.get(person=cast.persons["nurse"]), ends=TODAY)
    marks.append(roster_mark(cast.school))
    assert len(set(marks)) == 5
    assert roster_mark(cast.school) == marks[-1]
    with pytest.raises(Conflict):
        apply(cast, [], mark=marks[0])


def test_the_journal_has_one_entry_a_person_and_one_for_the_batch(cast):
    start = JournalEntry.objects.count()
    apply(cast, [student(cast, f"孩子{'甲乙丙丁'[n]}", number=f"X{n}") for n in range(4)])
    actions_written = [e.action for e in JournalEntry.objects.order_by("pk")[start:]]
    assert actions_written.count("people.person.created") == 4
    assert actions_written.count("people.membership.begun") == 4
    assert actions_written[-1] == "people.roster.applied"


def test_more_children_with_their_guardians_than_one_statement_takes(cast):
    surnames, given = "赵钱孙李周吴郑王冯陈", "一二三四五六七八九十"
    rows = []
    for n in range(1100):
        name = surnames[n % 10] + given[n // 10 % 10] + given[n // 100 % 10] + given[n // 1000]
        guardians = (
            RosterGuardian(name[0] + "父", "father", f"138{n:08d}"),
            RosterGuardian(name[0] + "母", "mother", f"139{n:08d}"),
        )
        document = id_number(f"2017{n // 1000 % 12 + 1:02d}{n % 28 + 1:02d}", n % 1000)
        rows.append(student(cast, name, number=f"N{n:05d}", id_number=document, guardians=guardians, order=n))
    told = []
    out = apply(cast, rows, progress=lambda done, total: told.append((done, total)))
    assert (out.created, out.guardians) == (1100, 2200)
    assert told == sorted(told)
    assert told[-1] == (1100, 1100)
