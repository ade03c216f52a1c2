"""School days, and what was known about them when."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.calendar import DayBasis, DayException, DayKind, SchoolCalendar
from lianfang.kernel.periods import Period

SPRING = Period(date(2026, 3, 2), date(2026, 7, 4))
AUTUMN = Period(date(2026, 9, 1), date(2027, 1, 23))


def known(day, hour=0):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


CALENDAR = SchoolCalendar(
    terms=(SPRING, AUTUMN),
    exceptions=(
        DayException(date(2026, 10, 1), DayKind.HOLIDAY, "国务院办公厅通知", known(date(2025, 11, 4))),
        DayException(date(2026, 10, 10), DayKind.MAKEUP, "国务院办公厅通知", known(date(2025, 11, 4))),
        DayException(date(2026, 11, 18), DayKind.SUSPENSION, "县教育局", known(date(2026, 11, 17), 12)),
    ),
)


@pytest.mark.parametrize(
    "day, is_school, basis",
    [
        (date(2026, 3, 2), True, DayBasis.TERM),
        (date(2026, 3, 7), False, DayBasis.WEEKEND),
        (date(2026, 7, 3), True, DayBasis.TERM),
        (date(2026, 7, 6), False, DayBasis.VACATION),
        (date(2026, 8, 31), False, DayBasis.VACATION),
        (date(2026, 9, 1), True, DayBasis.TERM),
        (date(2026, 10, 1), False, DayBasis.EXCEPTION),
        (date(2026, 10, 10), True, DayBasis.EXCEPTION),
        (date(2026, 11, 18), False, DayBasis.EXCEPTION),
        (date(2027, 2, 15), False, DayBasis.VACATION),
        # nobody entered the next term: after 62 days weekdays decide again
        (date(2027, 3, 25), False, DayBasis.VACATION),
        (date(2027, 3, 26), True, DayBasis.FALLBACK),
        (date(2027, 3, 27), False, DayBasis.WEEKEND),
        (date(2025, 12, 1), True, DayBasis.FALLBACK),
        (date(2026, 2, 27), False, DayBasis.VACATION),
    ],
)
def test_day(day, is_school, basis):
    reason = CALENDAR.reason(day)
    assert (reason.is_school_day, reason.basis) == (is_school, basis)
    assert CALENDAR.is_school_day(day) is is_school
    assert (reason.exception is not None) == (basis is DayBasis.EXCEPTION)


def test_steps_over_holidays_and_weekends():
    assert CALENDAR.next_school_day(date(2026, 7, 3)) == date(2026, 9, 1)
    assert CALENDAR.previous_school_day(date(2026, 9, 1)) == date(2026, 7, 3)
    assert CALENDAR.next_school_day(date(2026, 10, 9)) == date(2026, 10, 10)
    assert CALENDAR.school_days(date(2026, 9, 30), date(2026, 10, 2)) == [date(2026, 9, 30), date(2026, 10, 2)]
    assert CALENDAR.school_days(date(2026, 10, 2), date(2026, 9, 30)) == []


def test_as_known_at_forgets_what_came_later():
    day = date(2026, 11, 18)
    assert CALENDAR.as_known_at(known(date(2026, 11, 17), 11)).is_school_day(day)
    assert not CALENDAR.as_known_at(known(date(2026, 11, 17), 12)).is_school_day(day)
    assert not CALENDAR.as_known_at(known(date(2026, 11, 17), 12)).is_school_day(date(2026, 10, 1))


def test_a_later_word_replaces_and_a_withdrawal_restores():
    day = date(2026, 11, 20)
    first = DayException(day, DayKind.SUSPENSION, "学校", known(date(2026, 11, 18)))
    back = DayException(day, DayKind.WITHDRAWN, "学校", known(date(2026, 11, 19)))
    calendar = SchoolCalendar(terms=(AUTUMN,), exceptions=(back, first))
    assert calendar.reason(day).basis is DayBasis.TERM
    assert calendar.as_known_at(known(date(2026, 11, 18), 1)).reason(day).exception == first


def test_calendar_from_a_plain_mapping():
    calendar = SchoolCalendar.from_kinds({date(2026, 5, 1): DayKind.HOLIDAY}, terms=[SPRING], source="学校")
    assert not calendar.is_school_day(date(2026, 5, 1))
    declared = calendar.reason(date(2026, 5, 1)).exception
    assert declared is not None
    assert declared.source == "学校"


def test_an_open_term_and_an_empty_one():
    calendar = SchoolCalendar(terms=(Period(date(2026, 9, 1)), Period(date(2026, 3, 2), date(2026, 3, 2))))
    assert calendar.reason(date(2030, 9, 2)).basis is DayBasis.TERM
    assert calendar.reason(date(2026, 3, 3)).basis is DayBasis.FALLBACK


def test_no_weekday_at_all_still_answers():
    never = SchoolCalendar(weekdays=frozenset())
    assert never.next_school_day(date(2026, 3, 2)) == date(2026, 3, 3)
    assert never.previous_school_day(date(2026, 3, 2)) == date(2026, 3, 1)


exceptions = st.lists(
    st.builds(
        DayException,
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.sampled_from(DayKind),
        st.just("x"),
        st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    max_size=8,
)


@given(st.frozensets(st.integers(0, 6)), exceptions, st.dates())
def test_never_raises_and_steps_are_school_days(weekdays, declared, day):
    calendar = SchoolCalendar(weekdays, (SPRING,), tuple(declared))
    for step, direction in ((calendar.next_school_day(day), 1), (calendar.previous_school_day(day), -1)):
        assert calendar.is_school_day(step) or abs((step - day).days) <= 1
        assert (step - day) * direction >= timedelta()
