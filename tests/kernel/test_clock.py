"""Instants and local days."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.clock import (
    FixedClock,
    OffsetClock,
    SystemClock,
    as_utc,
    at_local,
    day_bounds,
    instant_from,
    local_date,
    parse_local_time,
)

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_system_clock_is_aware_and_near():
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)


def test_fixed_clock_moves_only_when_told():
    clock = FixedClock(NINE)
    assert clock.now() == clock.now() == NINE
    assert clock.advance(minutes=5) == NINE + timedelta(minutes=5)
    assert clock.advance(timedelta(days=1), hours=1) == NINE + timedelta(days=1, hours=1, minutes=5)
    with pytest.raises(ValueError):
        clock.advance(minutes=-1)
    assert clock.set(NINE) == clock.now() == NINE


def test_offset_clock_follows_its_base():
    base = FixedClock(NINE)
    drill = OffsetClock(base, timedelta(days=7))
    base.advance(hours=2)
    assert drill.now() == NINE + timedelta(days=7, hours=2)


@pytest.mark.parametrize(
    "text, tz_name, instant",
    [
        ("2026-03-02T09:00:00+08:00", None, NINE),
        ("2026-03-01T08:24:00-16:36", None, NINE),
        (" 2026-03-02T09:00 ", "Asia/Shanghai", NINE),
        ("2026-03-02T01:00Z", "Asia/Shanghai", NINE),
        ("2026-03-02T09:00", None, None),
        ("0704-04-14T00:42:46-16:36", None, None),
        ("9999-12-31T23:59:59-23:59", "Asia/Shanghai", None),
        ("0001-01-01T00:00", "Asia/Shanghai", None),
        ("morgens", "Asia/Shanghai", None),
        ("", "Asia/Shanghai", None),
    ],
)
def test_an_instant_that_somebody_sent(text, tz_name, instant):
    assert instant_from(text, tz_name) == instant


@pytest.mark.parametrize("wrong", [datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 2, 9, 0, fold=1)])  # noqa: DTZ001
def test_naive_instants_are_refused(wrong):
    for use in (as_utc, FixedClock, local_date):
        with pytest.raises(ValueError):
            use(wrong)


@pytest.mark.parametrize(
    "instant, zone, day",
    [
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 3, 2)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "UTC", date(2026, 3, 1)),
        (datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=8))), "America/New_York", date(2026, 3, 1)),
    ],
)
def test_local_date(instant, zone, day):
    assert local_date(instant, zone) == day


@pytest.mark.parametrize(
    "day, at, zone, expected",
    [
        (date(2026, 3, 2), "09:30", "Asia/Shanghai", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 2), time(9, 30), "Asia/Shanghai", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 2), "24:00", "Asia/Shanghai", datetime(2026, 3, 2, 16, 0, tzinfo=UTC)),
        # the hour that does not exist: 02:30 is read as 03:30 summer time
        (date(2026, 3, 8), "02:30", "America/New_York", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        # the hour that happens twice: the first one
        (date(2026, 11, 1), "01:30", "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        # China had summer time until 1991
        (date(1990, 7, 1), "09:30", "Asia/Shanghai", datetime(1990, 7, 1, 0, 30, tzinfo=UTC)),
    ],
)
def test_at_local(day, at, zone, expected):
    assert at_local(day, at, zone) == expected


@pytest.mark.parametrize("text", ["9", "09:60", "25:00", "24:01", "0930", "９:3", "", "-1:00"])
def test_no_time_of_day(text):
    with pytest.raises(ValueError):
        parse_local_time(text)


@given(
    st.dates(date(1971, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"]),
)
def test_days_follow_each_other_without_gap(day, zone):
    start, end = day_bounds(day, zone)
    assert end == day_bounds(day + timedelta(days=1), zone)[0]
    assert local_date(start, zone) == day
    assert local_date(end - timedelta(microseconds=1), zone) == day
    assert timedelta(hours=22) < end - start < timedelta(hours=26)
