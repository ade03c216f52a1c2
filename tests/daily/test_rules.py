"""Rules of the morning as tables of cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from lianfang.daily.rules import (
    Figures,
    Mark,
    MarkInput,
    PersonDay,
    SaidInput,
    Statement,
    Vocabulary,
    changes,
    contradictions,
    count,
    is_session,
    person_day,
    read_mark,
    read_marks,
    read_said,
    session_rank,
    tally,
)
from lianfang.daily.rules.figures import absent_since
from lianfang.rulepacks import packs

DAY = date(2026, 9, 15)
AT = datetime(2026, 9, 14, 23, 5, tzinfo=UTC)
WORDS = Vocabulary.of(packs().scoped(on=DAY), DAY)
ROLL = {1: "王小一", 2: "李小二", 3: "张小三"}
LEFT = {9: ("许小九", date(2026, 9, 10))}


@pytest.mark.parametrize(
    "raw, kept, fever",
    [
        (None, None, False),
        ("", None, False),
        ("36.5", "36.5", False),
        (37.2, "37.2", False),
        ("37.3", "37.3", True),
        ("38。2", "38.2", True),
        ("36度8", "36.8", False),
        (43, "43.0", True),
    ],
)
def test_a_reading_is_kept_to_a_tenth_and_judged(raw, kept, fever):
    said, found = read_said(SaidInput(raw, "axillary"), WORDS)
    assert not found
    assert said is not None
    assert (said.temperature, said.fever) == (Decimal(kept) if kept else None, fever)


@pytest.mark.parametrize(
    "given, field, code",
    [
        ({"temperature": "50"}, "temperature", "temperature.range"),
        ({"temperature": "365"}, "temperature", "temperature.point"),
        ({"temperature": "99"}, "temperature", "temperature.fahrenheit"),
        ({"temperature": "很烫"}, "temperature", "temperature.format"),
        ({"temperature": float("nan")}, "temperature", "temperature.format"),
        ({"symptoms": ["cough", "sneeze"]}, "symptoms", "symptom.unknown"),
        ({"site": "elbow"}, "site", "site.unknown"),
        ({"instrument": "hand"}, "instrument", "instrument.unknown"),
        ({"presence": "here"}, "presence", "presence.unknown"),
        ({"presence": "absent"}, "cause", "cause.required"),
        ({"presence": "absent", "cause": "boredom"}, "cause", "cause.unknown"),
        ({"presence": "present", "cause": "illness"}, "cause", "cause.while_present"),
        ({"presence": "late", "cause": "personal"}, "cause", "cause.while_present"),
        ({"onset": date(2026, 9, 16)}, "onset", "onset.after_day"),
        ({"onset": date(2025, 9, 1)}, "onset", "onset.too_old"),
        ({"diagnosis": "流" * 101}, "diagnosis", "text.too_long"),
        ({"note": "很" * 501}, "note", "text.too_long"),
    ],
)
def test_what_cannot_be_taken_is_named(given, field, code):
    mark, found = read_mark(MarkInput(1, **{"presence": "present", **given}), DAY, WORDS)
    assert mark is None
    assert [(f.field, f.code) for f in found] == [(field, code)]
    assert found[0].label.zh
    assert found[0].label.en


@pytest.mark.parametrize(
    "marks, all_well, expected",
    [
        ([MarkInput(7, "present")], False, [("marks.0.person_id", "person.not_on_roll")]),
        ([MarkInput(9, "absent", "illness")], False, [("marks.0.person_id", "person.left")]),
        (
            [MarkInput(1, "late"), MarkInput(1, "absent", "illness")],
            False,
            [("marks.1.person_id", "person.twice")],
        ),
        ([MarkInput(1, "late")], True, [("all_well", "all_well.with_exceptions")]),
        ([MarkInput(1, "present", answers=[5])], True, []),
        (
            [MarkInput(1, "late"), MarkInput(2, "absent"), MarkInput(-1, "late")],
            False,
            [("marks.1.cause", "cause.required"), ("marks.2.person_id", "person.not_on_roll")],
        ),
    ],
)
def test_a_roll_is_read_as_a_whole(marks, all_well, expected):
    _kept, found = read_marks(marks, ROLL, LEFT, all_well, DAY, WORDS)
    assert [(f.field, f.code) for f in found] == expected
    assert all("王小一" in f.label.zh for f in found if f.code == "person.twice")


def said(person: int = 1, **what) -> Statement:
    given = {
        "fever": False, "symptoms": (), "absent": False, "cause": "", "temperature": None, "channel": "guardian",
        "report_id": 5, "received_at": AT, **what,
    }  # fmt: skip
    return Statement(person_id=person, **given)


def mark(presence: str = "present", person: int = 1, **more) -> Mark:
    counts_as = WORDS.counts_as(more.get("cause", "")) if presence == "absent" else None
    return Mark(person_id=person, presence=presence, counts_as=counts_as, **more)


@pytest.mark.parametrize(
    "statement, marked, kinds",
    [
        (said(), None, []),
        (said(fever=True), None, [("fever",)]),
        (said(symptoms=("cough",)), None, [("symptoms",)]),
        (said(absent=True, cause="personal"), None, [("absence",)]),
        (said(fever=True, symptoms=("fever", "cough")), None, [("fever", "symptoms")]),
        (said(fever=True), mark(fever=True), []),
        (said(fever=True), mark(symptoms=("cough",)), [("fever",)]),
        (said(fever=True), mark(answers=(5,)), []),
        (said(fever=True), mark(answers=(6,)), [("fever",)]),
        (said(fever=True), mark("absent", cause="personal"), []),
        (said(symptoms=("cough",)), mark(fever=True), []),
        (said(absent=True, cause="illness"), mark(fever=True), [("absence",)]),
        (said(absent=True, cause="illness"), mark("late"), [("absence",)]),
        (said(absent=True, cause="illness"), mark("late", answers=(5,)), []),
    ],
)
def test_what_was_said_is_never_covered_by_the_tap(statement, marked, kinds):
    found = contradictions([statement], {1: marked} if marked else {})
    assert [c.kinds for c in found] == kinds


@pytest.mark.parametrize("settled_after, still_open", [(-1, 1), (0, 0), (60, 0)])
def test_an_accepted_earlier_session_settles_what_was_known_then(settled_after, still_open):
    settled_at = AT + timedelta(minutes=settled_after)
    assert len(contradictions([said(fever=True)], {}, settled_at)) == still_open


def test_a_check_is_counted_by_exception():
    marks = [
        mark("absent", 1, cause="illness", fever=True),
        mark("absent", 2, cause="personal"),
        mark("absent", 3, cause="unknown"),
        mark("late", 4),
        mark("present", 5, symptoms=("cough",)),
        mark("left_early", 6, fever=True),
        mark("present", 7, answers=(1,)),
    ]
    assert tally(45, marks) == Figures(
        expected=45, present=42, absent=3, absent_ill=1, absent_other=1, absent_unknown=1,
        late_arrivals=1, symptomatic=3, fever=2,
    )  # fmt: skip
    assert count([tally(45, marks), tally(40, [])]).expected == 85
    assert count([]) == Figures(0, 0)


def test_changes_compare_two_days():
    before = {
        1: mark("absent", 1, cause="illness"),
        2: mark("absent", 2, cause="illness"),
        3: mark(person=3, fever=True),
    }
    before[8] = mark("absent", 8, cause="illness")
    after = {
        2: mark("absent", 2, cause="illness"), 3: mark(person=3, fever=True), 4: mark(person=4, fever=True),
        5: mark("absent", 5, cause="unknown", fever=True),
    }  # fmt: skip
    found = changes(before, after, frozenset({1, 2, 3, 4, 5}))
    assert (found.new_fever, found.new_absence, found.returned, found.still_absent) == ((4, 5), (5,), (1,), (2,))
    assert not changes({}, {})


@pytest.mark.parametrize(
    "before, since", [(None, DAY), (date(2026, 9, 10), date(2026, 9, 10)), (date(2026, 9, 20), DAY)]
)
def test_an_absence_continues_from_its_first_day(before, since):
    assert absent_since(DAY, before) == since


@pytest.mark.parametrize(
    "facts, key",
    [
        (PersonDay(1, False), "unanswered"),
        (PersonDay(1, False, None, (said(),)), "well"),
        (PersonDay(1, False, None, (said(fever=True),)), "ill_present"),
        (PersonDay(1, False, None, (said(absent=True, cause="illness"),)), "absent_ill"),
        (PersonDay(1, False, None, (said(absent=True, cause="personal"),)), "absent_other"),
        (PersonDay(1, True), "well"),
        (PersonDay(1, True, None, (said(),)), "well"),
        (PersonDay(1, True, None, (said(fever=True),)), "contradicted"),
        (PersonDay(1, True, mark(answers=(5,)), (said(fever=True),)), "well"),
        (PersonDay(1, True, mark(symptoms=("cough",))), "ill_present"),
        (PersonDay(1, True, mark("late")), "well"),
        (PersonDay(1, True, mark("absent", cause="illness")), "absent_ill"),
        (PersonDay(1, True, mark("absent", cause="unknown")), "absent_other"),
        (PersonDay(1, True, mark("left_early")), "left_early"),
        (PersonDay(1, True, None, (), AT), "left_early"),
        (PersonDay(1, False, None, (), AT), "left_early"),
        (PersonDay(1, True, mark("absent", cause="illness"), (), AT), "absent_ill"),
    ],
)
def test_the_status_of_a_day_follows_from_its_facts(facts, key):
    from lianfang.ui import status

    decision = person_day(facts, WORDS)
    assert decision.value == key
    assert status.get(key, "person_day")
    assert decision.reasons[0].version == WORDS.version
    assert decision.changes_at is None


@pytest.mark.parametrize(
    "session, known",
    [("morning", True), ("lesson-3", True), ("lesson-0", False), ("lesson-10", False), ("night", False), ("", False)],
)
def test_sessions(session, known):
    assert is_session(session) is known


def test_sessions_follow_the_day():
    assert sorted(["evening", "noon", "lesson-2", "morning", "lesson-1"], key=session_rank) == [
        "morning", "lesson-1", "lesson-2", "noon", "evening",
    ]  # fmt: skip
