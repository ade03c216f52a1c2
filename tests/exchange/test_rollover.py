"""A school year rolled over: names of classes, dealing pupils, the rehearsal, and the one time that it is done."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.exchange import actions, queries
from lianfang.exchange.models import RosterImport
from lianfang.exchange.rollover import Pupil, deal, last_grade, promoted_name
from lianfang.exchange.rules import ClassKey, School, parse_class
from lianfang.exchange.tables import class_table
from lianfang.foundation.errors import Conflict, Invalid, NotFound
from lianfang.foundation.models import Unit
from lianfang.people.models import Membership, Post
from lianfang.people.reading import members_of
from tests.exchange.sheetmaking import child, students
from tests.people.cast import NOW, TODAY

NEXT = date(2027, 9, 1)
LATER = datetime(2027, 9, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "name, key, expected",
    [
        ("三（1）班", (4, 1), "四（1）班"),
        ("三年级（12）班", (4, 12), "四年级（12）班"),
        ("302", (4, 2), "402"),
        ("3.2班", (4, 2), "4.2班"),
        ("2024级2班", (4, 2), "2024级2班"),
        ("2026级1班", (1, 1), "2027级1班"),
        ("初一(3)班", (8, 3), "初二(3)班"),
        ("六年级3班", (7, 3), "七年级3班"),
        ("小六(3)班", (7, 3), "七年级（3）班"),
        ("高二（10）班", (12, 10), "高三（10）班"),
        ("", (5, 2), "五年级（2）班"),
    ],
)
def test_what_a_class_is_called_a_year_later(name, key, expected):
    assert promoted_name(name, ClassKey(*key), class_table(), School(2027)) == expected


@given(st.integers(1, 11), st.integers(1, 20))
def test_a_promoted_name_is_read_as_the_promoted_class(grade, number):
    table = class_table()
    name = table.class_name.format(grade=table.grade_names[grade], number=number)
    moved = promoted_name(name, ClassKey(grade + 1, number), table, School(2027))
    assert parse_class(moved, table, School(2027)) == ClassKey(grade + 1, number)


@pytest.mark.parametrize(
    "base, kind, grades, last",
    [(0, "school", [1, 6], 6), (0, "school", [1, 9], 9), (6, "school", [7], 9), (9, "school", [10], 12),
     (6, "school", [7, 12], 12), (0, "kindergarten", [1, 3], 3), (0, "school", [], 6)],
)  # fmt: skip
def test_after_which_grade_pupils_graduate(base, kind, grades, last):
    assert last_grade(base, kind, grades) == last


@given(st.lists(st.sampled_from(["male", "female", "unknown"]), max_size=120), st.integers(1, 9))
def test_pupils_are_dealt_evenly(sexes, number):
    pupils = [Pupil(n, sex, (str(n), n)) for n, sex in enumerate(sexes)]
    classes = list(range(1, number + 1))
    dealt = deal(pupils, classes)
    assert set(dealt) == {pupil.id for pupil in pupils}
    assert dealt == deal(list(reversed(pupils)), classes), "the same proposal every time"
    for group in ({"male", "female", "unknown"}, {"male"}, {"female"}):
        sizes = [sum(p.sex in group for p in pupils if dealt[p.id] == one) for one in classes]
        assert max(sizes) - min(sizes) <= (1 if len(group) > 1 else 2)


def rehearsed(cast, now=NOW, effective=NEXT, **more):
    return actions.start_rollover(cast.actor("admin", now), now, institution=cast.school, effective=effective, **more)


def views(cast, row):
    return queries.shown(queries.changeset(cast.actor("admin"), row))


def commit(cast, row, now=NOW, **more):
    return actions.commit_import(cast.actor("admin", now), now, roster_import=row, **more)


def classes(on, cast):
    found = Unit.objects.within(cast.school).filter(level="class", begins__lte=on).exclude(ends__lte=on)
    return {unit.name: sorted(m.name for m in members_of([unit.pk], on)[unit.pk]) for unit in found}


def test_rehearsed_a_year_ahead_and_done_once(cast):
    row = rehearsed(cast, first_classes=2)
    assert row.counts == {"create": 2, "promote": 3, "rows": 0}
    assert [unit["name"] for unit in row.new_units] == [
        "一年级", "四年级", "一年级（1）班", "一年级（2）班", "四年级（1）班", "四年级（2）班",
    ]  # fmt: skip
    assert {
        (v.name, v.differences[0]["old"], v.differences[0]["new"]) for v in views(cast, row) if v.kind == "promote"
    } == {
        ("林小雨", "三年级（1）班", "四年级（1）班"),
        ("王一诺", "三年级（1）班", "四年级（1）班"),
        ("张浩然", "三年级（2）班", "四年级（2）班"),
    }
    assert not Unit.objects.filter(name="四年级").exists(), "a rehearsal changes nothing"
    done = commit(cast, row)
    assert (done.state, done.progress["moved"], done.progress["classes_ended"], done.progress["posts"]) == (
        "committed",
        3,
        2,
        2,
    )
    now, then = classes(TODAY, cast), classes(NEXT, cast)
    assert now["三年级（1）班"] == ["林小雨", "王一诺"], "until the day everything stays"
    assert then["四年级（1）班"] == ["林小雨", "王一诺"]
    assert then["四年级（2）班"] == ["张浩然"]
    assert then["一年级（1）班"] == []
    assert "三年级（1）班" not in then
    lin = Membership.objects.get(person=cast.persons["lin"], unit__name="四年级（1）班")
    assert (lin.begins, lin.number) == (NEXT, "20260101")
    teacher = Post.objects.filter(person=cast.persons["teacher"]).order_by("begins")
    assert [(p.unit.name, p.begins, p.ends) for p in teacher] == [
        ("三年级（1）班", date(2026, 8, 25), NEXT),
        ("四年级（1）班", NEXT, None),
    ]
    assert cast.actor("teacher").account_id, "the account goes on"
    assert commit(cast, row).state == "committed"
    with pytest.raises(Conflict):
        rehearsed(cast)
    assert RosterImport.objects.count() == 1


def test_two_rehearsals_and_one_of_them_is_done(cast):
    one, other = rehearsed(cast), rehearsed(cast)
    commit(cast, one)
    with pytest.raises(Conflict):
        commit(cast, other)
    with pytest.raises(Conflict):
        actions.request_commit(cast.actor("admin"), NOW, roster_import=other)


def test_graduation_and_one_who_stays(cast):
    row = rehearsed(cast, last_grade=3, first_classes=1)
    assert row.counts == {"graduate": 3, "rows": 0}
    wang = next(v for v in views(cast, row) if v.name == "王一诺")
    with pytest.raises(Invalid) as refused:
        actions.decide(cast.actor("admin"), NOW, roster_import=row, change_ids=[wang.id], decision="decline")
    assert refused.value.errors[0].code == "repeat", "there is no third grade next year"
    commit(cast, row)
    assert set(cast.persons["wang"].memberships.values_list("ends", flat=True)) == {NEXT}
    assert classes(NEXT, cast) == {"一年级（1）班": []}


def test_who_repeats_goes_to_the_class_below(cast):
    system = cast.actor("admin")
    content = students(child("2001", "邱小二", "二年级1班"), child("2002", "范小三", "二年级1班"))
    second = actions.upload_roster(system, NOW, institution=cast.school, name="a.xlsx", content=content)
    commit(cast, actions.preview(system, NOW, roster_import=second))
    row = rehearsed(cast)
    lin = next(v for v in views(cast, row) if v.name == "林小雨")
    assert actions.decide(system, NOW, roster_import=row, change_ids=[lin.id], decision="decline") == 1
    commit(cast, row)
    then = classes(NEXT, cast)
    assert then["三年级1班" if "三年级1班" in then else "三年级（1）班"] == ["林小雨", "范小三", "邱小二"]
    assert then["四年级（1）班"] == ["王一诺"]


def test_a_sheet_of_new_classes_goes_before_the_proposal(cast):
    sheet = students(
        child("20260101", "林小雨", "四(2)班"),
        child("20260201", "张浩然", "四年级3班"),
        child("20260102", "王一诺", "六年级1班"),
        child("999", "没有这个人", "四(1)班"),
    )
    row = rehearsed(cast, reshuffle=(4,), name="分班.xlsx", content=sheet)
    codes = {v.name: v.errors[0]["code"] for v in views(cast, row) if v.kind == "error"}
    assert codes == {"王一诺": "rollover.grade", "没有这个人": "person.unknown"}
    commit(cast, row, leave=2)
    then = classes(NEXT, cast)
    assert (then["四年级（2）班"], then["四年级（3）班"]) in (
        (["林小雨"], ["张浩然"]),
        (["林小雨", "王一诺"], ["张浩然"]),
    )


def test_a_proposed_split_and_teachers_who_stay(cast):
    row = rehearsed(cast, reshuffle=(4,), teachers=False)
    commit(cast, row)
    sizes = sorted(len(names) for name, names in classes(NEXT, cast).items() if name.startswith("四"))
    assert sizes == [1, 2]
    assert not Post.objects.filter(unit__name__startswith="四").exists()
    assert Post.objects.get(person=cast.persons["teacher"]).ends == NEXT


def test_a_year_that_begins_today(cast):
    row = rehearsed(cast, now=LATER, effective=date(2027, 9, 1))
    commit(cast, row, now=LATER)
    cast.persons["teacher"].refresh_from_db()
    assert cast.persons["teacher"].account.is_active, "no account closes between two posts"
    assert classes(NEXT, cast)["四年级（1）班"] == ["林小雨", "王一诺"]


def test_what_is_no_rollover(cast):
    for effective in (date(2027, 3, 1), date(2025, 9, 1), date(2029, 9, 1)):
        with pytest.raises(Invalid):
            rehearsed(cast, effective=effective)
    with pytest.raises(Invalid):
        actions.start_rollover(cast.actor("trainer"), NOW, institution=cast.training, effective=NEXT)
    with pytest.raises(NotFound):
        actions.start_rollover(cast.actor("stranger"), NOW, institution=cast.school, effective=NEXT)
    with pytest.raises(Invalid):
        rehearsed(cast, first_classes=41)
    row = rehearsed(cast)
    actions.cancel_import(cast.actor("admin"), NOW, roster_import=row)
    assert rehearsed(cast).state == "preview"


def test_pages_and_api_of_a_rollover(cast, signed_in):
    admin = signed_in("admin")
    page = admin.get("/import/rollover/").content.decode()
    assert "2027-09-01" in page, "the next school year is proposed"
    answer = admin.post("/import/rollover/", {"unit": cast.school.pk, "effective": "2027-09-01", "teachers": "on"})
    row = RosterImport.objects.get()
    assert answer["Location"] == f"/import/{row.pk}/"
    page = admin.get(f"/import/{row.pk}/").content.decode()
    for words in ("升级预演", "四年级（1）班", "林小雨", "确认从 2027-09-01 起升级"):
        assert words in page
    assert admin.post(f"/import/{row.pk}/commit/", {"leave": "0"}).status_code == 302
    twice = admin.post("/import/rollover/", {"unit": cast.school.pk, "effective": "2027-09-01"})
    assert twice.status_code == 409
    assert "已经做过" in twice.content.decode()
    principal = signed_in("principal")
    body = {"unit_id": cast.school.pk, "effective": "2027-08-30", "reshuffle": [4]}
    assert principal.post("/api/exchange/rollovers", body).status_code == 409
    assert principal.post("/api/exchange/rollovers", {**body, "effective": "2027-02-01"}).status_code == 422
