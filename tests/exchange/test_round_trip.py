"""What goes out comes in again unchanged: sheets of every kind against the database, and rules by hypothesis without."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.exchange import actions, queries
from lianfang.exchange.contacts import Contact, read_contacts
from lianfang.exchange.export import roster_sheet
from lianfang.exchange.headers import find_header
from lianfang.exchange.planning.reading import read_rows
from lianfang.exchange.rules import ancestors_that_loop, parse_time, similar_names
from lianfang.exchange.sheets import Sheet, read_sheets, write_xlsx
from lianfang.exchange.tables import sheet_kinds, value_words
from lianfang.foundation.actor import system_actor
from lianfang.people import actions as people
from lianfang.people.models import Guardianship, Lesson, Membership, Person, Place, Post
from tests.exchange.nasty.making import LESSON_HEAD, POST_HEAD, ROOM_HEAD
from tests.exchange.sheetmaking import child, students, workbook
from tests.people.cast import NOW, TODAY

KINDS = {kind.name: kind for kind in sheet_kinds()}


def imported(cast, content, leave=None):
    actor = cast.actor("admin")
    row = actions.upload_roster(actor, NOW, institution=cast.school, name="x.xlsx", content=content)
    row = actions.preview(actor, NOW, roster_import=row)
    bad = [v for v in queries.shown(queries.changeset(actor, row)) if v.errors]
    assert not bad, bad
    return actions.commit_import(actor, NOW, roster_import=row, leave=leave)


def everything():
    """The stored state that a roster speaks of, without ids."""
    return (
        sorted(Membership.objects.in_force(TODAY).values_list("person__name", "unit__name", "kind", "number", "order")),
        sorted(Guardianship.objects.filter(ends=None).values_list("guardian__name", "child__name", "relation")),
        sorted(Post.objects.filter(void_at=None).values_list("person__name", "role", "unit__name", "begins", "ends"), key=str),
        sorted(Place.objects.values_list("parent__name", "name", "kind", "area_m2", "capacity", "taps", "used_by__name"), key=str),
        sorted(Lesson.objects.values_list("unit__name", "weekday", "period", "begins", "ends", "subject",
                                          "teacher__name", "place__name"), key=str),
        Person.objects.count(),
    )  # fmt: skip


FAMILY = "妈妈张丽13800138001；爸爸13900139001；奶奶 13700137001"
ROOMS: list[list[Any]] = [
    ["", "东楼", "二层", "201", "教室", 62.5, 45, "三(1)班"],
    ["", "东楼", "二层", "202", "教室", "58㎡", "", ""],
    ["", "西楼", "二层", "201", "教室", "", 40, "三(2)班"],
    ["南校区", "", "", "大门", "校门", "", "", ""],
]
LESSONS: list[list[Any]] = [
    ["三年级(1)班", "周一", 1, "8:00", "8:40", "语文", "李静", "东楼 二层 201"],
    ["三年级(1)班", "周一", "第二节", 0.375, "9:40", "=体育", "", "大门"],
    ["三(2)班", "星期五", "六", "15点00分", "15:40", "数学", "何平", "西楼 二层 201"],
]
POSTS: list[list[Any]] = [
    ["李静", "任课教师", "三(1)班、三(2)班", "2026-09-01", ""],
    ["何平", "年级组长", "三年级", "", "2027-01-20"],
]


@pytest.fixture
def full(cast):
    content = workbook(
        (
            "学生",
            [["学号", "姓名", "班级", "联系电话", "出生日期"], ["N1", "=甲乙"[1:], "三(2)班", FAMILY, "2017.9.1"]],
        ),
        ("场所", [ROOM_HEAD, *ROOMS]),
        ("课表", [LESSON_HEAD, *LESSONS]),
        ("任职", [POST_HEAD, *POSTS]),
    )
    imported(cast, content)
    return cast


def test_every_kind_of_sheet_goes_in(full):
    assert set(Guardianship.objects.filter(child__name="甲乙").values_list("guardian__name", "relation")) == {
        ("张丽", "mother"), ("甲乙爸爸", "father"), ("甲乙祖辈", "grandparent"),
    }  # fmt: skip
    room = Place.objects.get(name="201", parent__parent__name="东楼")
    assert (room.kind, room.area_m2, room.capacity, room.used_by) == ("classroom", Decimal("62.5"), 45, full.klass)
    second = Lesson.objects.get(unit=full.klass, period=2)
    assert (second.begins, second.subject, second.place and second.place.name) == (time(9), "=体育", "大门")
    head = Post.objects.get(role="grade_head", person=full.persons["other_teacher"])
    assert (head.begins, head.ends) == (TODAY, date(2027, 1, 20))
    old = Post.objects.get(role="grade_head", person=full.persons["grade_head"])
    assert old.ends == TODAY, "a post that only one can hold is handed over"


def test_out_and_in_again_changes_nothing_of_any_sheet(full):
    before = everything()
    sheet = roster_sheet(full.actor("admin"), full.school)
    actor = full.actor("admin")
    row = actions.upload_roster(actor, NOW, institution=full.school, name="x.xlsx", content=sheet)
    row = actions.preview(actor, NOW, roster_import=row)
    changed = [v for v in queries.shown(queries.changeset(actor, row)) if v.kind != "same"]
    assert changed == []
    assert {v.subject for v in queries.shown(queries.changeset(actor, row))} == {"student", "post", "place", "lesson"}
    actions.commit_import(actor, NOW, roster_import=row)
    assert everything() == before
    cells = [cell for one in read_sheets("x.xlsx", sheet) for line in one.rows for cell in line]
    assert "=体育" in cells, "read back without the apostrophe that keeps it from being a formula"


def test_lessons_that_a_sheet_leaves_out_go_only_when_somebody_says_so(full):
    actor = full.actor("admin")
    content = workbook(("课表", [LESSON_HEAD, [*LESSONS[0][:5], "英语", "", ""]]))
    row = actions.upload_roster(actor, NOW, institution=full.school, name="x.xlsx", content=content)
    row = actions.preview(actor, NOW, roster_import=row)
    assert row.counts == {"leave": 1, "rows": 1, "update": 1}
    actions.commit_import(actor, NOW, roster_import=row)
    assert list(Lesson.objects.filter(unit=full.klass).values_list("period", "subject")) == [(1, "英语"), (2, "=体育")]
    row = actions.upload_roster(actor, NOW, institution=full.school, name="x.xlsx", content=content)
    row = actions.preview(actor, NOW, roster_import=row)
    actions.decide(actor, NOW, roster_import=row, kind="leave", decision="accept")
    actions.commit_import(actor, NOW, roster_import=row)
    assert Lesson.objects.filter(unit=full.klass).count() == 1
    assert Lesson.objects.filter(unit=full.other_class).count() == 1


def test_one_child_under_two_spellings(cast):
    line = child("", "林暁雨", "三年级(1)班", 出生日期="2017-03-15", 家长姓名="林妈妈", 联系电话="13800138055")
    imported(cast, students(child("20260101", "林小雨", "三年级(1)班", 家长姓名="林妈妈", 联系电话="13800138055")))
    actor = cast.actor("admin")
    for decision, made in (("accept", 0), ("decline", 1)):
        before = Person.objects.count()
        row = actions.upload_roster(actor, NOW, institution=cast.school, name="x.xlsx", content=students(line))
        row = actions.preview(actor, NOW, roster_import=row)
        merge = [v for v in queries.shown(queries.changeset(actor, row)) if v.kind == "merge"]
        assert [v.name for v in merge] == ["林暁雨"]
        actions.decide(actor, NOW, roster_import=row, change_ids=[merge[0].id], decision=decision)
        actions.commit_import(actor, NOW, roster_import=row)
        assert Person.objects.count() == before + made
        if decision == "accept":
            cast.persons["lin"].refresh_from_db()
            assert cast.persons["lin"].name == "林暁雨"
            people.update_person(system_actor("test", NOW), NOW, person=cast.persons["lin"], name="林小雨")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_sheet_that_we_write_is_read_as_it_was(name, data):
    kind = KINDS[name]
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(kind.columns, TEXT)), min_size=1, max_size=4))
    page = [[kind.header_of(field) for field in kind.columns], *([row[f] for f in kind.columns] for row in rows)]
    sheets = read_sheets("x.xlsx", write_xlsx([(kind.title, page)]))
    header = find_header(sheets[0].rows, sheet_kinds())
    assert header is not None
    assert (header.kind.name, set(header.columns), header.unused) == (name, set(kind.columns), {})
    once = [list(line) for line in sheets[0].rows]
    again = read_sheets("x.xlsx", write_xlsx([(kind.title, once)]))[0].rows
    assert [list(line) for line in again] == once


@given(st.lists(st.lists(TEXT, max_size=6), max_size=20), st.lists(st.tuples(*[st.integers(0, 30)] * 4), max_size=6))
def test_no_sheet_upsets_the_search_for_a_header(rows, merged):
    sheet = Sheet("x", tuple(map(tuple, rows)), tuple(merged))
    find_header(sheet.rows, sheet_kinds(), sheet.merged)
    titled = (("姓名", "班级"), *sheet.rows, ("甲", "一班"))
    found, _mapping = read_rows([Sheet("x", titled, tuple(merged))])
    assert found[-1].cells["name"] == "甲"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("妈妈13800000000 / 爸爸 139-0000-0000", [("13800000000", "", "mother"), ("13900000000", "", "father")]),
        ("李芳（母）13800000000，王强（父）13900000000", [("13800000000", "李芳", "mother"), ("13900000000", "王强", "father")]),
        ("13800000000(妈妈)13900000000(爸爸)", [("13800000000", "", "mother"), ("13900000000", "", "father")]),
        ("13800000000、13900000000", [("13800000000", "", ""), ("13900000000", "", "")]),
        ("母亲李芳：+86 13800000000", [("13800000000", "李芳", "mother")]),
        ("爷爷电话１３８００００００００", [("13800000000", "", "grandparent")]),
        ("13800000000\n13800000000", [("13800000000", "", "")]),
        ("王强 13900000000", [("13900000000", "王强", "")]),
    ],
)  # fmt: skip
def test_several_guardians_in_a_cell(text, expected):
    found = read_contacts(text, value_words().relation)
    assert [(c.phone, c.name, c.relation) for c in found.found] == expected
    assert not found.rest


@pytest.mark.parametrize("text", ["妈妈1380000000", "13800000000 爸爸139000", "0571-88881234", "123456"])
def test_digits_that_are_no_mobile_number_are_told(text):
    assert read_contacts(text, value_words().relation).rest


@given(TEXT)
def test_no_cell_upsets_the_reader_of_contacts(text):
    found = read_contacts(f"{text}13800000000", value_words().relation).found
    assert all(isinstance(contact, Contact) for contact in found)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefx")))
def test_trees_that_bite_their_tail(parents):
    looping = ancestors_that_loop(parents)
    for node in parents:
        above, steps = parents[node], 0
        while above in parents and above != node and steps < 10:
            above, steps = parents[above], steps + 1
        assert (node in looping) == (above == node)


@pytest.mark.parametrize(
    "text, expected", [("8:30", time(8, 30)), ("08:30:00", time(8, 30)), ("８点５分", time(8, 5)), ("0.354166667", time(8, 30)), ("", None)]
)  # fmt: skip
def test_times_of_day(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "one, other, alike",
    [("林小雨", "林晓雨", True), ("王芳", "王芬", True), ("林小雨", "欧阳克", False), ("lily", "lilly", True), ("", "王芳", False)],
)  # fmt: skip
def test_spellings_that_may_be_one_name(one, other, alike):
    assert similar_names(one, other) is alike is similar_names(other, one)
