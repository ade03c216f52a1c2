"""Answers with reasons."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest

from lianfang.kernel.decisions import Decision, Reason, earliest_change, to_json

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Answer(StrEnum):
    HELD = "held"
    FREE = "free"


HELD = Decision(
    Answer.HELD,
    (
        Reason(
            "diseases.influenza.return_courses",
            "a1b2c3d4e5f6",
            {"symptoms_gone": NOON, "celsius": Decimal("37.0"), "onset": date(2026, 3, 1), "seen": {"cough", "fever"}},
            "entry.wait_48_hours",
        ),
    ),
    NOON + timedelta(hours=48),
)


def test_there_and_back_through_json():
    data = json.loads(json.dumps(HELD.as_json()))
    back = Decision.from_json(data, Answer)
    assert back.value is Answer.HELD
    assert back.changes_at == HELD.changes_at
    assert back.reasons[0].rule_id == "diseases.influenza.return_courses"
    assert back.reasons[0].facts["seen"] == ["cough", "fever"]
    assert back.as_json() == data


def test_time_alone_changes_it_at_a_known_instant():
    assert HELD.is_current(NOON + timedelta(hours=47, minutes=59))
    assert not HELD.is_current(NOON + timedelta(hours=48))
    assert Decision(Answer.FREE).is_current(NOON)
    assert earliest_change(HELD, Decision(Answer.FREE)) == HELD.changes_at
    assert earliest_change(Decision(Answer.FREE)) is None


def test_facts_cannot_be_changed_afterwards():
    facts = {"count": 3}
    reason = Reason("clusters.alike-1-day", "v", facts)
    facts["count"] = 4
    assert reason.facts["count"] == 3
    with pytest.raises(TypeError):
        reason.facts["count"] = 5  # type: ignore[index]
    assert hash(reason) == hash(Reason("clusters.alike-1-day", "v", {"count": 3}))


def test_map_and_because_keep_the_reasons():
    more = HELD.map(lambda value: value is Answer.FREE).because(Reason("x", "1"))
    assert more.value is False
    assert [reason.rule_id for reason in more.reasons] == ["diseases.influenza.return_courses", "x"]
    assert more.changes_at == HELD.changes_at


@pytest.mark.parametrize(
    "value, expected",
    [
        (None, None),
        (True, True),
        (Answer.HELD, "held"),
        (NOON, "2026-03-02T04:00:00+00:00"),
        (timedelta(minutes=2), 120.0),
        (Decimal("37.3"), "37.3"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ((1, [date(2026, 3, 2)]), [1, ["2026-03-02"]]),
        ({Answer.HELD: frozenset({3, 1})}, {"held": [1, 3]}),
    ],
)
def test_json_forms(value, expected):
    assert to_json(value) == expected


def test_no_silent_form_for_other_types():
    with pytest.raises(TypeError):
        to_json(object())
