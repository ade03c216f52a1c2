"""The roll before the tap, changes between days, figures and days as known at an instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lianfang.daily import queries
from lianfang.daily.rules import SaidInput
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.errors import Invalid
from tests.daily.cast import DAY, MORNING, Morning, absent, ill, make_morning

YESTERDAY = MORNING - timedelta(days=1)


def test_known_absences_and_notices_are_filled_in(school: Morning):
    friday = MORNING - timedelta(days=4)
    school.check(marks=[absent(school.pupil(1), diagnosis="流感"), absent(school.pupil(3))], now=friday)
    school.check(marks=[absent(school.pupil(1), diagnosis="流感"), absent(school.pupil(3))], now=YESTERDAY)
    notice = school.report("other_guardian", school.pupil(2), absent=True, cause="personal")
    fever = school.report("mother", school.pupil(0), temperature=38.2)
    roll = queries.roll(school.actor("teacher"), school.unit(), None, "morning", MORNING)
    rows = {row.member.person_id: row for row in roll.rows}
    known = rows[school.pupil(1)]
    assert known.known is not None
    assert known.mark is not None
    assert (known.known.since, known.known.school_days, known.mark.cause) == (
        friday.date() + timedelta(days=1),
        3,
        "illness",
    )
    assert known.mark.diagnosis == "流感"
    told = rows[school.pupil(2)]
    assert told.mark is not None
    assert (told.mark.cause, told.mark.answers, told.open) == ("personal", (notice.id,), [])
    assert [c.report_id for c in rows[school.pupil(0)].open] == [fever.id]
    assert len(roll.special) == 4
    school.check(
        marks=[absent(school.pupil(1)), absent(school.pupil(2), "personal"), ill(school.pupil(0), "fever")], now=MORNING
    )
    after = queries.roll(school.actor("teacher"), school.unit(), None, "morning", MORNING)
    assert (after.check is not None, after.open) == (True, [])


def test_a_family_that_says_well_again_is_not_filled_in_as_absent(school: Morning):
    school.check(marks=[absent(school.pupil(0))], now=YESTERDAY)
    school.report("mother", school.pupil(0), temperature=36.4)
    roll = queries.roll(school.actor("teacher"), school.unit(), DAY, "morning", MORNING)
    row = roll.rows[0]
    assert (row.known is not None, row.mark, row.special) == (True, None, True)


def test_noon_starts_from_the_morning_and_does_not_ask_twice(school: Morning):
    said = school.report("mother", school.pupil(0), temperature=38.2)
    school.check(marks=[ill(school.pupil(0), answers=[said.id]), absent(school.pupil(1))])
    noon = MORNING + timedelta(hours=5)
    roll = queries.roll(school.actor("teacher"), school.unit(), DAY, "noon", noon)
    assert (roll.open, [r.member.person_id for r in roll.rows if r.mark]) == ([], [school.pupil(1)])
    school.check(all_well=True, session="noon", now=noon)
    later = school.report("mother", school.pupil(0), temperature=38.9, now=noon + timedelta(minutes=5))
    with pytest.raises(Invalid) as refusal:
        school.check(all_well=True, session="evening", now=noon + timedelta(hours=7))
    assert refusal.value.errors[0].field == f"answers.{school.pupil(0)}.{later.id}"


def test_changes_since_the_last_checked_day(school: Morning):
    school.check(marks=[absent(school.pupil(1)), absent(school.pupil(2)), ill(school.pupil(3), "fever")], now=YESTERDAY)
    actor = school.actor("nurse")
    one, two = queries.changes_since_yesterday(actor, school.unit("school"), DAY)
    assert (one.session, one.rows(), two.session) == ("", [], "")
    school.check(marks=[absent(school.pupil(2)), absent(school.pupil(4)), ill(school.pupil(5), "fever")])
    one, _two = queries.changes_since_yesterday(actor, school.unit("school"), DAY)
    assert [(kind, member.person_id) for kind, member, _mark in one.rows()] == [
        ("new_fever", school.pupil(5)),
        ("new_absence", school.pupil(4)),
        ("returned", school.pupil(1)),
        ("still_absent", school.pupil(2)),
    ]
    assert one.before == DAY - timedelta(days=1)
    figures = queries.class_figures([school.unit(), school.unit("class2")], DAY, "morning")
    assert list(figures) == [school.unit()]
    f = figures[school.unit()]
    assert (f.new_ill, f.returned, f.absent_ill, f.fever) == (1, 1, 2, 1)


def test_what_was_known_then_is_still_answered_so(school: Morning):
    first = school.check(marks=[absent(school.pupil(1))])
    at_0930 = MORNING + timedelta(minutes=110)
    later = at_0930 + timedelta(minutes=50)
    school.check(all_well=True, corrects=first.id, reason="看错名单", now=later)
    school.leave("nurse", school.pupil(3), later, said=SaidInput(cause="illness"))
    then = queries.class_figures([school.unit()], DAY, "morning", at_0930)[school.unit()]
    now = queries.class_figures([school.unit()], DAY, "morning")[school.unit()]
    assert (then.absent_ill, then.early_leave, then.new_ill) == (1, 0, 1)
    assert (now.absent_ill, now.early_leave, now.present) == (0, 1, 8)
    assert queries.class_figures([school.unit()], DAY, "morning", MORNING - timedelta(minutes=1)) == {}
    view = queries.unit_day(school.actor("teacher", later), school.unit(), DAY, later)
    assert [(v.replaced_at, v.check.correction_reason) for v in view.versions] == [(None, "看错名单"), (later, "")]
    assert view.counts() == {"well": 7, "left_early": 1}
    old = queries.unit_day(school.actor("teacher", later), school.unit(), DAY, later, at_0930)
    assert old.counts() == {"well": 7, "absent_ill": 1}
    assert [v.replaced_at for v in old.versions] == [None]
    before = queries.unit_day(school.actor("teacher", later), school.unit(), DAY, later, MORNING - timedelta(hours=1))
    assert before.counts() == {"unanswered": 8}


def test_a_report_after_the_check_shows_as_a_contradiction(school: Morning):
    school.check(all_well=True)
    school.report("mother", school.pupil(0), temperature=38.2, now=MORNING + timedelta(minutes=5))
    view = queries.unit_day(school.actor("teacher"), school.unit(), DAY, MORNING)
    assert view.counts() == {"well": 7, "contradicted": 1}


@pytest.mark.parametrize("session, day", [("night", 0), ("morning", 1)])
def test_a_roll_that_cannot_be_called(school: Morning, session, day):
    with pytest.raises(Invalid):
        queries.roll(school.actor("teacher"), school.unit(), DAY + timedelta(days=day), session, MORNING)


def test_the_number_of_queries_is_the_same_for_5_and_45(db: None):
    few, many = counts_for(5), counts_for(45)
    assert few == many
    assert few["roll"] <= 16


def counts_for(size: int) -> dict[str, int]:
    """Queries of every look at a school with classes of `size`, which is gone afterwards."""
    forget_cached_actors()
    with transaction.atomic():
        school = make_morning(size)
        school.check("nurse", marks=[absent(school.pupil(i)) for i in range(0, size, 2)], now=YESTERDAY)
        for i in range(0, size, 3):
            school.report("nurse", school.pupil(i), said=SaidInput(38.0))
        actor, mother = school.actor("principal"), school.actor("mother")
        both = [school.unit(), school.unit("class2")]
        looks = {
            "roll": lambda: queries.roll(actor, school.unit(), DAY, "morning", MORNING),
            "changes": lambda: queries.changes_since_yesterday(actor, school.unit("school"), DAY),
            "coverage": lambda: queries.report_coverage(actor, school.unit("school"), DAY),
            "day": lambda: queries.unit_day(actor, school.unit(), DAY, MORNING),
            "figures": lambda: queries.class_figures(both, DAY - timedelta(days=1), "morning"),
            "subjects": lambda: queries.own_subjects(mother, MORNING),
        }
        counts = {}
        for name, look in looks.items():
            with CaptureQueriesContext(connection) as captured:
                look()
            counts[name] = len(captured)
        transaction.set_rollback(True)
    forget_cached_actors()
    return counts
