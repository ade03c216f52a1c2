"""A report is signed once, by the named reporter, from what the units below answered; nothing is backdated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from lianfang.daily.models import RollCheck
from lianfang.duties.actions import delegate
from lianfang.duties.models import Duty
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry, JournalSeal, Unit
from lianfang.kernel.calendar import DayKind
from lianfang.people.actions import declare_day
from lianfang.reporting.actions import Statement, amend_report, excuse_lateness, sign_report
from lianfang.reporting.models import LatenessExcuse, Report
from tests.reporting.cast import DAY, KIND, Reporting, absent, at


def codes(refused: pytest.ExceptionInfo[Invalid]) -> set[tuple[str, str]]:
    return {(e.field, e.code) for e in refused.value.errors}


def test_a_quiet_morning_is_a_confirmed_zero(school: Reporting) -> None:
    school.all_well()
    grade = school.sign("grade_head", "grade", at("08:40"))
    report = school.sign()
    assert (grade.level, report.level) == ("division", "institution")
    assert report.verdict == "confirmed_zero"
    assert report.figures["registered"] == report.figures["present"] == 12
    assert report.basis["units"][0]["report"] == grade.pk
    assert report.basis["calendar"] == {"is_school_day": True, "basis": "term", "known_at": None}
    assert report.basis["rules"]["version"] == report.kind_version


def test_one_ill_child_makes_it_a_report_with_cases(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0), symptoms=("fever",))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    report = school.sign()
    assert report.verdict == "has_cases"
    assert (report.figures["absent_ill"], report.figures["fever"], report.figures["present"]) == (1, 1, 11)


def test_signing_is_sealed_journalled_and_does_the_duty(school: Reporting) -> None:
    school.all_well()
    report = school.sign()
    entry = JournalEntry.objects.get(action="reporting.report.signed")
    assert JournalSeal.objects.get(entry=entry).seq == report.journal_seq
    assert not JournalEntry.objects.filter(pk__lte=entry.pk, seal__isnull=True).exists()
    duty = Duty.objects.get(kind="institution-daily-report", unit_id=report.unit_id, period=DAY.isoformat())
    assert (duty.done_at, duty.due_at) == (at("09:05"), report.due_at)


def test_the_snapshot_holds_no_names(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    text = str((school.sign().figures, Report.objects.get().basis))
    people = [p.name for group in school.d.pupils.values() for p in group] + [p.name for p in school.d.persons.values()]
    assert not [name for name in people if name in text]


def test_a_missing_class_has_to_be_named(school: Reporting) -> None:
    school.check(now=at("07:50"), all_well=True)
    silent = school.unit("class2")
    with pytest.raises(Invalid) as refused:
        school.sign(accepted_unanswered=(school.unit("grade"),))
    assert codes(refused) == {("accepted_unanswered", "unanswered_not_listed")}
    report = school.sign(accepted_unanswered=(school.unit("grade"), silent))
    assert (report.verdict, report.figures["unanswered"], report.figures["present"]) == ("confirmed_zero", 6, 6)
    assert report.basis["unanswered"] == [silent]


def test_zero_is_a_statement_and_never_against_the_figures(school: Reporting) -> None:
    school.all_well()
    with pytest.raises(Invalid) as refused:
        school.sign(states_zero=False)
    assert codes(refused) == {("states_zero", "zero_not_stated")}
    school.correct("teacher", "class1", last_check(school), at("08:30"), marks=[absent(school.pupil(2))])
    with pytest.raises(Invalid) as refused:
        school.sign(states_zero=True)
    assert codes(refused) == {("states_zero", "zero_against_figures")}
    assert not Report.objects.exists()


def last_check(school: Reporting, unit: str = "class1") -> int:
    from lianfang.daily.models import RollCheck

    return int(RollCheck.objects.get(unit_id=school.unit(unit), superseded_at=None).pk)


def test_the_same_client_id_signs_once(school: Reporting) -> None:
    school.all_well()
    now = at("09:05")
    said = school.statement("reporter", "school", now)
    keys: dict[str, Any] = {"kind_id": KIND, "unit_id": school.unit("school"), "day": DAY}
    first = sign_report(school.actor("reporter", now), now, **keys, statement=said)
    again = sign_report(school.actor("reporter", at("09:20")), at("09:20"), **keys, statement=said)
    assert first.pk == again.pk
    with pytest.raises(Conflict):
        sign_report(school.actor("reporter", now), now, **keys, statement=replace(said, reason="另一内容"))
    assert Report.objects.count() == 1
    assert JournalEntry.objects.filter(action="reporting.report.signed").count() == 1


def test_of_two_reporters_one_wins_and_the_other_is_told(school: Reporting) -> None:
    school.all_well()
    delegate(
        school.actor("principal", at("07:00")),
        at("07:00"),
        unit_id=school.unit("school"),
        role="epidemic_reporter",
        from_account_id=school.d.accounts["reporter"].pk,
        to_account_id=school.d.accounts["nurse"].pk,
        begins=DAY,
        ends=DAY + timedelta(days=1),
        reason="外出培训",
    )
    both = [school.statement(part, "school", at("09:00")) for part in ("nurse", "reporter")]
    keys: dict[str, Any] = {"kind_id": KIND, "unit_id": school.unit("school"), "day": DAY}
    signed = sign_report(school.actor("nurse", at("09:05")), at("09:05"), **keys, statement=both[0])
    assert signed.stand_in
    with pytest.raises(Conflict) as refused:
        sign_report(school.actor("reporter", at("09:06")), at("09:06"), **keys, statement=both[1])
    assert "吴芳" in refused.value.message
    assert "09:05" in refused.value.message
    kept = RollCheck.objects.get(unit_id=school.unit("class2")).pk
    school.correct("teacher2", "class2", kept, at("09:30"), marks=[absent(school.pupil(0, "class2"))])
    assert not school.amend(signed, "reporter", at("10:20")).stand_in
    tomorrow = DAY + timedelta(days=1)
    with pytest.raises((Forbidden, NotFound)):
        school.sign("nurse", now=at("09:05", tomorrow), day=tomorrow)


def test_the_database_keeps_one_report_in_force(school: Reporting) -> None:
    school.all_well()
    report = school.sign()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy = Report.objects.get(pk=report.pk)
        copy.pk = None
        copy.save()


WHO = [
    ("teacher", "class1", Forbidden),
    ("grade_head", "school", NotFound),
    ("principal", "school", Forbidden),
    ("officer", "school", Forbidden),
    ("cdc", "school", Forbidden),
    ("training_reporter", "school", NotFound),
    ("foreign_officer", "bureau", NotFound),
    ("mother", "school", Forbidden),
    ("admin", "school", Forbidden),
    ("reporter", "grade", Forbidden),
    ("reporter", "class1", Invalid),
]


def test_who_may_sign_what(school: Reporting) -> None:
    school.all_well()
    said = Statement(uuid4(), "", True)
    for part, unit, answer in WHO:
        with pytest.raises(answer):
            sign_report(
                school.actor(part, at("09:05")),
                at("09:05"),
                kind_id=KIND,
                unit_id=school.unit(unit),
                day=DAY,
                statement=replace(said, client_id=uuid4()),
            )
    assert not Report.objects.exists()


def test_nothing_is_signed_before_its_day_or_hour(school: Reporting) -> None:
    for now, day in ((at("06:29"), DAY), (at("09:00"), DAY + timedelta(days=1))):
        with pytest.raises(Invalid) as refused:
            school.sign(now=now, day=day)
        assert codes(refused) == {("day", "not_open")}


def test_a_past_day_can_be_signed_only_as_late(school: Reporting) -> None:
    yesterday = DAY - timedelta(days=1)
    school.all_well()
    report = school.sign(now=at("09:05"), day=yesterday, reason="昨天停电")
    assert (report.day, report.signed_at, report.first_signed_at) == (yesterday, at("09:05"), at("09:05"))
    assert report.due_at == at("09:10", yesterday)
    board = school.board("reporter", day=yesterday)
    assert board.line.lateness.late
    assert report.late_reason == "昨天停电"


def test_the_stated_time_never_decides_lateness(school: Reporting) -> None:
    school.all_well()
    report = school.sign(now=at("09:40"), true_at=at("09:00"), client_now=at("09:40"))
    assert (report.true_at, report.signed_at) == (at("09:00"), at("09:40"))
    assert school.board("reporter", now=at("10:00")).line.lateness.by == timedelta(minutes=30)
    with pytest.raises(Invalid) as refused:
        school.sign(
            "training_reporter",
            "training",
            at("09:05"),
            true_at=at("11:05"),
            accepted_unanswered=(school.unit("lesson"),),
        )
    assert codes(refused) == {("true_at", "time.future")}


def test_a_holiday_is_not_signed(school: Reporting) -> None:
    declare_day(
        school.actor("principal", at("06:00")), at("06:00"), unit=school.d.units["school"], day=DAY,
        kind=DayKind.HOLIDAY, reason="运动会",
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        school.sign()
    assert codes(refused) == {("day", "excused")}


def test_figures_that_changed_after_the_look_are_refused(school: Reporting) -> None:
    school.check(now=at("07:50"), all_well=True)
    said = school.statement("reporter", "school", at("08:50"))
    school.check("teacher2", unit="class2", now=at("08:55"), all_well=True)
    with pytest.raises(Conflict):
        sign_report(
            school.actor("reporter", at("09:00")), at("09:00"),
            kind_id=KIND, unit_id=school.unit("school"), day=DAY, statement=said,
        )  # fmt: skip
    assert not Report.objects.exists()


def test_an_amendment_stands_beside_the_original_which_never_changes(school: Reporting) -> None:
    checked = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    original = school.sign()
    kept = Report.objects.values().get(pk=original.pk)
    school.correct("teacher", "class1", checked.id, at("10:05"), marks=[absent(school.pupil(0))])
    assert Report.objects.values().get(pk=original.pk) == kept
    amended = school.amend(original, reason="三（1）班补登病假")
    after = Report.objects.values().get(pk=original.pk)
    assert {name for name in kept if kept[name] != after[name]} == {"superseded_at"}
    assert after["superseded_at"] == at("10:20")
    assert (amended.amends_id, amended.verdict, amended.reason) == (original.pk, "has_cases", "三（1）班补登病假")
    assert (amended.first_signed_at, amended.signed_at) == (at("09:05"), at("10:20"))
    assert amended.journal_seq is not None
    assert original.journal_seq is not None
    assert amended.journal_seq > original.journal_seq
    assert not school.board("reporter", now=at("10:30")).line.lateness.late
    entry = JournalEntry.objects.get(action="reporting.report.amended")
    assert entry.payload.body["amends"] == original.pk


def test_an_amendment_is_taken_although_our_clock_was_put_back(school: Reporting) -> None:
    """Signed while the server's clock was an hour ahead (found by the fault bench: phones repeated it in vain)."""
    checked = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    original = school.sign(now=at("10:05"))
    school.correct("teacher", "class1", checked.id, at("09:20"), marks=[absent(school.pupil(0))])
    amended = school.amend(original, now=at("09:30"))
    original.refresh_from_db()
    assert original.superseded_at == original.signed_at == at("10:05")
    for clock in ("09:35", "10:10"):
        assert school.board("reporter", now=at("11:00"), known_at=at(clock)).report == amended


def test_an_amendment_needs_a_reason_and_a_difference(school: Reporting) -> None:
    school.all_well()
    original = school.sign()
    with pytest.raises(Invalid) as refused:
        school.amend(original, reason=" ")
    assert codes(refused) == {("reason", "required")}
    with pytest.raises(Invalid) as refused:
        school.amend(original)
    assert codes(refused) == {("seen", "unchanged")}


def test_an_amended_report_is_not_amended_again(school: Reporting) -> None:
    school.all_well()
    original = school.sign()
    school.correct("teacher", "class1", last_check(school), at("10:05"), marks=[absent(school.pupil(0))])
    amended = school.amend(original)
    school.correct("teacher", "class1", last_check(school), at("10:30"), all_well=True)
    with pytest.raises(Conflict):
        school.amend(original, now=at("10:40"))
    second = school.amend(amended, now=at("10:40"))
    assert second.verdict == "confirmed_zero"
    with pytest.raises(NotFound):
        amend_report(
            school.actor("training_reporter", at("10:50")), at("10:50"), report_id=second.pk,
            statement=Statement(uuid4(), "x", True, (), "不是我的"),
        )  # fmt: skip


def test_a_small_school_gathers_from_its_class_directly(school: Reporting) -> None:
    small: Unit = school.small_school()
    board = school.board("officer", "bureau")
    assert small.pk in [row.unit.pk for row in board.rows]
    from lianfang.foundation.actor import system_actor
    from lianfang.reporting import queries

    shown = queries.board(system_actor("test", at("09:00")), KIND, small.pk, DAY, at("09:00"))
    assert [row.unit.name for row in shown.rows] == ["一年级"]
    assert shown.rows[0].state == "excused"  # nobody is on its roll yet


def test_lateness_is_excused_by_somebody_else_and_stays(school: Reporting) -> None:
    school.check(now=at("08:50"), all_well=True)  # the class is due 08:30
    school.check("teacher2", unit="class2", now=at("08:10"), all_well=True)
    keys: dict[str, Any] = {"kind_id": KIND, "day": DAY}
    reporter = school.actor("reporter", at("09:00"))
    excuse_lateness(reporter, at("09:00"), unit_id=school.unit("class1"), reason="离线检查，联网后才送到", **keys)
    line = school.board("reporter", "class1").line
    assert (line.lateness.late, line.lateness.excuse) == (True, "离线检查，联网后才送到")
    with pytest.raises(Conflict):
        excuse_lateness(reporter, at("09:01"), unit_id=school.unit("class1"), reason="再来一次", **keys)
    with pytest.raises(Invalid):
        excuse_lateness(reporter, at("09:01"), unit_id=school.unit("class2"), reason="没有迟", **keys)
    school.sign(now=at("09:30"))
    with pytest.raises(Forbidden):
        excuse_lateness(
            school.actor("reporter", at("09:40")), at("09:40"), unit_id=school.unit("school"), reason="自己认可", **keys
        )
    officer = school.actor("officer", at("09:40"))
    excuse_lateness(officer, at("09:40"), unit_id=school.unit("school"), reason="全镇停电", **keys)
    with pytest.raises(NotFound):
        excuse_lateness(officer, at("09:40"), unit_id=school.unit("foreign_school"), reason="别人的", **keys)
    assert LatenessExcuse.objects.count() == 2
    assert JournalEntry.objects.filter(action="reporting.lateness.excused").count() == 2


def test_the_county_counts_signed_reports_only(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    before = school.board("officer", "bureau")
    assert before.figures is not None
    assert (before.figures["absent_ill"], before.figures["unanswered"]) == (0, 13)
    school.sign()
    county = school.sign("officer", "bureau", at("09:25"))
    assert county.level == "county"
    assert (county.verdict, county.figures["absent_ill"], county.figures["unanswered"]) == ("has_cases", 1, 1)
    assert county.basis["unanswered"] == [school.unit("training")]


def test_days_of_one_unit_are_apart(school: Reporting) -> None:
    monday = date(2026, 9, 14)
    school.check(now=at("07:50", monday), all_well=True)
    school.sign(now=at("09:00", monday), day=monday)
    assert school.board("reporter").report is None
    assert connection.vendor in ("sqlite", "postgresql")


def test_a_unit_signs_nothing_for_a_day_on_which_it_was_not_there(school: Reporting) -> None:
    Unit.objects.filter(pk=school.unit("grade")).update(begins=DAY + timedelta(days=1))
    with pytest.raises(NotFound):
        sign_report(
            school.actor("grade_head", at("08:40")),
            at("08:40"),
            kind_id=KIND,
            unit_id=school.unit("grade"),
            day=DAY,
            statement=Statement(uuid4(), "", True, ()),
        )
