"""Saving rolls and reports: what is kept, answered and journalled, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.daily.models import HealthReport, RollCheck, RollMark
from lianfang.duties.models import Duty
from lianfang.foundation.errors import Conflict, Invalid, NotFound
from lianfang.foundation.models import JournalEntry, Receipt
from tests.daily.cast import DAY, MORNING, Morning, absent, ill


def test_one_tap_says_everybody_is_well(school: Morning):
    answer = school.check(all_well=True)
    check = RollCheck.objects.get(pk=answer.id)
    assert (check.all_well, check.expected, check.present, check.absent) == (True, 8, 8, 0)
    assert (answer.state, answer.day, check.stand_in) == ("all_well", "2026-09-15", False)
    assert RollMark.objects.count() == 0
    entry = JournalEntry.objects.get(action="daily.check.saved")
    assert (entry.unit_id, entry.subject_id, entry.actor_id) == (school.unit(), str(check.pk), check.checked_by_id)
    duty = Duty.objects.get(kind="class-morning-check", unit_id=school.unit(), period=DAY.isoformat())
    assert duty.done_at == MORNING
    assert Receipt.objects.count() == 1


def test_exceptions_are_kept_and_counted(school: Morning):
    answer = school.check(
        marks=[
            ill(school.pupil(1), "cough", temperature="37.6", site="axillary", instrument="electronic"),
            absent(school.pupil(2), "illness", symptoms=["fever", "vomiting"], onset=DAY, hospital="市一医院"),
            absent(school.pupil(3), "personal"),
            absent(school.pupil(4), "unknown"),
        ]
    )
    assert answer.figures == {
        **dict.fromkeys(answer.figures, 0),
        "expected": 8,
        "present": 5,
        "absent": 3,
        "absent_ill": 1,
        "absent_other": 1,
        "absent_unknown": 1,
        "symptomatic": 2,
        "fever": 2,
    }
    mark = RollMark.objects.get(person_id=school.pupil(2))
    assert (mark.cause, mark.fever, mark.since, mark.hospital) == ("illness", True, DAY, "市一医院")


def test_the_same_id_gets_the_same_answer_and_other_content_is_refused(school: Morning):
    client_id = uuid4()
    first = school.check(client_id=client_id, all_well=True)
    again = school.check(client_id=client_id, all_well=True, now=MORNING + timedelta(hours=2), day=DAY)
    assert again == first
    with pytest.raises(Conflict):
        school.check(client_id=client_id, marks=[absent(school.pupil(1))])
    assert RollCheck.objects.count() == 1


def test_a_second_check_needs_to_be_a_correction(school: Morning):
    first = school.check(all_well=True)
    with pytest.raises(Conflict):
        school.check(all_well=True)
    later = MORNING + timedelta(hours=1)
    second = school.check(marks=[absent(school.pupil(1))], corrects=first.id, reason="漏看一人", now=later)
    old, new = RollCheck.objects.get(pk=first.id), RollCheck.objects.get(pk=second.id)
    assert (old.superseded_at, new.corrects_id, new.superseded_at) == (later, old.pk, None)
    assert RollCheck.objects.get_queryset().effective().get() == new
    assert RollCheck.objects.get_queryset().effective(MORNING + timedelta(minutes=5)).get() == old
    with pytest.raises(Conflict):
        school.check(all_well=True, corrects=first.id, now=later + timedelta(minutes=1))
    assert JournalEntry.objects.filter(action="daily.check.corrected").count() == 1


def test_a_guardians_fever_report_is_never_covered_by_the_tap(school: Morning):
    child = school.pupil(0)
    said = school.report("mother", child, temperature=38.2, site="axillary")
    assert (said.channel, said.unwell) == ("guardian", True)
    with pytest.raises(Invalid) as refusal:
        school.check(all_well=True)
    (fault,) = refusal.value.errors
    assert (fault.field, fault.code) == (f"answers.{child}.{said.id}", "contradicted")
    assert "38.2" in str(fault.message)
    assert school.d.pupils["class1"][0].name in str(fault.message)
    school.check(marks=[ill(child, answers=[said.id])], all_well=True)
    assert RollMark.objects.get().answers == [said.id]


def test_a_foreign_class_answers_like_a_missing_one(school: Morning):
    with pytest.raises(NotFound):
        school.check(unit="foreign_class", all_well=True)
    with pytest.raises(NotFound):
        school.report("mother", school.pupil(1), temperature=36.5)


def test_reports_stand_beside_each_other_until_one_corrects(school: Morning):
    child = school.pupil(0)
    first = school.report("mother", child, temperature=38.2)
    school.report("mother", child, temperature=36.8)
    assert HealthReport.objects.get_queryset().effective().count() == 2
    school.report("mother", child, temperature=36.9, corrects=first.id, now=MORNING)
    assert HealthReport.objects.get(pk=first.id).superseded_at == MORNING
    school.check(all_well=True)
