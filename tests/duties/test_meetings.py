"""Meetings: attendance, minutes in versions, decisions that raise exactly one duty each."""

import threading
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from lianfang.duties import actions, queries
from lianfang.duties.models import Decision, Duty, Meeting, Minutes
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from tests.district import make_district
from tests.duties.roster import TUESDAY, at

NOW = at("15:00")
DUE = TUESDAY + timedelta(days=3)


@pytest.fixture
def d(db):
    forget_cached_actors()
    yield make_district(3)
    forget_cached_actors()


def meeting(d, part="admin", unit="school", **more):
    given = {"title": "防控领导小组例会", "begins_at": NOW, "agenda": "1. 近期缺勤\n2. 消毒"}
    return actions.call_meeting(d.actor(part, NOW), NOW, unit_id=d.units[unit].pk, **{**given, **more})


def decide(d, row, part="admin", now=NOW, **more):
    given = {
        "client_id": uuid4(),
        "text": "各班每天通风三次",
        "unit_id": d.units["grade"].pk,
        "role": "grade_head",
        "due_on": DUE,
    }
    return actions.decide(d.actor(part, now), now, meeting_id=row.pk, **{**given, **more})


def sheet(d, part, row, now=NOW):
    return queries.meeting_sheet(d.actor(part, now), now, row.pk)


def test_members_of_the_group_are_asked_and_attendance_is_noted(d):
    admin = d.actor("admin", NOW)
    group = people.form_group(admin, NOW, unit=d.units["school"], kind="leading", begins=date(2026, 9, 1))
    people.add_group_member(
        admin, NOW, group_id=group.pk, person=d.persons["principal"], part="head", begins=date(2026, 9, 1)
    )
    row = meeting(d, group_id=group.pk, person_ids=[d.persons["nurse"].pk])
    states = {d.persons["principal"].pk: "present", d.persons["nurse"].pk: "absent"}
    actions.note_attendance(admin, NOW, meeting_id=row.pk, states=states)
    found = sheet(d, "principal", row)
    assert {a.person_id: a.state for a in found.attendances} == states
    with pytest.raises(Invalid):
        actions.note_attendance(admin, NOW, meeting_id=row.pk, states={d.persons["mother"].pk: "present"})
    with pytest.raises(Invalid):
        meeting(d, person_ids=[d.persons["foreign_teacher"].pk])
    body = JournalEntry.objects.filter(action="duties.meeting.attended").first().payload.body
    assert body["changed"][str(d.persons["nurse"].pk)] == ["invited", "absent"]


def test_a_decision_is_read_by_who_carries_it_out_and_who_was_there_not_by_every_colleague(d):
    row = meeting(d, person_ids=[d.persons["teacher"].pk])
    made = decide(d, row, unit_id=d.units["school"].pk, role="gate_guard")
    people.assign_post(
        d.actor("admin", NOW), NOW, person=d.persons["teacher2"], unit=d.units["school"], role="canteen_staff",
        begins=TUESDAY,
    )  # fmt: skip
    later = NOW + timedelta(minutes=1)
    read = {part: queries.decision_sheet(d.actor(part, later), later, made.pk)[1] for part in ("guard", "teacher")}
    assert read == {"guard": True, "teacher": False}
    with pytest.raises(NotFound):
        queries.decision_sheet(d.actor("teacher2", later), later, made.pk)


def test_correcting_minutes_keeps_the_old_version(d):
    row, admin = meeting(d), d.actor("admin", NOW)
    actions.write_minutes(admin, NOW, meeting_id=row.pk, text="一致同意。", seen=0)
    with pytest.raises(Conflict):
        actions.write_minutes(admin, NOW, meeting_id=row.pk, text="另一份", reason="漏记", seen=0)
    with pytest.raises(Invalid):
        actions.write_minutes(admin, NOW, meeting_id=row.pk, text="没有原因")
    later = NOW + timedelta(hours=1)
    actions.write_minutes(admin, later, meeting_id=row.pk, text="多数同意。", reason="记错了", seen=1)
    versions = sheet(d, "principal", row).minutes
    assert [(m.number, m.text, m.reason) for m in versions] == [(2, "多数同意。", "记错了"), (1, "一致同意。", "")]
    assert JournalEntry.objects.filter(action="duties.meeting.minuted").count() == 2


def test_a_decision_is_owed_done_and_seen_on_the_meeting(d):
    row = meeting(d)
    decision = decide(d, row)
    duty = Duty.objects.get(kind="meeting-decision")
    assert decision.duty_id == duty.pk
    assert (duty.holder_role, duty.unit_id, duty.due_at) == ("grade_head", d.units["grade"].pk, at("17:00", DUE))
    (owed,) = [o for o in queries.owed_by(d.actor("grade_head", NOW), NOW) if o.kind == "meeting-decision"]
    assert owed.link == f"/duties/decisions/{decision.pk}/"
    line, mine = queries.decision_sheet(d.actor("grade_head", NOW), NOW, decision.pk)
    assert mine and line.row.text == "各班每天通风三次"
    late = at("17:01", DUE)
    assert sheet(d, "principal", row, late).decisions[0].state == "overdue"
    with pytest.raises(NotFound):
        actions.carry_out(d.actor("teacher", late), late, decision_id=decision.pk, outcome="好了")
    actions.carry_out(d.actor("grade_head", late), late, decision_id=decision.pk, outcome="已落实")
    assert sheet(d, "principal", row, late).decisions[0].state == "done_late"
    with pytest.raises(Conflict):
        actions.carry_out(d.actor("grade_head", late), late, decision_id=decision.pk, outcome="再来")


def test_the_same_decision_again_is_the_same_one(d):
    row, same = meeting(d), uuid4()
    first, again = decide(d, row, client_id=same), decide(d, row, client_id=same)
    assert first.pk == again.pk and Duty.objects.filter(kind="meeting-decision").count() == 1
    with pytest.raises(Conflict):
        decide(d, row, client_id=same, text="别的")
    assert decide(d, row).pk != first.pk
    assert JournalEntry.objects.filter(action="duties.meeting.decided").count() == 2


def test_a_decision_entered_by_several_hands_at_once_raises_one_duty(transactional_db):
    from lianfang.foundation.apps import seed

    seed("default")
    forget_cached_actors()
    d = make_district(3)
    row, same, gate, found = meeting(d), uuid4(), threading.Barrier(3), []

    def run():
        try:
            gate.wait()
            found.append(decide(d, row, client_id=same).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and len(set(found)) == 1
    assert Decision.objects.count() == Duty.objects.filter(kind="meeting-decision").count() == 1


def test_a_withdrawn_decision_stays_and_is_owed_no_more(d):
    row = meeting(d)
    decision = decide(d, row)
    with pytest.raises(Invalid):
        actions.withdraw_decision(d.actor("admin", NOW), NOW, decision_id=decision.pk, reason=" ")
    actions.withdraw_decision(d.actor("admin", NOW), NOW, decision_id=decision.pk, reason="改由总务处办")
    duty = Duty.objects.get(pk=decision.duty_id)
    assert (duty.excused_at, duty.excuse) == (NOW, "改由总务处办")
    assert sheet(d, "principal", row).decisions[0].row.withdrawn_why == "改由总务处办"


@pytest.mark.parametrize(
    "more, field, code",
    [
        ({"text": " "}, "text", "required"),
        ({"text": "长" * 501}, "text", "too_long"),
        ({"role": "dormitory_keeper"}, "role", "not_in_post"),
        ({"role": "nonsense"}, "role", "not_in_post"),
        ({"unit": "foreign_school"}, "unit_id", "unknown"),
        ({"due_on": TUESDAY - timedelta(days=1)}, "due_on", "range"),
        ({"due_on": date(2030, 1, 1)}, "due_on", "range"),
    ],
)
def test_decisions_that_cannot_be(d, more, field, code):
    row, given = meeting(d), dict(more)
    if "unit" in given:
        given["unit_id"] = d.units[given.pop("unit")].pk
    with pytest.raises(Invalid) as refused:
        decide(d, row, **given)
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]
    assert not Decision.objects.exists() and not Duty.objects.exists()


def test_the_page_offers_a_new_meeting_to_whom_may_call_one(d):
    with using_clock(FixedClock(NOW)):
        for part, offered in (("admin", True), ("principal", True), ("nurse", False)):
            client = Client()
            client.force_login(d.accounts[part], "django.contrib.auth.backends.ModelBackend")
            unit = d.units["school"].pk
            page = client.get(f"/duties/meetings/of/{unit}/")
            assert page.status_code == 200
            assert (f"/duties/meetings/of/{unit}/new" in page.content.decode()) is offered, part


def test_who_sees_a_meeting(d):
    row = meeting(d, person_ids=[d.persons["teacher"].pk])
    for part in ("principal", "nurse", "teacher"):
        assert sheet(d, part, row).meeting.pk == row.pk
    for part in ("teacher2", "foreign_admin", "officer", "mother"):
        with pytest.raises(NotFound):
            sheet(d, part, row)
    assert not sheet(d, "teacher", row).may_manage
    with pytest.raises(Forbidden):
        actions.write_minutes(d.actor("teacher", NOW), NOW, meeting_id=row.pk, text="x")
    with pytest.raises(NotFound):
        meeting(d, "grade_head")
    assert meeting(d, "grade_head", "grade").unit_id == d.units["grade"].pk
    with pytest.raises(Invalid):
        meeting(d, title="长" * 101)
    assert Meeting.objects.count() == 2 and not Minutes.objects.exists()
