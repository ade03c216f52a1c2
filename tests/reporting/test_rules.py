"""The pure rules: states by clock and calendar, sums, verdict, what a signature needs. Tables of cases first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.calendar import DayBasis, DayException, DayKind, DayReason
from lianfang.reporting import rules
from lianfang.rulepacks import packs

KIND = packs().report_kinds["daily-zero"]
NOON = packs().report_kinds["noon-check"]
DAY = date(2026, 9, 15)
SCHOOL_DAY = DayReason(True, DayBasis.TERM)
HOLIDAY = DayReason(
    False, DayBasis.EXCEPTION, DayException(DAY, DayKind.HOLIDAY, "运动会", datetime(2026, 9, 1, tzinfo=UTC))
)
WEEKEND = DayReason(False, DayBasis.WEEKEND)
FALLBACK = DayReason(True, DayBasis.FALLBACK)
HOURS = rules.hours_of(DAY, "06:30", "09:10", 5, "Asia/Shanghai")
ZERO: Final = "confirmed_zero"
CASES: Final = "has_cases"


def local(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-09-15T{clock}:00+08:00").astimezone(UTC)


STATES = [
    # day, filed, at, members, state, rule, changes at
    (SCHOOL_DAY, None, "06:00", None, "open", "not_yet_open", "06:30"),
    (SCHOOL_DAY, None, "06:30", None, "open", "waiting", "09:15"),
    (SCHOOL_DAY, None, "09:10", None, "open", "waiting", "09:15"),
    (SCHOOL_DAY, None, "09:15", None, "open", "waiting", "09:15"),
    (SCHOOL_DAY, None, "09:16", None, "missing", "past_due", None),
    (SCHOOL_DAY, ZERO, "08:00", None, ZERO, "filed_zero", None),
    (SCHOOL_DAY, CASES, "11:00", None, CASES, "filed_cases", None),
    (SCHOOL_DAY, None, "09:16", 0, "excused", "nobody_on_the_roll", None),
    (SCHOOL_DAY, None, "09:16", 45, "missing", "past_due", None),
    (HOLIDAY, None, "11:00", 45, "excused", "no_school_day", None),
    (WEEKEND, None, "06:00", None, "excused", "no_school_day", None),
    (HOLIDAY, CASES, "11:00", 45, CASES, "filed_cases", None),
    (FALLBACK, None, "11:00", 45, "missing", "past_due", None),
]


@pytest.mark.parametrize("day, verdict, now, members, state, rule, changes", STATES)
def test_states(day, verdict, now, members, state, rule, changes):
    filed = rules.Filed(verdict, local("08:00")) if verdict else None
    decision = rules.state(KIND, day, HOURS, filed, local(now), members=members)
    (reason,) = decision.reasons
    assert (decision.value, reason.rule_id) == (state, f"report_kinds.daily-zero.{rule}")
    assert reason.version == KIND.version
    expected = None if changes is None else local(changes)
    if changes == "09:15":
        expected = local(changes) + timedelta(microseconds=1)
    assert decision.changes_at == expected
    if decision.changes_at is not None:
        before = rules.state(KIND, day, HOURS, filed, decision.changes_at - timedelta(microseconds=1), members=members)
        after = rules.state(KIND, day, HOURS, filed, decision.changes_at, members=members)
        assert before.reasons[0].rule_id != after.reasons[0].rule_id


def test_a_holiday_names_who_declared_it_when():
    facts = rules.state(KIND, HOLIDAY, HOURS, None, local("08:00")).reasons[0].facts
    assert facts["basis"] is DayBasis.EXCEPTION
    assert facts["known_at"] == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "received, now, late, minutes",
    [
        ("09:10", "12:00", False, 0),
        ("09:15", "12:00", False, 0),
        ("09:16", "12:00", True, 6),
        (None, "09:14", False, 0),
        (None, "09:20", True, 10),
    ],
)
def test_lateness_looks_at_our_receipt_only(received, now, late, minutes):
    answer = rules.lateness(HOURS, local(received) if received else None, local(now), "停电")
    assert (answer.late, answer.by) == (late, timedelta(minutes=minutes))
    assert answer.excuse == ("停电" if late else "")


ZONES = [
    # zone, day, due (local) → UTC; Berlin and New York change their clocks, Urumqi's school may keep Xinjiang time
    ("Asia/Shanghai", date(2026, 9, 15), "09:10", "2026-09-15T01:10"),
    ("Asia/Urumqi", date(2026, 9, 15), "09:10", "2026-09-15T03:10"),
    ("Europe/Berlin", date(2026, 3, 27), "09:10", "2026-03-27T08:10"),
    ("Europe/Berlin", date(2026, 3, 30), "09:10", "2026-03-30T07:10"),
    ("America/New_York", date(2026, 10, 30), "09:10", "2026-10-30T13:10"),
    ("America/New_York", date(2026, 11, 2), "09:10", "2026-11-02T14:10"),
    ("America/New_York", date(2026, 11, 1), "01:30", "2026-11-01T05:30"),
    ("America/New_York", date(2026, 3, 8), "02:30", "2026-03-08T07:30"),
    ("Asia/Shanghai", date(2026, 9, 15), "24:00", "2026-09-15T16:00"),
]


@pytest.mark.parametrize("zone, day, due, utc", ZONES)
def test_the_hour_is_the_institutions_own(zone, day, due, utc):
    hours = rules.hours_of(day, "00:00", due, 0, zone)
    assert hours.due_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def counts(**given: int) -> dict[str, int]:
    return {"registered": 10, "present": 10, **given}


VERDICTS = [
    ({}, ZERO),
    ({"absent_other": 3, "present": 7}, ZERO),
    ({"absent_ill": 1}, CASES),
    ({"fever": 1}, CASES),
    ({"symptomatic": 2}, CASES),
    ({"absent_unknown": 1}, CASES),
    ({"early_leave": 1}, CASES),
    ({"returned": 2}, ZERO),
]


@pytest.mark.parametrize("given, verdict", VERDICTS)
def test_the_figures_decide_the_verdict(given, verdict):
    assert rules.verdict(KIND, counts(**given)).value == verdict


def test_a_silent_unit_is_counted_as_unanswered_and_never_as_zero():
    parts = [rules.Part(1, ZERO, 10, counts()), rules.Part(2, "missing", 8)]
    gathered = rules.gather(KIND, parts)
    assert (gathered.figures["registered"], gathered.figures["present"], gathered.figures["unanswered"]) == (18, 10, 8)
    assert (gathered.answered, gathered.unanswered) == ((1,), (2,))
    assert gathered.broken == ()


def test_an_excused_unit_is_on_the_roll_but_not_expected():
    gathered = rules.gather(KIND, [rules.Part(1, ZERO, 10, counts()), rules.Part(2, "excused", 8)])
    assert (gathered.figures["registered"], gathered.figures["excused"], gathered.figures["expected"]) == (18, 8, 10)
    assert gathered.excused == (2,)
    assert gathered.outstanding == ()


def test_units_that_do_not_add_up_are_named():
    gathered = rules.gather(KIND, [rules.Part(1, ZERO, 10, counts(present=9))])
    assert gathered.broken == (0,)


OBJECTIONS = [
    # parts, says zero, accepted → objections
    ([rules.Part(1, ZERO, 10, counts())], True, (), ()),
    ([rules.Part(1, ZERO, 10, counts())], False, (), ("zero_not_stated",)),
    ([rules.Part(1, CASES, 10, counts(fever=1))], True, (), ("zero_against_figures",)),
    ([rules.Part(1, CASES, 10, counts(fever=1))], False, (), ()),
    ([rules.Part(1, ZERO, 10, counts()), rules.Part(2, "missing", 8)], True, (), ("unanswered_not_listed",)),
    ([rules.Part(1, ZERO, 10, counts()), rules.Part(2, "open", 8)], True, (), ("unanswered_not_listed",)),
    ([rules.Part(1, ZERO, 10, counts()), rules.Part(2, "missing", 8)], True, (2,), ()),
    ([rules.Part(1, ZERO, 10, counts()), rules.Part(2, "missing", 8)], True, (3,), ("unanswered_not_listed",)),
    ([rules.Part(1, "open", 10, counts(), signed=False)], True, (), ("unanswered_not_listed",)),
    ([rules.Part(1, "open", 10, counts(), signed=False, beneath=(7,))], True, (1,), ("unanswered_not_listed",)),
    ([rules.Part(1, "open", 10, counts(), signed=False, beneath=(7,))], True, (1, 7), ()),
    ([rules.Part(1, ZERO, 10, counts()), rules.Part(2, "excused", 8)], True, (), ()),
]


@pytest.mark.parametrize("parts, zero, accepted, objections", OBJECTIONS)
def test_what_a_signature_needs(parts, zero, accepted, objections):
    gathered = rules.gather(KIND, parts)
    assert rules.objections(KIND, gathered, states_zero=zero, accepted_unanswered=accepted) == objections


def test_a_kind_without_derived_fields_is_summed_too():
    gathered = rules.gather(NOON, [rules.Part(1, ZERO, 9, {"expected": 9, "present": 9}), rules.Part(2, "missing", 4)])
    assert (gathered.figures["expected"], gathered.figures["unanswered"], gathered.broken) == (13, 4, ())


def test_differences_are_named_in_order():
    assert rules.difference({"fever": 0, "present": 10}, {"present": 9, "fever": 1}) == {
        "present": (10, 9),
        "fever": (0, 1),
    }


BASE = [name for name, item in KIND.fields.items() if item.derive is None]
CLASS_COUNTS = st.fixed_dictionaries({name: st.integers(0, 60) for name in BASE})
PARTS: st.SearchStrategy[list[tuple[Any, int, dict[str, int]]]] = st.lists(
    st.tuples(st.sampled_from(["confirmed_zero", "missing", "excused", "open"]), st.integers(0, 60), CLASS_COUNTS),
    max_size=12,
)


@given(PARTS)
def test_the_parents_figures_are_the_sum_of_the_children(items):
    parts = [
        rules.Part(number, state, members, given if state == "confirmed_zero" else None)
        for number, (state, members, given) in enumerate(items)
    ]
    gathered = rules.gather(KIND, parts)
    rows = [rules.part_counts(KIND, part) for part in parts]
    for name in KIND.fields:
        assert gathered.figures[name] == sum(row[name] for row in rows), name
    assert len(gathered.answered) + len(gathered.unanswered) + len(gathered.excused) == len(parts)
    silent = [p for p in parts if p.counts is None and p.state != "excused"]
    assert gathered.figures["unanswered"] >= sum(p.members for p in silent)


@given(PARTS, st.integers(1, 11))
def test_gathering_in_two_steps_is_gathering_at_once(items, cut):
    parts = [
        rules.Part(number, state, members, given if state == "confirmed_zero" else None)
        for number, (state, members, given) in enumerate(items)
    ]
    halves = [rules.gather(KIND, half) for half in (parts[:cut], parts[cut:])]
    above = rules.gather(KIND, [rules.Part(n, ZERO, 0, half.figures) for n, half in enumerate(halves)])
    assert above.figures == rules.gather(KIND, parts).figures
