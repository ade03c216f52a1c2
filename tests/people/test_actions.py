"""People, memberships, posts and guardians through their actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Forbidden, Invalid, NotFound
from lianfang.foundation.models import Account, Grant, JournalEntry
from lianfang.people import actions, jobs
from lianfang.people.models import Guardianship, Membership, Person, Post
from lianfang.people.reading import members_of, units_of_person
from tests.people.cast import AUTUMN, LONG_AGO, NOW, TODAY, id_number

SYSTEM = system_actor("test", NOW)
TODAY_PLUS_TWO = TODAY + timedelta(days=2)


def codes(error):
    return {(e.field, e.code) for e in error.value.errors}


def test_an_id_number_gives_birth_date_and_sex_and_is_stored_encrypted(cast):
    number = id_number("20170315", 124)
    person = actions.create_person(cast.actor("admin"), NOW, name="黄　蕾", id_number=f" {number[:6]} {number[6:]}")
    person.refresh_from_db()
    assert (person.name, person.birth_date, person.sex, person.id_type) == (
        "黄蕾",
        date(2017, 3, 15),
        "female",
        "resident_id",
    )
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM people_person WHERE id = %s", [person.pk])
        assert number.encode() not in bytes(cursor.fetchone()[0])
    assert person.id_number == number


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"name": ""}, ("name", "required")),
        ({"name": "张3"}, ("name", "characters")),
        ({"name": "=cmd()"}, ("name", "characters")),
        ({"name": "张" * 61}, ("name", "too_long")),
        ({"sex": "x"}, ("sex", "unknown")),
        ({"birth_date": date(2026, 9, 16)}, ("birth_date", "future")),
        ({"birth_date": date(1899, 1, 1)}, ("birth_date", "too_early")),
        ({"id_number": id_number()[:-1] + ("1" if id_number()[-1] != "1" else "2")}, ("id_number", "id.check_digit")),
        ({"id_number": "12345"}, ("id_number", "id.length")),
        ({"id_number": id_number(), "birth_date": date(2017, 3, 16)}, ("birth_date", "differs_from_id")),
        ({"id_number": id_number(sequence=121), "sex": "female"}, ("sex", "differs_from_id")),
        ({"id_number": id_number(sequence=121)}, ("id_number", "exists")),
        ({"id_type": "badge", "id_number": "1"}, ("id_type", "unknown")),
        ({"phone": "12800138000"}, ("phone", "phone.format")),
    ],
)
def test_what_cannot_be_a_person(cast, fields, expected):
    before = Person.objects.count()
    with pytest.raises(Invalid) as error:
        actions.create_person(cast.actor("admin"), NOW, **{"name": "黄蕾", **fields})
    assert expected in codes(error)
    assert all(e.message for e in error.value.errors)
    assert Person.objects.count() == before


def test_a_teacher_may_not_make_or_change_people(cast):
    with pytest.raises(Forbidden):
        actions.create_person(cast.actor("teacher"), NOW, name="黄蕾")
    with pytest.raises(Forbidden):
        actions.update_person(cast.actor("teacher"), NOW, person=cast.persons["lin"], name="林雨")


def test_a_change_names_its_fields_and_nothing_changed_writes_nothing(cast):
    admin = cast.actor("admin")
    actions.update_person(admin, NOW, person=cast.persons["lin"], phone="139 0013 9000", name="林小雨")
    entry = JournalEntry.objects.filter(action="people.person.updated").latest("pk")
    assert entry.payload.body == {"fields": ["phone"]}
    count = JournalEntry.objects.count()
    actions.update_person(admin, NOW, person=cast.persons["lin"], phone="13900139000")
    assert JournalEntry.objects.count() == count
    assert Person.objects.get(pk=cast.persons["lin"].pk).phone == "13900139000"


def test_another_schools_child_cannot_be_reached(cast):
    for who in ("foreign", "outsider"):
        with pytest.raises(NotFound):
            actions.update_person(cast.actor("admin"), NOW, person=cast.persons[who], name="改名")
    with pytest.raises(NotFound):
        actions.end_membership(cast.actor("admin"), NOW, membership=cast.memberships["foreign"], ends=TODAY)


def test_one_child_in_a_school_and_a_training_institution_is_one_person(cast):
    lin = cast.persons["lin"]
    actions.add_membership(
        cast.actor("trainer"), NOW, person=lin, unit=cast.course, kind="student", begins=TODAY, number="Q001"
    )
    assert [u.name for u in units_of_person([lin.pk], TODAY)[lin.pk]] == ["三年级（1）班", "书法初级班"]
    assert Person.objects.filter(name="林小雨").count() == 1


@pytest.mark.parametrize(
    "unit, kind, begins, number, expected",
    [
        ("school", "student", TODAY, "", ("kind", "unit_level")),
        ("klass", "resident", TODAY, "", ("kind", "unit_level")),
        ("klass", "student", TODAY, "", ("begins", "overlaps")),
        ("klass", "student", date(2026, 8, 1), "", ("begins", "overlaps")),
        ("other_class", "student", TODAY, "20260102", ("number", "taken")),
    ],
)
def test_memberships_that_cannot_be(cast, unit, kind, begins, number, expected):
    with pytest.raises(Invalid) as error:
        actions.add_membership(
            cast.actor("admin"),
            NOW,
            person=cast.persons["lin"],
            unit=getattr(cast, unit),
            kind=kind,
            begins=begins,
            number=number,
        )
    assert expected in codes(error)


def test_a_move_keeps_the_history_and_both_times(cast):
    moved = actions.move_member(
        cast.actor("admin"), NOW, membership=cast.memberships["lin"], to_unit=cast.other_class, on=TODAY
    )
    lin = cast.persons["lin"].pk
    ids = [cast.klass.pk, cast.other_class.pk]

    def where(on, known_at=None):
        return [u for u, members in members_of(ids, on, known_at).items() if lin in {m.person_id for m in members}]

    assert where(date(2026, 9, 14)) == [cast.klass.pk]
    assert where(TODAY) == [cast.other_class.pk]
    assert where(TODAY, LONG_AGO) == [cast.klass.pk], "before the move was recorded nobody knew of it"
    assert moved.number == "20260101"
    assert Membership.objects.filter(person_id=lin).count() == 2


def test_a_move_goes_nowhere_else(cast):
    admin = cast.actor("admin")
    for to_unit, expected in ((cast.dormitory, "elsewhere"), (cast.klass, "same")):
        with pytest.raises(Invalid) as error:
            actions.move_member(admin, NOW, membership=cast.memberships["lin"], to_unit=to_unit, on=TODAY)
        assert ("to_unit", expected) in codes(error)
    with pytest.raises(NotFound):
        actions.move_member(admin, NOW, membership=cast.memberships["lin"], to_unit=cast.foreign_class, on=TODAY)
    with pytest.raises(Invalid):
        actions.move_member(
            admin, NOW, membership=cast.memberships["lin"], to_unit=cast.other_class, on=date(2026, 8, 31)
        )


def test_an_end_that_was_set_before_can_be_set_again_and_the_past_still_answers(cast):
    admin = cast.actor("admin")
    row = actions.end_membership(admin, NOW, membership=cast.memberships["lin"], ends=date(2026, 12, 1))
    later = datetime(2026, 10, 1, tzinfo=UTC)
    actions.end_membership(cast.actor("admin", later), later, membership=row, ends=date(2026, 10, 5))
    november = date(2026, 11, 1)
    known = members_of([cast.klass.pk], november, NOW)[cast.klass.pk]
    assert cast.persons["lin"].pk in {m.person_id for m in known}
    assert cast.persons["lin"].pk not in {m.person_id for m in members_of([cast.klass.pk], november)[cast.klass.pk]}


def test_a_post_gives_the_grant_from_local_midnight_and_its_end_takes_it(cast):
    nurse = cast.persons["nurse"]
    post = actions.assign_post(
        cast.actor("admin"), NOW, person=nurse, unit=cast.school, role="epidemic_reporter", begins=TODAY
    )
    grant = Grant.objects.get(source=f"post:{post.pk}")
    assert grant.begins == datetime(2026, 9, 14, 16, tzinfo=UTC)
    assert "epidemic_reporter" in cast.actor("nurse").roles
    actions.end_post(cast.actor("principal"), NOW, post=post, ends=date(2026, 9, 20))
    grant.refresh_from_db()
    assert grant.ends == datetime(2026, 9, 19, 16, tzinfo=UTC)
    assert Account.objects.get(username="nurse").is_active


def test_a_post_held_before_the_account_counts_once_it_is_opened(cast):
    admin = cast.actor("admin")
    person = actions.create_person(admin, NOW, name="冯洁")
    actions.add_membership(admin, NOW, person=person, unit=cast.office, kind="staff", begins=TODAY, number="T009")

    actions.assign_post(admin, NOW, person=person, unit=cast.school, role="leader_on_duty", begins=TODAY)
    account, secret = actions.open_account(admin, NOW, person=person)
    assert (account.username, account.must_change_password) == ("T009", True)
    assert account.check_password(secret)
    assert Grant.objects.filter(account=account, role="leader_on_duty").exists()
    with pytest.raises(Invalid):
        actions.open_account(admin, NOW, person=person)


def test_the_account_ends_with_the_last_post_and_can_be_opened_again(cast):
    admin = cast.actor("admin")
    post = Post.objects.get(person=cast.persons["nurse"])
    actions.end_post(admin, NOW, post=post, ends=TODAY)
    assert not Account.objects.get(username="nurse").is_active
    actions.assign_post(
        admin, NOW, person=cast.persons["nurse"], unit=cast.school, role="school_nurse", begins=date(2026, 9, 16)
    )
    account, secret = actions.open_account(admin, NOW, person=cast.persons["nurse"])
    assert account.is_active
    assert account.must_change_password
    assert account.check_password(secret)


@pytest.mark.parametrize(
    "unit, role, begins, ends, expected",
    [
        ("school", "homeroom_teacher", TODAY, None, ("role", "unit_kind")),
        ("klass", "student", TODAY, None, ("role", "unit_kind")),
        ("school", "wizard", TODAY, None, ("role", "unit_kind")),
        ("klass", "homeroom_teacher", TODAY, None, ("role", "single")),
        ("klass", "subject_teacher", TODAY, date(2026, 9, 1), ("ends", "before_begin")),
        ("school", "school_nurse", TODAY, None, ("begins", "overlaps")),
    ],
)
def test_posts_that_cannot_be(cast, unit, role, begins, ends, expected):
    with pytest.raises(Invalid) as error:
        actions.assign_post(
            cast.actor("admin"),
            NOW,
            person=cast.persons["nurse"],
            unit=getattr(cast, unit),
            role=role,
            begins=begins,
            ends=ends,
        )
    assert expected in codes(error)


def test_posts_of_another_school_are_not_found(cast):
    with pytest.raises(NotFound):
        actions.assign_post(
            cast.actor("stranger"),
            NOW,
            person=cast.persons["nurse"],
            unit=cast.school,
            role="school_nurse",
            begins=TODAY,
        )
    with pytest.raises(NotFound):
        actions.end_post(cast.actor("stranger"), NOW, post=Post.objects.get(person=cast.persons["nurse"]), ends=TODAY)


def test_leaving_the_school_ends_posts_bed_and_account(cast):
    admin = cast.actor("admin")
    teacher = cast.persons["teacher"]
    staff = actions.add_membership(admin, NOW, person=teacher, unit=cast.office, kind="staff", begins=AUTUMN)
    actions.end_membership(admin, NOW, membership=staff, ends=TODAY)
    assert Post.objects.get(person=teacher).ends == TODAY
    assert not Account.objects.get(username="teacher").is_active
    lin = cast.persons["lin"]
    actions.add_membership(admin, NOW, person=lin, unit=cast.dormitory, kind="resident", begins=AUTUMN)
    actions.end_membership(admin, NOW, membership=cast.memberships["lin"], ends=TODAY)
    assert not Membership.objects.in_force(TODAY).filter(person=lin).exists()


def test_an_end_set_for_later_shuts_the_account_on_that_day(cast):
    actions.end_post(cast.actor("admin"), NOW, post=Post.objects.get(person=cast.persons["nurse"]), ends=TODAY_PLUS_TWO)
    assert jobs.end_accounts(SYSTEM, NOW) == 0
    assert Account.objects.get(username="nurse").is_active
    later = NOW + timedelta(days=2)
    assert cast.actor("nurse", later).roles == frozenset(), "the right is gone at local midnight"
    assert jobs.end_accounts(system_actor("test", later), later) == 1
    assert not Account.objects.get(username="nurse").is_active
    assert jobs.end_accounts(system_actor("test", later), later) == 0
    assert Account.objects.filter(is_active=True, username__in=["admin", "mother", "outsider"]).count() == 3


def test_a_guardian_sees_the_child_only_once_confirmed_and_until_it_ends(cast):
    teacher = cast.actor("teacher")
    link = actions.link_guardian(
        teacher,
        NOW,
        guardian=cast.persons["outsider"],
        child=cast.persons["wang"],
        relation="father",
        begins=TODAY,
    )
    assert cast.actor("outsider").family == frozenset()
    actions.confirm_guardian(teacher, NOW, guardianship=link)
    assert cast.actor("outsider").family == {cast.persons["wang"].pk}, "from local midnight on, not from UTC midnight"
    actions.end_guardian(teacher, NOW, guardianship=link, ends=TODAY)
    assert cast.actor("outsider").family == frozenset()
    assert not Account.objects.get(username="outsider").is_active


def test_guardians_of_another_class_cannot_be_linked(cast):
    for who in ("other_teacher", "stranger"):
        with pytest.raises(NotFound):
            actions.link_guardian(
                cast.actor(who),
                NOW,
                guardian=cast.persons["outsider"],
                child=cast.persons["lin"],
                relation="father",
                begins=TODAY,
            )
    admin = cast.actor("admin")
    for guardian, relation, expected in (
        ("lin", "mother", ("guardian", "same")),
        ("outsider", "uncle", ("relation", "unknown")),
        ("mother", "mother", ("guardian", "exists")),
    ):
        with pytest.raises(Invalid) as error:
            actions.link_guardian(
                admin,
                NOW,
                guardian=cast.persons[guardian],
                child=cast.persons["lin"],
                relation=relation,
                begins=TODAY,
            )
        assert expected in codes(error)
    assert Guardianship.objects.count() == 1


def test_every_change_is_in_the_journal_without_names_or_numbers(cast):
    text = " ".join(str(entry.payload.body) for entry in JournalEntry.objects.filter(action__startswith="people."))
    for secret in ("林小雨", "13800138000", id_number(sequence=121)):
        assert secret not in text
    assert LONG_AGO < NOW
