"""Groups, link books, rosters and meetings of the access tests' world: at the school, and at the foreign school."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

from lianfang.duties import actions as duties
from lianfang.duties.models import Shift
from lianfang.duties.rules.shifts import Slot
from lianfang.foundation.actor import Actor, forget_cached_actors, load_actor, system_actor
from lianfang.people import actions as people
from tests.district import DAY, SETUP, TERM
from tests.reporting.cast import at

# Where → the school's administrator, whoever holds the shifts, whoever is asked to stand in, who carries a decision out.
PLAYED = {
    "school": ("admin", "guard", "nurse", "grade", "grade_head", "teacher"),
    "foreign_school": ("foreign_admin", "foreign_guard", "foreign_reporter", "foreign_class", "homeroom_teacher", ""),
}


def enter(w: Any, say: Any) -> None:
    """Enter a group with a member, two numbers, two days of gate shifts and a meeting, at both schools."""
    system, now = system_actor("test", SETUP), at("10:38")
    person = people.create_person(system, SETUP, name="龚卫")
    people.assign_post(
        system,
        SETUP,
        person=person,
        unit=w.d.units["foreign_school"],
        role="gate_guard",
        begins=TERM[0] - timedelta(days=1),
    )
    account, _secret = people.open_account(system, SETUP, person=person, username="foreign_guard")
    forget_cached_actors()

    def actor(part: str) -> Actor:
        return load_actor(account, now, "test") if part == "foreign_guard" else w.actor(part, now)

    for where, (admin, guard, asked, charged, role, invited) in PLAYED.items():
        unit, by = w.d.units[where], actor(admin)
        holder = account.pk if guard == "foreign_guard" else w.d.accounts[guard].pk
        group = people.form_group(
            by,
            now,
            unit=unit,
            kind="leading",
            begins=DAY,
            name=say("group", "领导小组"),
            task=say("group_task", "统筹"),
        )
        chief = w.d.persons["principal" if where == "school" else "foreign_principal"]
        member = people.add_group_member(
            by, now, group_id=group.pk, person=chief, part="head", begins=DAY, task=say("member_task", "总负责")
        )
        entry = people.add_link(
            by,
            now,
            unit=unit,
            kind="cdc",
            name=say("link", "区疾控中心"),
            phone="0571-87001234",
            contact=say("link_contact", "值班室"),
            note=say("link_note", "夜间转手机"),
        )
        plan = duties.plan_shifts(
            by,
            now,
            unit_id=unit.pk,
            plan=duties.NewPlan(
                "gate_guard",
                DAY,
                DAY + timedelta(days=1),
                "every",
                "day",
                (Slot("白班", time(7), time(19)),),
                (holder,),
            ),
        )
        first, second = Shift.objects.filter(plan=plan).order_by("begins")
        note = duties.hand_over(actor(guard), now, shift_id=first.pk, text=say("note", "西门锁已换"))
        change = duties.ask_change(
            actor(guard),
            now,
            shift_id=second.pk,
            to_account_id=w.d.accounts[asked].pk,
            reason=say("change_reason", "家里有事"),
        )
        meeting = duties.call_meeting(
            by,
            now,
            unit_id=unit.pk,
            title=say("meeting", "例会"),
            begins_at=now,
            place=say("meeting_place", "二楼会议室"),
            agenda=say("agenda", "一、缺勤情况"),
            group_id=group.pk,
            person_ids=[w.d.persons[invited].pk] if invited else [],
        )
        duties.write_minutes(by, now, meeting_id=meeting.pk, text=say("minutes", "一致同意"))
        decision = duties.decide(
            by,
            now,
            meeting_id=meeting.pk,
            client_id=uuid4(),
            text=say("decision", "各班通风"),
            unit_id=w.unit(charged),
            role=role,
            due_on=DAY + timedelta(days=3),
        )
        rows = {
            "group": group,
            "member": member,
            "link": entry,
            "plan": plan,
            "shift": second,
            "note": note,
            "change": change,
            "meeting": meeting,
            "decision": decision,
        }
        w.ids |= {f"{name}:{where}": row.pk for name, row in rows.items()}
