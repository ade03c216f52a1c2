"""Duty rosters: planned by rotation, followed by the calendar, withdrawn; being on post; hand-over notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.duties import perms
from lianfang.duties.actions.owing import fulfil
from lianfang.duties.models import Duty, HandOver, Shift, ShiftChange, ShiftPlan
from lianfang.duties.planning import DutyKey, institution_ids
from lianfang.duties.rules import period_of_shift
from lianfang.duties.rules import shifts as rules
from lianfang.duties.templates import packs_for
from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actions import end_grants_of_source
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.errors import Conflict, FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Grant, Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.reading import calendar_of
from lianfang.rulepacks import packs


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What a roster is to be: see `ShiftPlan`. `last` is the last day, included."""

    role: str
    begins: date
    last: date
    days: str
    turn: str
    slots: tuple[rules.Slot, ...]
    people: tuple[int, ...]


def held(shift: Any) -> rules.Held:
    """A row as the rules see it."""
    return rules.Held(shift.begins, shift.ends, shift.account_id, shift.pk)


def in_post(unit_id: int, role: str, account_ids: Iterable[int]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """When each active account holds a role at a unit by a post: stretches. Every id is a key. One query."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {account_id: [] for account_id in account_ids}
    rows = Grant.objects.filter(unit_id=unit_id, role=role, account_id__in=list(found), account__is_active=True)
    for account_id, begins, ends in rows.exclude(source__startswith="shift:").values_list(
        "account_id", "begins", "ends"
    ):
        found[account_id].append((begins, ends))
    return found


def covers(stretches: Sequence[tuple[datetime, datetime | None]], begins: datetime, ends: datetime) -> bool:
    """Whether one of the stretches holds from the beginning to the end."""
    return any(first <= begins and (last is None or last >= ends) for first, last in stretches)


def _check(actor: Actor, unit: Unit, plan: NewPlan) -> None:
    errors = []
    known = packs().roles.get(plan.role)
    if plan.role not in rules.SHIFT_ROLES or known is None or unit.kind not in known.unit_kinds:
        errors.append(FieldError("role", "unknown", _("这个岗位不能在这里排班，请选择其他岗位。")))
    if plan.last < plan.begins:
        errors.append(FieldError("last", "before_begin", _("最后一天不能早于第一天。")))
    elif plan.last - plan.begins >= rules.LONGEST:
        errors.append(FieldError("last", "too_long", _("一次最多排 200 天，请缩短时间。")))
    if plan.days not in ShiftPlan.Days.values:
        errors.append(FieldError("days", "unknown", _("请选择上课日、休息日或每天。")))
    if plan.turn not in ShiftPlan.Turn.values:
        errors.append(FieldError("turn", "unknown", _("请选择每班、每天或每周轮换。")))
    if not 0 < len(plan.slots) <= rules.MOST_SLOTS:
        errors.append(FieldError("slots", "required", _("请填写 1 到 6 个班次。")))
    elif rules.slots_overlap(plan.slots):
        errors.append(FieldError("slots", "overlap", _("班次的时间有重叠，请错开。")))
    elif any(not s.name.strip() or len(s.name) > 20 for s in plan.slots):
        errors.append(FieldError("slots", "name", _("每个班次都要有名称，最多 20 字。")))
    if not 0 < len(plan.people) <= rules.MOST_PEOPLE or len(set(plan.people)) != len(plan.people):
        errors.append(FieldError("people", "required", _("请选择 1 到 60 位值班人员，每人一次。")))
    if errors:
        raise Invalid(errors)


@transaction.atomic
def plan_shifts(actor: Actor, now: datetime, *, unit_id: int, plan: NewPlan) -> ShiftPlan:
    """Give out the shifts of a role at a unit by rotation, on the days of the school calendar that the plan names.

    Raises Forbidden, NotFound (unit), Invalid (what cannot be; `people` names who is not in post in the hours they would
    get), Conflict (somebody is planned for these hours already: nothing was stored). Journals `duties.shifts.planned`.
    """
    unit = unit_for(actor, perms.SHIFT_MANAGE, unit_id)
    Unit.objects.select_for_update().get(pk=unit.pk)
    _check(actor, unit, plan)
    zone = time_zone_of(unit)
    if plan.last < local_date(now, zone):
        raise invalid("last", "past", _("这些日子已经过去，请从今天或以后排起。"))
    ends = plan.last + timedelta(days=1)
    days = rules.wanted_days(plan.days, calendar_of(unit), plan.begins, ends)
    if not days:
        raise invalid("days", "none", _("这段时间里没有这样的日子，请核对校历和日期。"))
    shifts = rules.rotate(days, plan.slots, plan.people, plan.turn, zone)  # type: ignore[arg-type]
    _check_people(unit, plan, shifts)
    row: ShiftPlan = ShiftPlan.objects.create(
        unit=unit,
        role=plan.role,
        begins=plan.begins,
        ends=ends,
        days=plan.days,
        turn=plan.turn,
        slots=[{"name": s.name, "begins": f"{s.begins:%H:%M}", "ends": f"{s.ends:%H:%M}"} for s in plan.slots],
        people=list(plan.people),
        recorded_at=now,
        recorded_by_id=actor.account_id,
    )
    _enter(row, shifts)
    body = {"role": plan.role, "begins": plan.begins, "ends": ends, "shifts": len(shifts), "people": list(plan.people)}
    write(actor, [Event("duties.shifts.planned", "shift_plan", row.pk, unit.pk, now, body)], now)
    return row


def _check_people(unit: Unit, plan: NewPlan, shifts: Sequence[rules.Planned]) -> None:
    posts = in_post(unit.pk, plan.role, plan.people)
    faults: dict[int, date] = {}
    for shift in shifts:
        if not covers(posts[shift.person], shift.begins, shift.ends):
            faults.setdefault(shift.person, shift.day)
    if not faults:
        return
    inside = Grant.objects.filter(unit__path__startswith=unit.path or "", account_id__in=faults)
    names = dict(inside.values_list("account_id", "account__display_name"))
    listed = "、".join(f"{names.get(i) or _('未知人员')}（{day:%m-%d}）" for i, day in faults.items())
    words = _("有人在这些日子不在这个岗位上，请先任命岗位或换人：%(who)s") % {"who": listed}
    raise invalid("people", "not_in_post", words)


def _enter(plan: Any, shifts: Sequence[rules.Planned]) -> None:
    """Store shifts, if nobody is planned at these hours in any plan of the role. Raises Conflict."""
    first, last = min(s.begins for s in shifts), max(s.ends for s in shifts)
    there = Shift.objects.filter(
        unit_id=plan.unit_id, role=plan.role, cancelled_at=None, begins__lt=last, ends__gt=first
    )
    kept = [held(s) for s in there]
    clash = next((new for new in shifts if any(new.meets(old) for old in kept)), None)
    if clash is not None:
        raise Conflict(
            _("%(day)s 的“%(name)s”已经排过班，请先撤销原来的排班，或改日期。") % {"day": clash.day, "name": clash.name}
        )
    Shift.objects.bulk_create(
        [
            Shift(
                plan=plan,
                unit_id=plan.unit_id,
                role=plan.role,
                name=s.name,
                day=s.day,
                begins=s.begins,
                ends=s.ends,
                planned_id=s.person,
                account_id=s.person,
            )
            for s in shifts
        ],
        batch_size=500,
    )


@transaction.atomic
def withdraw_plan(actor: Actor, now: datetime, *, plan_id: int) -> int:
    """Shifts of a plan that have not begun are cancelled; returns how many. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.SHIFT_MANAGE)
    rows = ShiftPlan.objects.filter(scope.unit_q("unit__path")).select_related("unit").select_for_update(of=("self",))
    plan: ShiftPlan = one(rows, pk=plan_id)
    if plan.withdrawn_at is None:
        plan.withdrawn_at = now
        plan.save(update_fields=["withdrawn_at"])
    shifts = Shift.objects.filter(plan=plan, begins__gt=now, cancelled_at=None).select_for_update(of=("self",))
    count = _cancel(actor, now, plan.unit, list(shifts), _("排班已撤销"))
    write(actor, [Event("duties.shifts.withdrawn", "shift_plan", plan.pk, plan.unit_id, now, {"shifts": count})], now)
    return count


def _cancel(actor: Actor, now: datetime, unit: Unit, shifts: Sequence[Any], why: str) -> int:
    """These shifts are not held: asked changes lapse with them, rights given for them end, their duties are excused."""
    for shift in shifts:
        shift.cancelled_at = now
        end_grants_of_source(system_actor("shifts", now), now, f"shift:{shift.pk}")
    Shift.objects.bulk_update(shifts, ["cancelled_at"], batch_size=500)
    lapsed = Q(shift__in=shifts) | Q(other__in=shifts)
    ShiftChange.objects.filter(lapsed, outcome="").update(outcome=ShiftChange.Outcome.TAKEN_BACK, answered_at=now)
    zone = time_zone_of(unit)
    periods = {period_of_shift(s.begins, zone) for s in shifts}
    roles = {s.role for s in shifts}
    owed = Duty.objects.filter(unit=unit, period__in=periods, holder_role__in=roles, done_at=None, excused_at=None)
    for duty in owed.select_for_update(of=("self",)):
        duty.excused_at, duty.excuse, duty.next_step_at = now, why, None
        duty.save(update_fields=["excused_at", "excuse", "next_step_at"])
        body = {"kind": duty.kind, "period": duty.period, "by": "shifts", "reason": why}
        write(actor, [Event("duties.excused", "duty", duty.pk, duty.unit_id, now, body)], now)
    return len(shifts)


@transaction.atomic
def shifts_follow_calendar(actor: Actor, now: datetime, *, unit: Unit) -> tuple[int, int]:
    """Bring the shifts to come at and below a unit in line with the school calendar: those of days that a plan no longer
    has are cancelled, days that it has now are given to whoever had the fewest. Returns (cancelled, entered)."""
    plans = ShiftPlan.objects.filter(unit__path__startswith=unit.path, withdrawn_at=None).exclude(days="every")
    cancelled = entered = 0
    for plan in plans.filter(ends__gt=now.date()).select_related("unit").select_for_update(of=("self",)).order_by("pk"):
        zone = time_zone_of(plan.unit)
        days = set(rules.wanted_days(plan.days, calendar_of(plan.unit), plan.begins, plan.ends))
        rows = list(plan.shifts.filter(cancelled_at=None))
        gone = [s for s in rows if s.day not in days and s.begins > now]
        if gone:
            cancelled += _cancel(actor, now, plan.unit, gone, _("按校历，这天不用值班"))
        missing = sorted(days - {s.day for s in rows} - {d for d in days if d <= local_date(now, zone)})
        if not missing:
            continue
        counts: dict[int, int] = {}
        for shift in rows:
            if shift.cancelled_at is None:
                counts[shift.account_id] = counts.get(shift.account_id, 0) + 1
        slots = [slot_of(s) for s in plan.slots]
        posts = in_post(plan.unit_id, plan.role, plan.people)
        for day in missing:
            people = [p for p in plan.people if all(covers(posts[p], *rules.slot_hours(s, day, zone)) for s in slots)]
            if not people:
                continue
            person = rules.next_of(people, counts)
            counts[person] = counts.get(person, 0) + len(slots)
            try:
                with transaction.atomic():
                    _enter(plan, rules.rotate([day], slots, [person], "day", zone))
            except Conflict:
                continue
            entered += len(slots)
        body = {"cancelled": len(gone), "days": missing}
        write(actor, [Event("duties.shifts.followed", "shift_plan", plan.pk, plan.unit_id, now, body)], now)
    return cancelled, entered


def slot_of(body: dict[str, str]) -> rules.Slot:
    """A slot as a plan keeps it."""
    return rules.Slot(body["name"], time.fromisoformat(body["begins"]), time.fromisoformat(body["ends"]))


def own_shift(actor: Actor, shift_id: int) -> Any:
    """A shift, locked, that the actor holds. Raises NotFound for any other."""
    rows = (
        Shift.objects.filter(account_id=actor.account_id, cancelled_at=None)
        if actor.account_id
        else Shift.objects.none()
    )
    return one(rows.select_related("unit").select_for_update(of=("self",)), pk=shift_id)


@transaction.atomic
def confirm_on_post(actor: Actor, now: datetime, *, shift_id: int) -> Any:
    """The holder of a shift is on post: from an hour before it begins until its end; the first time counts.

    Fulfils the duties that templates raise for its beginning. Raises NotFound (somebody else's shift), Conflict (too
    early, over). Journals `duties.shift.on_post`.
    """
    shift = own_shift(actor, shift_id)
    if shift.on_post_at is not None:
        return shift
    if not rules.may_confirm(held(shift), now):
        raise Conflict(_("现在不是这一班的时间：开始前一小时到结束之间可以确认到岗。"))
    shift.on_post_at, shift.on_post_by_id = now, actor.account_id
    shift.save(update_fields=["on_post_at", "on_post_by"])
    _fulfil(actor, now, shift, "begins")
    body = {"role": shift.role, "begins": shift.begins}
    write(actor, [Event("duties.shift.on_post", "shift", shift.pk, shift.unit_id, now, body)], now)
    return shift


def _fulfil(actor: Actor, now: datetime, shift: Any, edge: str) -> None:
    """Fulfil what templates ask for at the beginning or the end of a shift."""
    above = Unit.objects.in_bulk(shift.unit.ancestor_ids)
    top = above[institution_ids(above.values())[shift.unit_id]]
    templates = packs_for([top], shift.day)[top.pk].duty_templates.values()
    period = period_of_shift(shift.begins, time_zone_of(shift.unit))
    kinds = [t.id for t in templates if t.due.shift == edge and t.holder.role == shift.role]
    fulfil(actor, now, [DutyKey(kind, shift.unit_id, period) for kind in kinds])


@transaction.atomic
def hand_over(actor: Actor, now: datetime, *, shift_id: int, text: str) -> HandOver:
    """The holder of a shift writes what the next one has to know, from its beginning until a day after its end.

    Raises NotFound, Invalid, Conflict (not the time). Journals `duties.shift.handed_over` without the text.
    """
    shift = own_shift(actor, shift_id)
    words = text.strip()
    if not words:
        raise invalid("text", "required", _("请写明情况和未办事项；没有就写“无”。"))
    if len(words) > 2000:
        raise invalid("text", "too_long", _("交接记录最多 2000 字，请写短一些。"))
    if not rules.may_hand_over(held(shift), now):
        raise Conflict(_("这一班还没有开始，或已结束超过一天，不能再写交接记录。"))
    note: HandOver = HandOver.objects.create(shift=shift, text=words, written_at=now, written_by_id=actor.account_id)
    _fulfil(actor, now, shift, "ends")
    write(
        actor, [Event("duties.shift.handed_over", "hand_over", note.pk, shift.unit_id, now, {"shift": shift.pk})], now
    )
    return note


def following(shift: Any) -> Any:
    """The next shift of the same role at the same unit, or None."""
    later = Shift.objects.filter(unit_id=shift.unit_id, role=shift.role, cancelled_at=None, begins__gte=shift.ends)
    return later.order_by("begins", "pk").first()


@transaction.atomic
def acknowledge(actor: Actor, now: datetime, *, note_id: int) -> HandOver:
    """Whoever has the next shift has read the note; the first time counts. Raises NotFound for anybody else."""
    rows = HandOver.objects.select_related("shift").select_for_update(of=("self",))
    note: Any = one(rows, pk=note_id)
    after = following(note.shift)
    if after is None or after.account_id != actor.account_id or actor.account_id is None:
        raise NotFound("hand_over")
    if note.seen_at is None:
        note.seen_at, note.seen_by_id = now, actor.account_id
        note.save(update_fields=["seen_at", "seen_by"])
        body = {"shift": note.shift_id, "next": after.pk}
        write(actor, [Event("duties.shift.note_seen", "hand_over", note.pk, note.shift.unit_id, now, body)], now)
    result: HandOver = note
    return result
