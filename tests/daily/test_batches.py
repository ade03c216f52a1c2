"""Batches: one bad item never spoils the others; queries do not grow with items; times are ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.daily.actions import (
    CheckItem,
    LeaveItem,
    ReportAnswer,
    ReportItem,
    record_early_leave,
    save_checks,
    submit_reports,
)
from lianfang.daily.models import EarlyLeave, HealthReport, RollCheck
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.foundation.errors import Conflict, Invalid, NotFound
from lianfang.foundation.models import JournalEntry, Receipt
from tests.daily.cast import DAY, MORNING, Morning, absent, ill

# On PostgreSQL one statement a batch keeps a repetition waiting for its first try (ADR 0015).
LOCKS = 1 if connection.vendor == "postgresql" else 0


def report(school: Morning, part: str, person: int, now=MORNING, client_id=None, **more) -> ReportItem:
    return ReportItem(actor=school.actor(part, now), client_id=client_id or uuid4(), person_id=person, **more)


def test_one_bad_report_never_spoils_the_others(school: Morning):
    twice = uuid4()
    items = [
        report(school, "mother", school.pupil(0), said=SaidInput(36.5)),
        report(school, "mother", school.pupil(0), said=SaidInput(55)),
        report(school, "other_guardian", school.pupil(0)),
        report(school, "teacher", school.pupil(3), said=SaidInput(symptoms=("cough",))),
        report(school, "mother", school.pupil(1, "class2"), client_id=twice, true_at=MORNING),
        report(school, "mother", school.pupil(1, "class2"), client_id=twice, true_at=MORNING),
        report(school, "mother", school.pupil(1, "class2"), client_id=twice, said=SaidInput(37.9), true_at=MORNING),
        report(school, "mother", 2**70),
    ]
    results = submit_reports(items)
    assert [type(r).__name__ for r in results] == [
        "ReportAnswer", "Invalid", "NotFound", "ReportAnswer", "ReportAnswer", "ReportAnswer", "Conflict", "NotFound",
    ]  # fmt: skip
    assert results[4] == results[5]
    assert HealthReport.objects.count() == Receipt.objects.count() == 3
    assert JournalEntry.objects.filter(action="daily.report.submitted").count() == 3
    assert {r.channel for r in HealthReport.objects.all()} == {"guardian", "class"}
    assert submit_reports(items[:1]) == results[:1]


def test_a_fault_that_no_rule_caught_leaves_the_others_stored(school: Morning, monkeypatch: pytest.MonkeyPatch):
    from lianfang.daily.actions import reports

    plain = reports._row

    def broken(ready):
        row = plain(ready)
        if ready.item.person_id == school.pupil(1, "class2"):
            row.temperature = 99  # as if a rule had let it through: the database's own constraint refuses it
        return row

    monkeypatch.setattr(reports, "_row", broken)
    items = [report(school, "mother", school.pupil(0)), report(school, "mother", school.pupil(1, "class2"))]
    good, bad = submit_reports(items)
    assert isinstance(bad, Conflict)
    assert isinstance(good, ReportAnswer)
    assert HealthReport.objects.get().pk == good.id
    assert Receipt.objects.count() == 1


def test_checks_of_many_classes_in_one_batch(school: Morning):
    def item(part: str, unit: str, marks=(), session="morning", now=MORNING) -> CheckItem:
        return CheckItem(
            actor=school.actor(part, now),
            client_id=uuid4(),
            unit_id=school.unit(unit),
            day=DAY,
            session=session,
            marks=marks,
        )

    results = save_checks(
        [
            item("teacher", "class1", [absent(school.pupil(1))]),
            item("teacher", "class2"),
            item("teacher2", "class2", [MarkInput(school.pupil(1), "late")]),
            item("teacher2", "class2", [ill(school.pupil(2, "class2"), "rash")]),
            item("teacher", "class1", session="noon", now=MORNING + timedelta(hours=5)),
            item("teacher", "class1"),
        ]
    )
    assert [type(r).__name__ for r in results] == [
        "CheckAnswer", "NotFound", "Invalid", "CheckAnswer", "CheckAnswer", "Conflict",
    ]  # fmt: skip
    assert RollCheck.objects.count() == 3


def queries_of(act) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return len(captured)


def test_the_number_of_queries_does_not_grow_with_reports(school: Morning):
    teacher = school.actor("teacher")
    assert teacher.family == frozenset()

    def act(seats) -> int:
        items = [
            ReportItem(actor=teacher, client_id=uuid4(), person_id=school.pupil(seat), said=SaidInput(36.6))
            for seat in seats
        ]
        return queries_of(lambda: submit_reports(items))

    assert act([0]) == act([1, 2, 3, 4, 5, 6, 7]) <= 10 + LOCKS


def test_a_check_needs_the_same_queries_whatever_its_exceptions(school: Morning):
    school.check(marks=[absent(school.pupil(0))])

    def act(days: int, *marks: MarkInput) -> int:
        now = MORNING + timedelta(days=days)
        item = CheckItem(
            actor=school.actor("teacher", now),
            client_id=uuid4(),
            unit_id=school.unit(),
            day=DAY + timedelta(days=days),
            session="morning",
            marks=marks,
        )
        return queries_of(lambda: save_checks([item]))

    assert act(1, absent(school.pupil(0))) == act(2, *(absent(school.pupil(i)) for i in range(7))) <= 40 + LOCKS


@pytest.mark.parametrize(
    "true_at, client_now, code, late",
    [
        (None, None, None, 0),
        (-30, None, None, 30),
        (60 * 24 * 400, 60 * 24 * 400, None, 0),  # a phone that lives in another year
        (60 * 24 * 400 - 90, 60 * 24 * 400, None, 90),
        (30, None, "time.future", 0),
        (-60 * 24 * 15, None, "time.too_old", 0),
    ],
)
def test_times_follow_our_clock(school: Morning, true_at, client_now, code, late):
    def at(minutes):
        return None if minutes is None else MORNING + timedelta(minutes=minutes)

    said = {"true_at": at(true_at), "client_now": at(client_now)}
    if code is None:
        answer = school.report("mother", school.pupil(0), now=MORNING, **said)
        row = HealthReport.objects.get(pk=answer.id)
        assert (row.received_at, row.true_at) == (MORNING, MORNING - timedelta(minutes=late))
    else:
        with pytest.raises(Invalid) as refusal:
            school.report("mother", school.pupil(0), now=MORNING, **said)
        assert [(e.field, e.code) for e in refusal.value.errors] == [("true_at", code)]
        assert HealthReport.objects.count() == 0


@pytest.mark.parametrize(
    "day, true_at, code",
    [
        (1, None, "day.future"),
        (-1, None, "day.other"),
        (-1, -24 * 60, None),
        (-20, -24 * 60, "time.too_old"),
    ],
)
def test_a_check_is_about_the_day_on_which_it_was_made(school: Morning, day, true_at, code):
    told: dict[str, Any] = {"true_at": MORNING + timedelta(minutes=true_at)} if true_at is not None else {}
    if code is None:
        answer = school.check(day=DAY + timedelta(days=day), on_paper=True, **told)
        check = RollCheck.objects.get(pk=answer.id)
        assert (check.on_paper, check.received_at, check.true_at) == (True, MORNING, MORNING - timedelta(days=1))
    else:
        with pytest.raises(Invalid) as refusal:
            school.check(day=DAY + timedelta(days=day), **told)
        assert [(e.field, e.code) for e in refusal.value.errors] == [("day", code)]


def test_who_left_and_who_never_was_here(school: Morning):
    from lianfang.foundation.actor import system_actor
    from lianfang.people import actions as people
    from lianfang.people.models import Membership

    gone = Membership.objects.get(person_id=school.pupil(2), unit_id=school.unit())
    people.end_membership(system_actor("test", MORNING), MORNING, membership=gone, ends=DAY - timedelta(days=2))
    with pytest.raises(Invalid) as refusal:
        school.check(marks=[absent(school.pupil(2)), absent(school.pupil(0, "foreign_class"))])
    assert [(e.field, e.code) for e in refusal.value.errors] == [
        ("marks.0.person_id", "person.left"),
        ("marks.1.person_id", "person.not_on_roll"),
    ]
    assert school.d.pupils["class1"][2].name in str(refusal.value.errors[0].message)
    assert school.d.pupils["foreign_class"][0].name not in str(refusal.value.errors[1].message)
    with pytest.raises(Invalid) as refusal:
        school.report("other_guardian", school.pupil(2), now=MORNING)
    assert [(e.field, e.code) for e in refusal.value.errors] == [("person_id", "person.on_no_roll")]
    assert school.check(all_well=True).figures["expected"] == 7
    assert HealthReport.objects.count() == 0


def test_an_early_leave_is_recorded_once_and_corrected_beside(school: Morning):
    later = MORNING + timedelta(hours=3)
    first = school.leave(
        "teacher", school.pupil(1), later, said=SaidInput("38.1", symptoms=("vomiting",), cause="illness")
    )
    with pytest.raises(Conflict):
        school.leave("nurse", school.pupil(1), later, said=SaidInput(cause="illness"))
    second = school.leave(
        "nurse", school.pupil(1), later, said=SaidInput(cause="personal"), corrects=first.id, fetched_by="李奶奶"
    )
    assert EarlyLeave.objects.get_queryset().effective().get().pk == second.id
    assert EarlyLeave.objects.get(pk=first.id).fever
    for wrong in (
        {"said": SaidInput()},
        {"said": SaidInput(cause="x")},
        {"said": SaidInput(cause="illness"), "true_at": later + timedelta(hours=1)},
    ):
        with pytest.raises(Invalid):
            school.leave("teacher", school.pupil(3), later, **wrong)
    with pytest.raises(NotFound):
        school.leave("teacher2", school.pupil(3), later, said=SaidInput(cause="illness"))
    stranger = LeaveItem(
        actor=school.actor("teacher", later), client_id=uuid4(), person_id=school.pupil(0, "foreign_class"),
        unit_id=school.unit(), said=SaidInput(cause="illness"),
    )  # fmt: skip
    (refused,) = record_early_leave([stranger])
    assert isinstance(refused, Invalid)
