"""Today of an authority: what changed at its schools since their last signed day, in numbers, page and API alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from lianfang.daily.perms import ROLL_VIEW
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.web.today import INSIDE, SchoolLine, Schools, today
from tests.reporting.cast import DAY, Reporting, absent, at

BEFORE = DAY - timedelta(days=1)  # a Monday; DAY is a Tuesday


def line(school: Reporting, ill: int, ill_before: int | None, fever: int, fever_before: int | None) -> SchoolLine:
    return SchoolLine(school.d.units["school"], ill, ill_before, fever, fever_before)


def two_days(school: Reporting) -> None:
    """Monday: one ill with fever. Tuesday: two ill, none with fever."""
    sick = absent(school.pupil(0), symptoms=("fever",))
    school.check(now=at("07:50", BEFORE), marks=[sick])
    school.check("teacher2", unit="class2", now=at("07:50", BEFORE), all_well=True)
    school.sign(now=at("09:05", BEFORE), day=BEFORE)
    school.check(now=at("07:50"), marks=[absent(school.pupil(0)), absent(school.pupil(1))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)


@pytest.mark.parametrize("part", ["officer", "cdc"])
def test_signed_figures_stand_beside_those_of_the_school_day_before(school: Reporting, part: str) -> None:
    two_days(school)
    unsigned = today(school.actor(part, at("09:00")), at("09:00"))
    assert unsigned.schools == Schools(BEFORE, 0, [])
    school.sign(now=at("09:05"))
    assert today(school.actor(part, at("09:30")), at("09:30")).schools == Schools(BEFORE, 1, [line(school, 2, 1, 0, 1)])


def test_a_school_that_did_not_sign_the_day_before_has_no_number_for_it(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0), symptoms=("fever",))])
    school.sign()
    shown = today(school.actor("officer", at("09:30")), at("09:30")).schools
    assert shown == Schools(BEFORE, 1, [line(school, 1, None, 1, None)])


@pytest.mark.parametrize("part", ["teacher", "reporter", "principal", "mother", "guard"])
def test_nobody_else_gets_the_schools(school: Reporting, part: str) -> None:
    two_days(school)
    school.sign(now=at("09:05"))
    assert today(school.actor(part, at("09:30")), at("09:30")).schools is None


def test_another_countys_officer_sees_none_of_it(school: Reporting) -> None:
    two_days(school)
    school.sign(now=at("09:05"))
    shown = today(school.actor("foreign_officer", at("09:30")), at("09:30")).schools
    assert shown is not None
    assert shown.rows == []


@pytest.mark.one_database("renders what the query above gave on both")
def test_page_and_api_say_the_same(school: Reporting) -> None:
    two_days(school)
    school.sign(now=at("09:05"))
    client = Client()
    client.force_login(school.d.accounts["officer"], backend="django.contrib.auth.backends.ModelBackend")
    with using_clock(FixedClock(at("09:30"))):
        page = client.get("/").content.decode()
        data = client.get("/api/web/today").json()
    assert "与上次相比有变化的学校" in page
    assert data["schools"] == [
        {
            "unit_id": school.unit("school"),
            "unit": "文一路小学",
            "absent_ill": 2,
            "absent_ill_before": 1,
            "fever": 0,
            "fever_before": 1,
        }
    ]
    assert data["schools_total"] == 1


def test_who_is_told_numbers_of_the_classes_below_may_look_at_their_rolls() -> None:
    assert set(INSIDE) <= set(ROLL_VIEW.roles)
