"""What was known at any past instant: checks, signatures, roster, calendar and rules as they were known then (H4)."""

from __future__ import annotations

from datetime import timedelta

from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import system_actor
from lianfang.foundation.models import Unit
from lianfang.kernel.calendar import DayKind
from lianfang.people.actions import declare_day, end_membership
from lianfang.people.models import Membership
from tests.reporting.cast import DAY, Reporting, absent, at


def test_the_morning_at_each_instant(school: Reporting) -> None:
    first = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("08:20"), all_well=True)
    original = school.sign(now=at("09:05"))
    school.correct("teacher", "class1", first.id, at("10:05"), marks=[absent(school.pupil(0))])
    amended = school.amend(original, now=at("10:20"))
    now = at("15:00")

    def known(clock: str) -> tuple[object, ...]:
        board = school.board("principal", now=now, known_at=at(clock))
        live = board.picture.gathered.figures
        report = board.report.pk if board.report is not None else None
        return board.line.state.value, report, live["unanswered"], live["absent_ill"]

    assert known("06:00") == ("open", None, 12, 0)
    assert known("07:49") == ("open", None, 12, 0)
    assert known("07:50") == ("open", None, 6, 0)
    assert known("08:30") == ("open", None, 0, 0)
    assert known("09:05") == ("confirmed_zero", original.pk, 0, 0)
    assert known("10:04") == ("confirmed_zero", original.pk, 0, 0)
    assert known("10:10") == ("confirmed_zero", original.pk, 0, 1)
    assert known("10:20") == ("has_cases", amended.pk, 0, 1)
    assert known("14:59") == ("has_cases", amended.pk, 0, 1)
    early = school.board("principal", now=now, known_at=at("10:04"))
    assert early.figures is not None
    assert (early.figures["absent_ill"], early.line.changes) == (0, {})
    between = school.board("principal", now=now, known_at=at("10:10"))
    assert between.line.changes["absent_ill"] == (0, 1)


def test_missing_is_what_it_was_before_the_late_report_came(school: Reporting) -> None:
    school.all_well()
    school.sign(now=at("09:40"))
    states = [
        school.board("principal", now=at("12:00"), known_at=at(clock)).line.state.value
        for clock in ("09:10", "09:11", "09:39", "09:40")
    ]
    assert states == ["open", "missing", "missing", "confirmed_zero"]


def test_a_check_signed_over_by_the_grade_and_corrected_later_is_flagged(school: Reporting) -> None:
    first = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:55"), all_well=True)
    school.sign("grade_head", "grade", at("08:30"))
    school.correct("teacher", "class1", first.id, at("08:50"), marks=[absent(school.pupil(0))])
    (row,) = school.board("reporter", now=at("08:55")).rows
    assert row.changes["absent_ill"] == (0, 1)
    assert row.counts is not None
    assert row.counts["absent_ill"] == 1
    assert school.sign(now=at("09:00")).verdict == "has_cases"


def test_the_roster_is_the_one_known_then(school: Reporting) -> None:
    membership = Membership.objects.get(person_id=school.pupil(5), unit_id=school.unit("class1"))
    end_membership(school.actor("principal", at("10:00")), at("10:00"), membership=membership, ends=DAY)
    board = school.board("principal", now=at("12:00"))
    before = school.board("principal", now=at("12:00"), known_at=at("09:59"))
    assert (board.line.members, before.line.members) == (11, 12)


def test_a_holiday_declared_at_noon_was_not_known_in_the_morning(school: Reporting) -> None:
    declare_day(
        school.actor("principal", at("11:00")), at("11:00"), unit=school.d.units["school"], day=DAY,
        kind=DayKind.SUSPENSION, reason="暴雨停课",
    )  # fmt: skip
    assert school.board("principal", now=at("12:00")).line.state.value == "excused"
    assert school.board("principal", now=at("12:00"), known_at=at("10:59")).line.state.value == "missing"
    rows = school.board("principal", now=at("12:00")).rows
    assert {row.state for row in rows} == {"excused"}


def test_a_class_alone_may_be_excused(school: Reporting) -> None:
    school.check(now=at("07:50"), all_well=True)
    declare_day(
        school.actor("principal", at("07:00")), at("07:00"), unit=school.d.units["class2"], day=DAY,
        kind=DayKind.HOLIDAY, reason="春游",
    )  # fmt: skip
    report = school.sign(now=at("09:00"))
    assert (report.figures["excused"], report.figures["expected"], report.figures["unanswered"]) == (6, 6, 0)
    assert report.verdict == "confirmed_zero"


def hours(school: Reporting, unit: str, now_clock: str, **changes: str) -> None:
    system = system_actor("test", at(now_clock))
    value = [
        {"rule_id": f"report_kinds.daily-zero.levels.{key.replace('__', '.')}", "value": v}
        for key, v in changes.items()
    ]
    set_unit_setting(
        system,
        at(now_clock),
        unit=school.d.units[unit],
        key="rules.overrides",
        value=value,
        begins=DAY,
        reason="推迟到校",
    )


def test_a_late_start_is_a_dated_setting_and_known_from_when_it_was_made(school: Reporting) -> None:
    hours(school, "school", "06:50", institution__due="10:30", class__due="10:00")
    board = school.board("principal", now=at("09:40"))
    assert board.line.owed.hours.due_at == at("10:30")
    assert board.line.owed.rules_set_by == school.unit("school")
    assert board.line.state.value == "open"
    (klass, _other) = [low for child in board.line.children for low in child.lowest()]
    assert klass.owed.hours.due_at == at("10:00")
    before = school.board("principal", now=at("09:40"), known_at=at("06:40"))
    assert before.line.owed.hours.due_at == at("09:10")
    assert school.board("officer", "bureau", now=at("09:40")).line.owed.hours.due_at == at("09:30")
    yesterday = school.board("principal", now=at("09:40"), day=DAY - timedelta(days=1))
    assert yesterday.line.owed.hours.due_at == at("09:10", DAY - timedelta(days=1))
    school.all_well()
    report = school.sign(now=at("10:20"))
    assert report.due_at == at("10:30")
    assert not school.board("principal", now=at("11:00")).line.lateness.late


def test_hours_are_those_of_the_schools_own_zone(school: Reporting) -> None:
    Unit.objects.filter(pk=school.unit("school")).update(time_zone="Asia/Urumqi")
    board = school.board("principal", now=at("10:00"))
    assert board.line.owed.hours.due_at == at("11:10")
    assert board.line.state.value == "open"
    assert school.board("officer", "bureau", now=at("10:00")).rows[0].line.owed.hours.due_at == at("11:10")
    Unit.objects.filter(pk=school.unit("school")).update(time_zone="Europe/Berlin")
    summer = school.board("principal", now=at("10:00")).line.owed.hours.due_at
    assert summer == at("09:10", zone="Europe/Berlin")
    november = DAY.replace(month=11, day=16)
    winter = school.board("principal", day=november, now=at("10:00")).line.owed.hours.due_at
    assert winter == at("09:10", november, "Europe/Berlin")
    assert (winter.hour, summer.hour) == (8, 7)


def test_a_closed_class_is_not_asked_any_more(school: Reporting) -> None:
    school.check(now=at("07:50"), all_well=True)
    Unit.objects.filter(pk=school.unit("class2")).update(ends=DAY)
    board = school.board("principal")
    assert [low.unit.name for child in board.line.children for low in child.lowest()] == ["三（1）班"]
    assert board.picture.gathered.figures["registered"] == 6
