"""From an uploaded sheet to the roster: preview, decisions, commit, and again."""

from __future__ import annotations

from datetime import date

import pytest

from lianfang.exchange import actions, jobs, queries
from lianfang.exchange.export import roster_sheet
from lianfang.exchange.models import RosterImport
from lianfang.exchange.sheets import read_sheets
from lianfang.exchange.words import failure_words
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry, Unit
from lianfang.people import actions as people
from lianfang.people.models import Guardianship, Membership, Person, Post
from lianfang.people.reading import members_of
from tests.exchange.sheetmaking import STAFF, STUDENTS, child, students, workbook
from tests.people.cast import NOW, TODAY, id_number

LIN = child("20260101", "林小雨", "三年级（1）班", id_number(sequence=121))
WANG = child("20260102", "王一诺", "三(1)班")
ZHANG = child("20260201", "张浩然", "3.2班")


def uploaded(cast, content, name="名册.xlsx", who="admin", school=None):
    actor = cast.actor(who)
    row = actions.upload_roster(actor, NOW, institution=school or cast.school, name=name, content=content)
    return actions.preview(actor, NOW, roster_import=row)


def kinds(cast, row, who="admin"):
    return [(view.row, view.kind, view.name) for view in views(cast, row, who)]


def views(cast, row, who="admin"):
    return queries.shown(queries.changeset(cast.actor(who), row))


def commit(cast, row, who="admin", **more):
    return actions.commit_import(cast.actor(who), NOW, roster_import=row, **more)


def roster():
    return sorted(
        Membership.objects.in_force(TODAY).values_list("person__name", "unit__name", "kind", "number", "order")
    )


BAD = [
    (child("B01", ""), "姓名", "name.required"),
    (child("B02", "张3"), "姓名", "name.characters"),
    (
        child("B03", document=id_number()[:-1] + ("0" if id_number()[-1] != "0" else "1")),
        "身份证号",
        "id_number.id.check_digit",
    ),
    (child("B04", document=3.30106201703151e17), "身份证号", "id_number.id.scientific"),
    (child("B05", document="330106201702301234"), "身份证号", "id_number.id.birth_date"),
    (child("B06", document="99010620170315"), "身份证号", "id_number.id.length"),
    (child("B07", 出生日期="2017-02-30"), "出生日期", "birth_date.format"),
    (child("B08", 出生日期="去年"), "出生日期", "birth_date.format"),
    (child("B09", 出生日期="2027-01-01"), "出生日期", "birth_date.future"),
    (child("B10", document=id_number(sequence=301), 出生日期="2017-03-16"), "出生日期", "birth_date.differs_from_id"),
    (child("B11", 性别="中"), "性别", "sex.unknown"),
    (child("B12", document=id_number(sequence=303), 性别="女"), "性别", "sex.differs_from_id"),
    (child("B13", klass=""), "班级", "class.required"),
    (child("B14", klass="火箭班"), "班级", "class.unknown"),
    (child("GOOD", "甲同学"), "学号", "row.double.number"),
    (child("B16", document=id_number(sequence=201)), "身份证号", "row.double.id_number"),
    (child("B17", "冒名者", document=id_number(sequence=121)), "姓名", "id_number.other_name"),
    (child("20260102", "不是王一诺"), "学号", "number.other_person"),
    (child("B19", 家长姓名="黄父", 联系电话="12345"), "联系电话", "guardian.phone.phone.format"),
    (child("B20", 家长姓名="黄=1", 联系电话="13800138001"), "家长姓名", "guardian.name.characters"),
]


def test_twenty_bad_rows_are_each_named_and_the_good_ones_go_in_on_confirmation(cast):
    good = [child("GOOD", "好同学"), child("GOOD2", "又一个", document=id_number(sequence=201))]
    row = uploaded(cast, students(*good, *(line for line, _column, _code in BAD)))
    assert row.counts == {"create": 2, "error": 20, "rows": 22}, "faulty rows protect who is meant"
    found = {view.row: view for view in views(cast, row)}
    for n, (_line, column, code) in enumerate(BAD, start=4):
        view = found[n]
        assert view.kind == "error"
        assert (column, code) in {(e["column"], e["code"]) for e in view.errors}, (n, view.errors)
        assert all(e["message"] for e in view.errors)
    assert [view.kind for view in views(cast, row)][:20] == ["error"] * 20, "errors come first"
    before = roster()
    with pytest.raises(Invalid) as unconfirmed:
        commit(cast, row)
    assert unconfirmed.value.errors[0].field == "leave"
    with pytest.raises(Conflict):
        commit(cast, row, leave=19)
    assert roster() == before
    done = commit(cast, row, leave=20)
    assert done.progress["created"] == 2
    assert {name for name, *_rest in roster()} - {name for name, *_rest in before} == {"好同学", "又一个"}


def test_bad_rows_come_back_as_a_sheet_with_the_reason(cast):
    row = uploaded(cast, students(child("B1", "=HYPERLINK(1)"), child("GOOD", "好同学")))
    sheet = read_sheets("x.xlsx", queries.bad_rows_sheet(cast.actor("admin"), row))[0]
    assert sheet.rows[0][-1] == "错误"
    assert sheet.rows[1][:2] == ("B1", "=HYPERLINK(1)")
    assert "姓名：" in sheet.rows[1][-1]
    commit(cast, row, leave=1)
    assert len(read_sheets("x.xlsx", queries.bad_rows_sheet(cast.actor("admin"), row))[0].rows) == 2


def test_importing_again_changes_nothing(cast):
    content = students(
        LIN,
        WANG,
        child("20260103", "黄蕾", 家长姓名="黄父", 关系="父亲", 联系电话="13700137000", 出生日期="2017年3月5日"),
        child("20260301", "周末", "四年级三班"),
    )
    first = uploaded(cast, content)
    assert first.counts == {"create": 2, "rows": 4, "same": 2}
    commit(cast, first)
    before, people_before, links = roster(), Person.objects.count(), Guardianship.objects.count()
    second = uploaded(cast, content)
    assert second.counts == {"rows": 4, "same": 4}
    commit(cast, second)
    assert (roster(), Person.objects.count(), Guardianship.objects.count()) == (before, people_before, links)


def test_new_classes_and_grades_are_shown_and_made_once(cast):
    row = uploaded(cast, students(child("1", "甲"), child("2", "乙", "四年级（1）班"), child("3", "丙", "2023级1班")))
    assert [(unit["level"], unit["name"]) for unit in row.new_units] == [
        ("division", "四年级"),
        ("class", "四年级（1）班"),
    ]
    assert not Unit.objects.filter(name="四年级").exists()
    commit(cast, row)
    fourth = Unit.objects.get(name="四年级（1）班")
    assert fourth.parent == Unit.objects.get(name="四年级")
    assert {m.name for m in members_of([fourth.pk], TODAY)[fourth.pk]} == {"乙", "丙"}


def test_moves_wait_for_a_persons_word(cast):
    line = child("20260102", "王一诺", "三年级2班")
    row = uploaded(cast, students(LIN, line, ZHANG))
    assert row.counts["move"] == 1
    commit(cast, row)
    assert ("王一诺", "三年级（1）班", "student", "20260102", 2) in roster()
    row = uploaded(cast, students(LIN, line, ZHANG))
    assert actions.decide(cast.actor("admin"), NOW, roster_import=row, kind="move", decision="accept") == 1
    commit(cast, row)
    assert [unit for name, unit, *_rest in roster() if name == "王一诺"] == ["三年级（2）班"]
    assert Membership.objects.get(pk=cast.memberships["wang"].pk).ends == TODAY


def test_leavers_wait_for_a_persons_word_and_faulty_rows_protect(cast):
    row = uploaded(cast, students(LIN))
    leaver = next(view for view in views(cast, row) if view.kind == "leave")
    assert leaver.name == "王一诺"
    commit(cast, row)
    assert any(name == "王一诺" for name, *_rest in roster())
    row = uploaded(cast, students(LIN))
    actions.decide(cast.actor("admin"), NOW, roster_import=row, change_ids=[leaver_id(cast, row)], decision="accept")
    commit(cast, row)
    assert not any(name == "王一诺" for name, *_rest in roster())
    people.add_membership(
        cast.actor("admin"), NOW, person=cast.persons["wang"], unit=cast.klass, kind="student", begins=TODAY
    )
    row = uploaded(cast, students(LIN, child("", "王一诺", "三年级(1)班", 性别="?")))
    assert "leave" not in row.counts, "a faulty row may mean this child"


def leaver_id(cast, row):
    return next(view.id for view in views(cast, row) if view.kind == "leave")


def test_a_row_may_say_itself_that_the_child_left(cast):
    header = [*STUDENTS, "学籍状态"]
    row = uploaded(cast, students([*LIN, "在校"], [*WANG, "转出"], header=header))
    assert [v.name for v in views(cast, row) if v.kind == "leave"] == ["王一诺"]


def test_the_child_of_another_school_is_one_person_with_two_memberships(cast):
    content = students(child("Q1", "林小雨", "书法初级班", id_number(sequence=121)), child("Q2", "新同学", "绘画班"))
    row = uploaded(cast, content, who="trainer", school=cast.training)
    assert kinds(cast, row, "trainer") == [(2, "second", "林小雨"), (3, "create", "新同学")]
    commit(cast, row, "trainer")
    assert Person.objects.filter(name="林小雨").count() == 1
    assert {m.unit.name for m in cast.persons["lin"].memberships.filter(ends=None)} == {"三年级（1）班", "书法初级班"}
    again = uploaded(cast, content, who="trainer", school=cast.training)
    assert again.counts == {"rows": 2, "same": 2}


def test_courses_stand_side_by_side_at_a_training_institution(cast):
    content = students(child("Q1", "孙一", "书法初级班"), child("Q1", "孙一", "绘画班"))
    row = uploaded(cast, content, who="trainer", school=cast.training)
    assert "error" not in row.counts
    commit(cast, row, "trainer")
    assert {m.unit.name for m in Person.objects.get(name="孙一").memberships.all()} == {"书法初级班", "绘画班"}
    assert uploaded(cast, content, who="trainer", school=cast.training).counts == {"rows": 2, "same": 2}


def test_staff_with_their_posts(cast):
    rows = [
        STAFF,
        ["T1", "新班主任", "班主任、语文教师", "语文组", "三年级(1)班", "三(1)班、三(2)班", "13711137111"],
        ["T2", "新校医", "校医", "后勤处", "", "", ""],
        ["T3", "没有班", "班主任", "", "", "", ""],
        ["T4", "两个班主任", "班主任", "", "三年级(1)班", "", ""],
    ]
    row = uploaded(cast, workbook(("教职工", rows)))
    assert row.counts == {"create": 2, "error": 2, "rows": 4}
    commit(cast, row, leave=2)
    held = set(Post.objects.filter(person__name="新班主任").values_list("role", "unit__name"))
    assert held == {
        ("homeroom_teacher", "三年级（1）班"),
        ("subject_teacher", "三年级（1）班"),
        ("subject_teacher", "三年级（2）班"),
    }
    assert Post.objects.get(person=cast.persons["teacher"]).ends == TODAY
    again = uploaded(cast, workbook(("教职工", rows[:3])))
    assert again.counts == {"rows": 2, "same": 2}


def test_a_roster_that_changed_since_the_preview_is_looked_at_again(cast):
    row = uploaded(cast, students(LIN, WANG, child("N1", "新同学")))
    system = system_actor("test", NOW)
    people.move_member(system, NOW, membership=cast.memberships["wang"], to_unit=cast.other_class, on=TODAY)
    before = roster()
    with pytest.raises(Conflict):
        commit(cast, row)
    assert roster() == before
    row = actions.preview(cast.actor("admin"), NOW, roster_import=row)
    assert row.counts["move"] == 1
    assert commit(cast, row).state == "committed"


def test_committing_twice_works_once(cast):
    row = uploaded(cast, students(LIN, child("N1", "新同学")))
    commit(cast, row)
    entries = JournalEntry.objects.count()
    commit(cast, row)
    assert JournalEntry.objects.count() == entries
    with pytest.raises(Conflict):
        actions.preview(cast.actor("admin"), NOW, roster_import=row)
    with pytest.raises(Conflict):
        actions.cancel_import(cast.actor("admin"), NOW, roster_import=row)


def test_what_went_in_is_not_kept_twice(cast):
    row = uploaded(cast, students(LIN, child("N1", "新同学"), child("N2", "")))
    commit(cast, row, leave=1)
    assert set(row.changes.exclude(kind="error").values_list("raw", "proposed")) == {(None, None)}
    assert row.changes.get(kind="error").raw is not None


def test_declined_rows_stay_out(cast):
    row = uploaded(cast, students(LIN, WANG, child("N1", "要的"), child("N2", "不要的")))
    unwanted = next(view.id for view in views(cast, row) if view.name == "不要的")
    actions.decide(cast.actor("admin"), NOW, roster_import=row, change_ids=[unwanted], decision="decline")
    commit(cast, row)
    assert Person.objects.filter(name="要的").exists()
    assert not Person.objects.filter(name="不要的").exists()


def test_cancelling_erases_rows_and_file(cast, django_capture_on_commit_callbacks):
    row = uploaded(cast, students(LIN))
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel_import(cast.actor("admin"), NOW, roster_import=row)
    row.refresh_from_db()
    row.file.refresh_from_db()
    assert (row.state, row.changes.count(), row.file.erased_at) == ("cancelled", 0, NOW)


def test_the_worker_commits_in_the_name_of_who_asked_and_tells_refusals(cast):
    actor = cast.actor("admin")
    row = uploaded(cast, students(LIN, WANG, child("N1", "新同学")))
    actions.request_commit(actor, NOW, roster_import=row)
    system = system_actor("worker", NOW)
    assert jobs.run_imports(system, NOW) == 1
    row.refresh_from_db()
    assert (row.state, row.committed_by_id) == ("committed", actor.account_id)
    assert jobs.run_imports(system, NOW) == 0
    row = uploaded(cast, students(LIN, WANG, child("N2", "又一个")))
    actions.request_commit(actor, NOW, roster_import=row)
    people.update_person(system, NOW, person=cast.persons["lin"], phone="13800138009")
    jobs.run_imports(system, NOW)
    row.refresh_from_db()
    assert row.state == "preview"
    assert row.failure == "stale"
    assert "重新预览" in failure_words(row.failure)


def test_foreign_imports_answer_like_missing_ones(cast):
    row = uploaded(cast, students(LIN))
    stranger, teacher = cast.actor("stranger"), cast.actor("teacher")
    for call in (
        lambda: actions.preview(stranger, NOW, roster_import=row),
        lambda: actions.decide(stranger, NOW, roster_import=row, kind="move", decision="accept"),
        lambda: actions.commit_import(stranger, NOW, roster_import=row),
        lambda: actions.cancel_import(stranger, NOW, roster_import=row),
        lambda: queries.changeset(stranger, row),
        lambda: actions.upload_roster(stranger, NOW, institution=cast.school, name="a.xlsx", content=b"x"),
        lambda: roster_sheet(stranger, cast.school),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(Forbidden):
        queries.changeset(teacher, row)
    with pytest.raises(Forbidden):
        roster_sheet(teacher, cast.school)


def test_a_row_of_another_import_is_not_decided_here(cast):
    first = uploaded(cast, students(LIN, child("N1", "要的")))
    other = uploaded(cast, students(LIN, child("N2", "不要的")), name="另一份.xlsx")
    theirs = next(view.id for view in views(cast, other) if view.name == "不要的")
    with pytest.raises(NotFound):
        actions.decide(cast.actor("admin"), NOW, roster_import=first, change_ids=[theirs], decision="decline")
    assert not other.changes.exclude(decision="").exists()


def test_what_is_stored_of_a_row_is_encrypted(cast):
    from django.db import connection

    row = uploaded(cast, students(child("N1", "欧阳保密", document=id_number(sequence=777))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw, proposed, errors FROM exchange_rosterchange WHERE roster_import_id = %s", [row.pk])
        kept = b"".join(bytes(v) if not isinstance(v, str) else v.encode() for line in cursor.fetchall() for v in line)
    for secret in ("欧阳保密", id_number(sequence=777)):
        assert secret.encode() not in kept
        assert secret.encode("unicode_escape") not in kept


def test_out_and_in_again_changes_nothing(cast):
    people.add_membership(
        system_actor("test", NOW),
        NOW,
        person=cast.persons["wang"],
        unit=cast.dormitory,
        kind="resident",
        begins=date(2026, 9, 1),
    )
    row = uploaded(cast, roster_sheet(cast.actor("admin"), cast.school))
    assert set(row.counts) <= {"rows", "same"}, [v for v in views(cast, row) if v.kind != "same"]
    assert RosterImport.objects.count() == 1


def test_more_rows_than_one_statement_takes(cast):
    rows = []
    for n in range(1100):
        name = "赵钱孙李周吴郑王冯陈"[n % 10] + "".join("一二三四五六七八九十"[int(d)] for d in f"{n // 10:03d}")
        line = {"家长姓名": name[0] + "父", "关系": "父亲", "联系电话": f"138{n:08d}"}
        document = id_number(f"2017{n // 1000 + 1:02d}{n % 28 + 1:02d}", n % 1000)
        rows.append(child(f"N{n:05d}", name, f"{n // 900 + 1}年级{n // 45 % 20 + 1}班", document, **line))
    actor = cast.actor("admin")
    content = students(*rows)
    row = actions.upload_roster(actor, NOW, institution=cast.school, name="全校.xlsx", content=content)
    row = actions.preview(actor, NOW, roster_import=row)
    actions.decide(actor, NOW, roster_import=row, kind="doubt", decision="accept")
    assert row.counts["create"] + row.counts["doubt"] == 1100
    assert len(row.new_units) > 20
    told = []
    done = commit(cast, row, progress=lambda done, total: told.append(done))
    assert (done.progress["created"], told[-1]) == (1100, 1100)
