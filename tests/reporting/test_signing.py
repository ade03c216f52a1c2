"""A report is signed once, by the named reporter, from what the units below answered; nothing is backdated."""

from __future__ import annotations

from lianfang.reporting.models import Report
from tests.reporting.cast import KIND, Reporting, absent, at


def test_a_quiet_morning_is_a_confirmed_zero(school: Reporting) -> None:
    school.all_well()
    grade = school.sign("grade_head", "grade", at("08:40"))
    report = school.sign()
    assert (grade.level, report.level) == ("division", "institution")
    assert report.verdict == "confirmed_zero"
    assert report.figures["registered"] == report.figures["present"] == 12
    assert report.journal_seq is not None
    assert Report.objects.filter(kind=KIND).count() == 2


def test_one_ill_child_makes_it_a_report_with_cases(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0), symptoms=("fever",))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    report = school.sign()
    assert report.verdict == "has_cases"
    assert (report.figures["absent_ill"], report.figures["fever"], report.figures["present"]) == (1, 1, 11)
