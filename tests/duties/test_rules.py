"""The rules as tables: states, steps, moves after an interruption, hours, what the calendar asks for, who hands over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.duties import rules
from lianfang.kernel.calendar import DayKind, SchoolCalendar
from lianfang.rulepacks import packs
from tests.duties.cast import MONDAY, SATURDAY, local

DUE = local("8:30")
OPENS = local("6:30")
TEMPLATES = packs().duty_templates
CHECK = TEMPLATES["class-morning-check"]
TERMS = rules.terms_of(CHECK)


def duty(**facts):
    return rules.Facts("class-morning-check", "v1", OPENS, DUE, **facts)


@pytest.mark.parametrize(
    "facts, at, state, changes_at",
    [
        ({}, "6:00", "open", "8:00"),
        ({}, "7:59", "open", "8:00"),
        ({}, "8:00", "due_soon", "8:30+"),
        ({}, "8:30", "due_soon", "8:30+"),
        ({}, "8:31", "overdue", None),
        ({"done_at": local("8:30")}, "9:00", "done", None),
        ({"done_at": local("8:31")}, "9:00", "done_late", None),
        ({"done_at": local("8:10"), "excused_at": local("8:05"), "excuse": "x"}, "9:00", "done", None),
        ({"excused_at": local("8:05"), "excuse": "停课"}, "9:00", "excused", None),
        ({"excused_at": local("8:50"), "excuse": "停课"}, "9:00", "excused", None),
    ],
)
def test_state(facts, at, state, changes_at):
    decision = rules.state(duty(**facts), local(at))
    assert decision.value == state
    expected = None
    if changes_at is not None:
        expected = local(changes_at.rstrip("+")) + timedelta(microseconds=1 if changes_at.endswith("+") else 0)
    assert decision.changes_at == expected
    (reason,) = decision.reasons
    assert (reason.rule_id, reason.version) == ("duty_templates.class-morning-check", "v1")


def test_an_excuse_of_the_calendar_names_its_fact():
    fact = {"day": "2026-03-02", "basis": "exception", "declared": "suspension", "source": "暴雨停课"}
    decision = rules.state(duty(excused_at=DUE, excuse="calendar", excuse_fact=fact), local("9:00"))
    assert decision.reasons[0].text_key == "duty.excused_by_calendar"
    assert decision.reasons[0].facts["source"] == "暴雨停课"


@given(
    st.integers(-240, 600),
    st.one_of(st.none(), st.integers(-240, 600)),
    st.one_of(st.none(), st.integers(-240, 600)),
)
def test_a_state_holds_until_it_says_it_changes(minutes, done, excused):
    facts = duty(
        done_at=None if done is None else DUE + timedelta(minutes=done),
        excused_at=None if excused is None else DUE + timedelta(minutes=excused),
        excuse="" if excused is None else "x",
    )
    now = DUE + timedelta(minutes=minutes)
    decision = rules.state(facts, now)
    if decision.changes_at is not None:
        assert decision.changes_at > now
        just_before = decision.changes_at - timedelta(microseconds=1)
        assert rules.state(facts, just_before).value == decision.value
        assert rules.state(facts, decision.changes_at).value != decision.value


def test_steps_of_one_minute_are_one_step():
    assert [(s.minutes, s.remind, [t.role for t in s.tell]) for s in TERMS.steps] == [
        (-10, True, []),
        (0, True, []),
        (10, True, ["grade_head"]),
        (20, False, ["epidemic_reporter"]),
    ]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.id)
def test_terms_survive_storage(template):
    terms = rules.terms_of(template)
    assert rules.Terms.from_json(terms.as_json()) == terms


CLOSES = local("24:00")


@pytest.mark.parametrize(
    "taken, at, sent, skipped, after, remind",
    [
        (0, "8:19", "nothing", (), 0, False),
        (0, "8:20", 0, (), 1, True),
        (1, "8:20", "nothing", (), 1, False),
        (1, "8:30", 1, (), 2, True),
        (0, "8:35", 1, (0,), 2, True),
        (0, "8:45", 2, (0, 1), 3, True),
        (3, "8:50", 3, (), 4, False),
        (2, "8:50", 3, (2,), 4, True),
        (0, "15:00", 3, (0, 1, 2), 4, True),
        (4, "15:00", "nothing", (), 4, False),
        (0, "24:00", None, (0, 1, 2, 3), 4, False),
        (2, "30:00", None, (2, 3), 4, False),
        (4, "30:00", "nothing", (), 4, False),
    ],
)
def test_move(taken, at, sent, skipped, after, remind):
    move = rules.move(TERMS.steps, taken, DUE, CLOSES, local(at))
    if sent == "nothing":
        assert move is None
    else:
        assert move == rules.Move(sent, skipped, after, remind)


@given(st.lists(st.integers(-60, 1200), max_size=30))
def test_any_sequence_of_sweeps_sends_each_step_at_most_once(minutes):
    taken = 0
    sent: list[int] = []
    passed: list[int] = []
    for minute in minutes:  # any order: the clock may even go back
        move = rules.move(TERMS.steps, taken, DUE, CLOSES, DUE + timedelta(minutes=minute))
        if move is not None:
            assert move.taken > taken
            taken = move.taken
            passed += move.skipped
            if move.send is not None:
                sent.append(move.send)
    assert sorted({*sent, *passed}) == sorted([*sent, *passed]) == list(range(taken))


@pytest.mark.parametrize(
    "template, day, zone, opens, due",
    [
        ("class-morning-check", MONDAY, "Asia/Shanghai", local("6:30"), local("8:30")),
        ("institution-daily-report", MONDAY, "Asia/Shanghai", local("6:30"), local("9:10")),
        (
            "class-morning-check",
            MONDAY,
            "Asia/Urumqi",
            local("8:30"),
            local("10:30"),
        ),
        (
            "class-morning-check",
            date(2026, 3, 8),
            "America/New_York",
            datetime(2026, 3, 8, 10, 30, tzinfo=UTC),
            datetime(2026, 3, 8, 12, 30, tzinfo=UTC),
        ),
    ],
)
def test_hours(template, day, zone, opens, due):
    hours = rules.hours(TEMPLATES[template], packs().report_kinds, day, zone)
    assert hours is not None
    assert (hours.opens_at, hours.due_at) == (opens, due)
    assert hours.closes_at > due


def test_a_report_kind_that_is_switched_off_asks_for_nothing():
    noon = TEMPLATES["class-noon-check"]
    assert rules.hours(noon, packs().report_kinds, MONDAY, "Asia/Shanghai") is None


HOLIDAY = SchoolCalendar.from_kinds({MONDAY: DayKind.HOLIDAY}, source="校庆")
MAKEUP = SchoolCalendar.from_kinds({SATURDAY: DayKind.MAKEUP}, source="调休")


@pytest.mark.parametrize(
    "calendar, day, asked, fact",
    [
        (SchoolCalendar(), MONDAY, True, None),
        (SchoolCalendar(), SATURDAY, False, {"day": "2026-03-07", "basis": "weekend"}),
        (MAKEUP, SATURDAY, True, None),
        (
            HOLIDAY,
            MONDAY,
            False,
            {"day": "2026-03-02", "basis": "exception", "declared": "holiday", "source": "校庆"},
        ),
    ],
)
def test_what_the_calendar_asks_for(calendar, day, asked, fact):
    decision = rules.asks_for(CHECK, calendar, day)
    assert decision.value is asked
    assert decision.reasons[0].facts["day"] == day
    assert rules.calendar_fact(calendar, day) == fact


@pytest.mark.parametrize(
    "held, role, may",
    [
        ({"grade_head"}, "homeroom_teacher", True),
        ({"grade_head"}, "grade_head", False),
        ({"grade_head"}, "principal", False),
        ({"epidemic_reporter"}, "grade_head", True),
        ({"epidemic_reporter"}, "principal", False),
        ({"principal"}, "epidemic_reporter", True),
        ({"principal"}, "principal", False),
        ({"system_admin"}, "system_admin", False),
        (set(), "homeroom_teacher", False),
    ],
)
def test_nobody_hands_over_a_post_above_their_own(held, role, may):
    assert rules.may_hand_over(held, role) is may


@pytest.mark.parametrize(
    "counts, rate",
    [({}, None), ({"open": 3, "excused": 2}, None), ({"done": 3, "done_late": 1}, 0.75), ({"overdue": 2}, 0.0)],
)
def test_on_time_rate(counts, rate):
    assert rules.on_time_rate(counts) == rate
