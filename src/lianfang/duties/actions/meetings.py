"""Meetings: called, attended, minuted; decisions become duties, exactly once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from lianfang.duties import holders, perms
from lianfang.duties import rules as duty_rules
from lianfang.duties.actions.owing import DutyKey, NewDuty, fulfil, owe
from lianfang.duties.models import Attendance, Decision, Duty, Meeting, Minutes
from lianfang.duties.planning import institution_ids
from lianfang.duties.templates import packs_for
from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.models import Group
from lianfang.people.queries.groups import staff_of
from lianfang.rulepacks import packs

KIND = "meeting-decision"
LONGEST = {"title": 100, "place": 60, "agenda": 4000, "text": 20000, "decision": 500}


def _too_long(**texts: str) -> list[FieldError]:
    return [
        FieldError(name, "too_long", _("最多 %(most)d 字，请写短一些。") % {"most": LONGEST[name]})
        for name, text in texts.items()
        if len(text) > LONGEST[name]
    ]


@transaction.atomic
def call_meeting(
    actor: Actor,
    now: datetime,
    *,
    unit_id: int,
    title: str,
    begins_at: datetime,
    place: str = "",
    agenda: str = "",
    group_id: int | None = None,
    person_ids: Sequence[int] = (),
) -> Meeting:
    """Enter a meeting of a unit, to come or past, with who is asked to it (a group's members come by themselves).

    Raises Forbidden, NotFound (unit, group), Invalid. Journals `duties.meeting.called`.
    """
    unit = unit_for(actor, perms.MEETING_MANAGE, unit_id)
    group = None
    if group_id is not None:
        group = one(Group.objects.filter(unit=unit, void_at=None), pk=group_id)
    title, place, agenda = title.strip(), place.strip(), agenda.strip()
    errors = _too_long(title=title, place=place, agenda=agenda)
    if not title:
        errors.append(FieldError("title", "required", _("请填写会议名称。")))
    if abs(begins_at - now) > timedelta(days=366):
        errors.append(FieldError("begins_at", "range", _("会议时间应在前后一年以内，请核对。")))
    if errors:
        raise Invalid(errors)
    day = local_date(begins_at, time_zone_of(unit))
    wanted = set(person_ids)
    if group is not None:
        wanted |= set(group.members.in_force(day).values_list("person_id", flat=True))
    row: Meeting = Meeting.objects.create(
        unit=unit,
        group=group,
        title=title,
        begins_at=begins_at,
        place=place,
        agenda=agenda,
        recorded_at=now,
        recorded_by_id=actor.account_id,
    )
    _ask(actor, now, row, wanted, day)
    body = {"group": group_id, "begins_at": begins_at, "people": len(wanted)}
    write(actor, [Event("duties.meeting.called", "meeting", row.pk, unit.pk, now, body)], now)
    return row


def _ask(actor: Actor, now: datetime, meeting: Any, person_ids: set[int], day: date) -> None:
    known = {p.pk for p in staff_of(meeting.unit, day)}
    members = set(meeting.group.members.in_force(day).values_list("person_id", flat=True)) if meeting.group else set()
    if person_ids - known - members:
        raise invalid("person_ids", "not_in_post", _("有人那天不在本单位岗位上，请重新选择参会人员。"))
    there = set(meeting.attendances.values_list("person_id", flat=True))
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, person_id=i, noted_at=now, noted_by_id=actor.account_id)
        for i in sorted(person_ids - there)
    )


def _meeting(actor: Actor, meeting_id: int) -> Any:
    scope = permit(actor, perms.MEETING_MANAGE)
    rows = Meeting.objects.filter(scope.unit_q("unit__path")).select_related("unit", "group")
    return one(rows.select_for_update(of=("self",)), pk=meeting_id)


@transaction.atomic
def note_attendance(
    actor: Actor, now: datetime, *, meeting_id: int, states: Mapping[int, str], more: Sequence[int] = ()
) -> Meeting:
    """Who was there: person id → invited, present or absent; `more` are further people asked to it.

    Raises Forbidden, NotFound, Invalid. Journals what changed.
    """
    meeting = _meeting(actor, meeting_id)
    _ask(actor, now, meeting, set(more), local_date(meeting.begins_at, time_zone_of(meeting.unit)))
    if any(state not in Attendance.State.values for state in states.values()):
        raise invalid("states", "unknown", _("请选择到会或缺席。"))
    rows = {r.person_id: r for r in meeting.attendances.select_for_update(of=("self",))}
    if set(states) - set(rows):
        raise invalid("states", "unknown_person", _("有人不在参会名单里，请刷新后再记。"))
    changed = {}
    for person_id, state in states.items():
        row = rows[person_id]
        if row.state != state:
            changed[str(person_id)] = [row.state, state]
            row.state, row.noted_at, row.noted_by_id = state, now, actor.account_id
            row.save(update_fields=["state", "noted_at", "noted_by"])
    body = {"changed": changed, "more": sorted(more)}
    write(actor, [Event("duties.meeting.attended", "meeting", meeting.pk, meeting.unit_id, now, body)], now)
    result: Meeting = meeting
    return result


@transaction.atomic
def write_minutes(
    actor: Actor, now: datetime, *, meeting_id: int, text: str, reason: str = "", seen: int | None = None
) -> Minutes:
    """Write the minutes; when there are some, this is a correction with a reason and the earlier version stays.

    `seen` is the number of the version that the writer had before them (0 without any). Raises Forbidden, NotFound,
    Invalid, Conflict (somebody else wrote meanwhile: nothing was stored). Journals `duties.meeting.minuted`.
    """
    meeting = _meeting(actor, meeting_id)
    text, reason = text.strip(), reason.strip()
    last = meeting.minutes.aggregate(last=Max("number"))["last"] or 0
    errors = _too_long(text=text)
    if not text:
        errors.append(FieldError("text", "required", _("请填写会议纪要。")))
    if last and not reason:
        errors.append(FieldError("reason", "required", _("更正纪要请写明原因；原来的版本会保留。")))
    if len(reason) > 200:
        errors.append(FieldError("reason", "too_long", _("原因最多 200 字，请写短一些。")))
    if errors:
        raise Invalid(errors)
    if seen is not None and seen != last:
        raise Conflict(_("别人刚刚也写了纪要，请刷新后再改；您写的内容还没有保存。"))
    row: Minutes = Minutes.objects.create(
        meeting=meeting,
        number=last + 1,
        text=text,
        reason=reason if last else "",
        written_at=now,
        written_by_id=actor.account_id,
    )
    body = {"number": row.number, "reason": row.reason}
    write(actor, [Event("duties.meeting.minuted", "meeting", meeting.pk, meeting.unit_id, now, body)], now)
    return row


@transaction.atomic
def decide(
    actor: Actor,
    now: datetime,
    *,
    meeting_id: int,
    client_id: UUID,
    text: str,
    unit_id: int,
    role: str,
    due_on: date,
) -> Decision:
    """Enter a decision; whoever holds the role at the unit owes it by 17:00 (the template's hour) of the day.

    The same `client_id` again answers with what is there. Raises Forbidden, NotFound, Invalid: `unit_id` (not the
    meeting's or below), `role` (nobody holds it there), `due_on` (past), `text`; Conflict (same id, other content).
    """
    meeting = _meeting(actor, meeting_id)
    text = text.strip()
    kept = meeting.decisions.select_related("duty").filter(client_id=client_id).first()
    if kept is not None:
        if (kept.text, kept.unit_id, kept.role, kept.due_on) != (text, unit_id, role, due_on):
            raise Conflict(_("这个编号已用于另一条决定，请刷新后重新填写。"))
        again: Decision = kept
        return again
    unit = Unit.objects.filter(path__startswith=meeting.unit.path, pk=unit_id).first()
    zone = time_zone_of(meeting.unit)
    errors = []
    if not text:
        errors.append(FieldError("text", "required", _("请写明决定的内容。")))
    if len(text) > LONGEST["decision"]:
        errors.append(FieldError("text", "too_long", _("决定最多 500 字，请分成几条写。")))
    if unit is None:
        errors.append(FieldError("unit_id", "unknown", _("承办单位须是开会单位或它下面的单位。")))
    elif role not in packs().roles or not holders.book([unit], [role], now).at(unit.pk, role):
        errors.append(FieldError("role", "not_in_post", _("这个岗位现在没有人，请先任命，或交给另一个岗位。")))
    if not 0 <= (due_on - local_date(now, zone)).days <= 366:
        errors.append(FieldError("due_on", "range", _("完成日期应在今天到一年以内。")))
    if errors or unit is None:
        raise Invalid(errors)
    row: Decision = Decision.objects.create(
        meeting=meeting,
        client_id=client_id,
        text=text,
        unit=unit,
        role=role,
        due_on=due_on,
        decided_at=now,
        recorded_by_id=actor.account_id,
    )
    key = _raise(actor, now, row, zone)
    row.duty = Duty.objects.get(kind=key.kind, unit_id=key.unit_id, period=key.period)
    row.save(update_fields=["duty"])
    body = {"meeting": meeting.pk, "unit": unit.pk, "role": role, "due_on": due_on, "duty": row.duty_id}
    write(actor, [Event("duties.meeting.decided", "decision", row.pk, meeting.unit_id, now, body)], now)
    return row


def duty_key(decision: Any) -> DutyKey:
    """The name of the duty that a decision raises; one of a name exists."""
    return DutyKey(KIND, decision.unit_id, f"decision-{decision.pk}")


def _raise(actor: Actor, now: datetime, decision: Any, zone: str) -> DutyKey:
    above = Unit.objects.in_bulk(decision.unit.ancestor_ids)
    top = above[institution_ids(above.values())[decision.unit_id]]
    template = packs_for([top], decision.due_on)[top.pk].duty_templates[KIND]
    when = duty_rules.hours(template, {}, decision.due_on, zone)
    assert when is not None
    terms = duty_rules.terms_for(duty_rules.terms_of(template), decision.role)
    key = duty_key(decision)
    owe(
        actor,
        now,
        [
            NewDuty(
                kind=key.kind,
                unit_id=key.unit_id,
                period=key.period,
                day=decision.due_on,
                opens_at=min(now, when.due_at),
                due_at=when.due_at,
                terms=terms,
                version=duty_rules.version_for(template.version, decision.role),
                link=f"/duties/decisions/{decision.pk}/",
            )
        ],
    )
    return key


@transaction.atomic
def carry_out(actor: Actor, now: datetime, *, decision_id: int, outcome: str) -> Decision:
    """Whoever holds the decision's role says what was done; the duty is fulfilled at that instant.

    Raises NotFound (not theirs), Invalid, Conflict (done or withdrawn). Journals `duties.meeting.carried_out`.
    """
    rows = Decision.objects.select_related("unit", "duty", "meeting").select_for_update(of=("self",))
    row: Any = one(rows, pk=decision_id)
    if actor.account_id not in holders.book([row.unit], [row.role], now).at(row.unit_id, row.role):
        raise NotFound("decision")
    words = outcome.strip()
    if not words:
        raise invalid("outcome", "required", _("请写明办理结果。"))
    if len(words) > 500:
        raise invalid("outcome", "too_long", _("办理结果最多 500 字，请写短一些。"))
    if row.withdrawn_at is not None or row.outcome:
        raise Conflict(_("这条决定已经办完或撤销，不需要再办。"))
    row.outcome = words
    row.save(update_fields=["outcome"])
    fulfil(actor, now, [duty_key(row)])
    body = {"duty": row.duty_id}
    write(actor, [Event("duties.meeting.carried_out", "decision", row.pk, row.meeting.unit_id, now, body)], now)
    result: Decision = row
    return result


@transaction.atomic
def withdraw_decision(actor: Actor, now: datetime, *, decision_id: int, reason: str) -> Decision:
    """A decision holds no more: it stays on record with the reason, and its open duty is excused.

    Raises Forbidden, NotFound, Invalid, Conflict (done already). Journals `duties.meeting.decision_withdrawn`.
    """
    scope = permit(actor, perms.MEETING_MANAGE)
    rows = Decision.objects.filter(scope.unit_q("meeting__unit__path")).select_related("duty", "meeting")
    row: Any = one(rows.select_for_update(of=("self",)), pk=decision_id)
    words = reason.strip()
    if not words:
        raise invalid("reason", "required", _("请写明撤销的原因。"))
    if len(words) > 200:
        raise invalid("reason", "too_long", _("原因最多 200 字，请写短一些。"))
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=row.duty_id)
    if duty.done_at is not None:
        raise Conflict(_("这条决定已经办完，不能撤销。"))
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_why = now, words
        row.save(update_fields=["withdrawn_at", "withdrawn_why"])
        duty.excused_at, duty.excused_by_id, duty.excuse, duty.next_step_at = now, actor.account_id, words, None
        duty.save(update_fields=["excused_at", "excused_by", "excuse", "next_step_at"])
        body = {"kind": duty.kind, "period": duty.period, "by": "person", "reason": words}
        about = {"duty": duty.pk, "reason": words}
        write(
            actor,
            [
                Event("duties.excused", "duty", duty.pk, duty.unit_id, now, body),
                Event("duties.meeting.decision_withdrawn", "decision", row.pk, row.meeting.unit_id, now, about),
            ],
            now,
        )
    result: Decision = row
    return result
