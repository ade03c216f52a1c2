"""Half-open periods and rolling windows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.errors import InputError
from lianfang.kernel.periods import Period, WindowCount, fullest_window, rolling_window

MONDAY = date(2026, 3, 2)
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def periods(draw):
    begins = draw(days)
    return Period(begins, draw(st.none() | st.integers(0, 400).map(lambda n: begins + timedelta(days=n))))


def test_the_end_is_not_included():
    week = Period(MONDAY, MONDAY + timedelta(days=5))
    assert MONDAY in week
    assert MONDAY + timedelta(days=4) in week
    assert MONDAY + timedelta(days=5) not in week
    assert week.last == MONDAY + timedelta(days=4)
    assert Period(MONDAY).last is None
    assert Period.days(MONDAY, MONDAY) == Period(MONDAY, MONDAY + timedelta(days=1))


def test_end_before_beginning_is_refused_in_both_languages():
    with pytest.raises(InputError) as error:
        Period(MONDAY, MONDAY - timedelta(days=1))
    assert error.value.kind == "period.ends_before_begins"
    assert error.value.params == {"ends": "2026-03-01", "begins": "2026-03-02"}
    assert "2026-03-01" in error.value.text("zh-hans")
    assert "before the start" in error.value.text("en")


def test_empty_period_holds_no_day():
    empty = Period(MONDAY, MONDAY)
    assert empty.is_empty
    assert MONDAY not in empty
    assert not empty.overlaps(Period(MONDAY))


def test_ending_never_grows():
    assert Period(MONDAY).ending(date(2026, 4, 1)) == Period(MONDAY, date(2026, 4, 1))
    assert Period(MONDAY, date(2026, 3, 10)).ending(date(2026, 4, 1)) == Period(MONDAY, date(2026, 3, 10))


@given(periods(), periods(), days)
def test_a_day_in_both_lies_in_the_intersection(one, other, day):
    both = one.intersection(other)
    assert (day in one and day in other) == (both is not None and day in both)
    assert one.overlaps(other) == other.overlaps(one) == (both is not None)


@pytest.mark.parametrize("length, first", [(1, MONDAY), (3, date(2026, 2, 28)), (7, date(2026, 2, 24))])
def test_window_counts_both_ends(length, first):
    window = rolling_window(MONDAY, length)
    assert (window.begins, window.last) == (first, MONDAY)


def test_window_of_no_day():
    with pytest.raises(ValueError):
        rolling_window(MONDAY, 0)


@pytest.mark.parametrize(
    "offsets, length, expected",
    [
        ([], 3, None),
        ([0], 1, (0, 0, 1)),
        ([0, 0, 0], 1, (0, 0, 3)),
        ([0, 1, 2, 3, 4], 3, (0, 2, 3)),
        ([0, 3, 4, 5, 9], 3, (3, 5, 3)),
        ([0, 6, 7], 7, (0, 6, 2)),
        ([5, 0, 5, 11], 7, (-1, 5, 3)),
    ],
)
def test_fullest_window(offsets, length, expected):
    found = fullest_window([MONDAY + timedelta(days=n) for n in offsets], length)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found.count == expected[2]
    assert found.last == MONDAY + timedelta(days=expected[1])
    assert found == WindowCount(found.last - timedelta(days=length - 1), found.last, expected[2])


@given(st.lists(days, min_size=1, max_size=30), st.integers(1, 40))
def test_fullest_window_is_the_fullest(seen, length):
    found = fullest_window(seen, length)
    assert found is not None
    assert found.count == max(sum(day in rolling_window(last, length) for day in seen) for last in seen)
    assert found.count == sum(day in rolling_window(found.last, length) for day in seen)
