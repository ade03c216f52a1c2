"""Tables of rotation, who is on duty at an hour, and what may change hands; no database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.duties import perms
from lianfang.duties import rules as duty_rules
from lianfang.duties.forms.shifts import read_slots
from lianfang.duties.rules.shifts import (
    SHIFT_ROLES,
    Held,
    Move,
    Slot,
    doubled,
    gaps,
    may_confirm,
    may_hand_over,
    move_fault,
    next_of,
    on_duty,
    rotate,
    slots_overlap,
    wanted_days,
)
from lianfang.kernel.calendar import DayException, DayKind, SchoolCalendar
from lianfang.kernel.periods import Period
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.reporting import Due

ZONE = "Asia/Shanghai"
MON = date(2026, 9, 14)
DAYS = [MON + timedelta(days=n) for n in range(14)]
WHITE, NIGHT = Slot("白", time(7), time(19)), Slot("夜", time(19), time(7))
CALENDAR = SchoolCalendar(
    weekdays=frozenset(range(5)),
    terms=(Period(date(2026, 9, 1), date(2027, 1, 20)),),
    exceptions=(DayException(date(2026, 9, 25), DayKind.HOLIDAY, "中秋", datetime(2026, 9, 1, tzinfo=UTC)),),
)


def h(hour, day=14):
    return datetime(2026, 9, day, tzinfo=UTC) + timedelta(hours=hour)


def test_every_post_with_shifts_is_below_those_who_plan_them():
    """So that planning and ordering need not ask once more whether somebody gives away a post above their own."""
    for role in perms.SHIFT_MANAGE.roles:
        assert all(duty_rules.may_hand_over({role}, post) for post in SHIFT_ROLES), role


@pytest.mark.parametrize(
    "turn, slots, people, expected",
    [
        ("day", (WHITE,), (1, 2, 3), [1, 2, 3, 1, 2]),
        ("day", (WHITE, NIGHT), (1, 2), [1, 1, 2, 2, 1, 1]),
        ("week", (WHITE,), (1, 2), [1] * 7 + [2] * 7),
        ("shift", (WHITE, NIGHT), (1, 2, 3), [1, 2, 3, 1, 2, 3]),
        ("shift", (WHITE, NIGHT), (1, 2), [1, 2, 2, 1, 1, 2]),  # nights go round
        ("shift", (NIGHT, WHITE), (1, 2, 3), [1, 2, 3]),  # in the order of the hours, however typed
        ("day", (WHITE,), (7,), [7, 7, 7]),
    ],
)
def test_rotation(turn, slots, people, expected):
    assert [s.person for s in rotate(DAYS, slots, people, turn, ZONE)][: len(expected)] == expected


@pytest.mark.parametrize(
    "kind, expected",
    [("school", [21, 22, 23, 24]), ("free", [25, 26, 27]), ("every", [21, 22, 23, 24, 25, 26, 27])],
)
def test_days_follow_the_calendar(kind, expected):
    assert [d.day for d in wanted_days(kind, CALENDAR, date(2026, 9, 21), date(2026, 9, 28))] == expected


@pytest.mark.parametrize(
    "now, expected",
    [(h(0), (1,)), (h(11.99), (1,)), (h(12), (2,)), (h(23.9), (2,)), (h(24), ()), (h(-0.1), ())],
)
def test_who_is_on_duty_at_an_hour(now, expected):
    assert on_duty([Held(h(0), h(12), 1), Held(h(12), h(24), 2)], now) == expected


NOW = h(0)
MINE, THEIRS = Held(h(24), h(36), 1, 10), Held(h(48), h(60), 2, 20)
BUSY_2, BUSY_1 = Held(h(30), h(40), 2, 30), Held(h(50), h(52), 1, 31)


@pytest.mark.parametrize(
    "shift, to, other, same, in_post, more, now, asked, fault",
    [
        (MINE, 2, None, True, True, (), NOW, True, None),
        (MINE, 2, THEIRS, True, True, (), NOW, True, None),
        (MINE, 2, None, True, True, (), h(24), True, "past"),
        (MINE, 2, None, True, True, (), h(30), False, None),  # fallen ill on duty: it can still be ordered
        (MINE, 2, None, True, True, (), h(36), False, "past"),
        (MINE, 2, THEIRS, True, True, (), h(25), False, None),
        (MINE, 1, None, True, True, (), NOW, True, "same_person"),
        (MINE, 2, None, True, False, (), NOW, True, "not_in_post"),
        (MINE, 2, THEIRS, False, True, (), NOW, True, "other_role"),
        (MINE, 2, None, True, True, (BUSY_2,), NOW, True, "busy"),
        (MINE, 2, THEIRS, True, True, (BUSY_1,), NOW, True, "other_busy"),
        (THEIRS, 1, MINE, True, True, (), h(24), True, "other_past"),
    ],
)
def test_what_may_change_hands(shift, to, other, same, in_post, more, now, asked, fault):
    move = Move(shift, to, other, same, in_post, (MINE, THEIRS, *more))
    assert move_fault(move, now, asked=asked) == fault


@pytest.mark.parametrize(
    "slots, overlap",
    [
        ((WHITE, NIGHT), False),
        ((WHITE, Slot("午", time(12), time(13))), True),
        ((Slot("夜", time(19), time(8)), WHITE), True),  # into the next morning
        ((Slot("全天", time(8), time(8)),), False),
        ((Slot("全天", time(8), time(8)), WHITE), True),
    ],
)
def test_slots_of_a_day_do_not_overlap(slots, overlap):
    assert slots_overlap(slots) is overlap


def test_doubled_and_gaps():
    shifts = [Held(h(0), h(8), 1, 1), Held(h(7), h(9), 1, 2), Held(h(10), h(12), 2, 3)]
    assert doubled(shifts) == {1, 2}
    assert gaps(shifts, h(0), h(14)) == [(h(9), h(10)), (h(12), h(14))]
    assert next_of((1, 2, 3), {1: 2, 2: 1, 3: 1}) == 2


def test_times_of_confirming_and_handing_over():
    shift = Held(h(10), h(20), 1)
    assert [may_confirm(shift, h(n)) for n in (8.9, 9, 19.9, 20)] == [False, True, True, False]
    assert [may_hand_over(shift, h(n)) for n in (9.9, 10, 43.9, 44)] == [False, True, True, False]


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 95), min_size=1, max_size=4, unique=True),
    people=st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True),
    turn=st.sampled_from(["shift", "day", "week"]),
    span=st.integers(1, 20),
    probe=st.integers(0, 86_400 * 25),
)
def test_a_plan_of_every_hour_has_one_holder_at_any_instant_and_no_gap(cuts, people, turn, span, probe):
    edges = sorted(cuts)
    clock = [time(c // 4, c % 4 * 15) for c in edges]
    slots = [Slot(str(n), clock[n], clock[(n + 1) % len(clock)]) for n in range(len(clock))]
    assert not slots_overlap(slots)
    shifts = rotate(DAYS[:1] + [DAYS[0] + timedelta(days=n) for n in range(1, span)], slots, people, turn, ZONE)
    first, last = min(s.begins for s in shifts), max(s.ends for s in shifts)
    assert gaps(shifts, first, last) == []
    assert len(on_duty(shifts, first + timedelta(seconds=probe) % (last - first))) == 1
    ordered = sorted(shifts, key=lambda s: s.begins)
    assert all(a.ends <= b.begins for a, b in pairwise(ordered))
    if turn == "shift":
        counts = [sum(s.person == p for s in shifts) for p in people]
        assert max(counts) - min(counts) <= 2


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("白班 07:00-19:00", [("白班", time(7), time(19))]),
        ("白班 7:00–19:00\n\n夜班 19：00 到 7:00", [("白班", time(7), time(19)), ("夜班", time(19), time(7))]),
        ("全天 0:00-24:00", [("全天", time(0), time(0))]),
    ],
)
def test_typed_slots(typed, expected):
    assert [(s.name, s.begins, s.ends) for s in read_slots(typed)] == expected


@pytest.mark.parametrize("typed", ["白班", "白班 25:00-26:00", "白班 07:00 19:00", "x 24:00-24:30"])
def test_slots_that_cannot_be_read(typed):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        read_slots(typed)


@pytest.mark.parametrize(
    "every, day, period",
    [
        ("school_day", MON, "2026-09-14"),
        ("week", date(2027, 1, 1), "2026-W53"),
        ("month", MON, "2026-09"),
    ],
)
def test_periods(every, day, period):
    assert duty_rules.period_of(every, day) == period


def test_duties_of_a_shift():
    begin = duty_rules.shift_hours(Due(shift="begins", minutes=15), h(7), h(19))
    assert (begin.opens_at, begin.due_at, begin.closes_at) == (h(7), h(7.25), h(19))
    end = duty_rules.shift_hours(Due(shift="ends"), h(7), h(19))
    assert (end.opens_at, end.due_at, end.closes_at) == (h(18), h(19), h(19))
    assert duty_rules.period_of_shift(h(-1), ZONE) == "2026-09-14T07:00"


def test_a_monthly_duty_is_asked_for_on_school_days_and_has_days():
    template = packs().duty_templates["link-book-check"]
    assert duty_rules.asks_for(template, CALENDAR, MON).value
    assert not duty_rules.asks_for(template, CALENDAR, date(2026, 9, 26)).value
    when = duty_rules.hours(template, {}, MON, ZONE)
    assert when is not None and when.due_at == h(9, 21)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"at": "08:00", "shift": "begins"}, {"report_kind": "x"}, {"shift": "ends", "after_days": 1}],
)
def test_a_deadline_is_one_of_three(wrong):
    with pytest.raises(ValueError):
        Due(**wrong)
