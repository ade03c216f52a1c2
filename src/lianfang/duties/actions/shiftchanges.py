"""A shift goes to somebody else: asked of the other and answered, or ordered from above."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lianfang.comms.actions import send_notice
from lianfang.duties import perms
from lianfang.duties.actions.delegations import deputies
from lianfang.duties.actions.shifts import covers, held, in_post, own_shift
from lianfang.duties.models import Shift, ShiftChange
from lianfang.duties.rules import shifts as rules
from lianfang.foundation.access import one, permit
from lianfang.foundation.actions import end_grants_of_source, give_grant
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.errors import Conflict, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import zone
from lianfang.rulepacks import packs


def fault_words(fault: rules.Fault) -> tuple[str, str]:
    """The field that a fault concerns, and the sentence about it."""
    return {
        "past": ("shift_id", _("这一班已经开始或结束，不能再换；进行中的班请管理员安排。")),
        "other_past": ("other_id", _("对方的这一班已经开始或结束，请换一班。")),
        "other_role": ("other_id", _("只能和同一岗位的班次对调，请换一班。")),
        "same_person": ("to_account_id", _("请选择另一个人。")),
        "not_in_post": ("to_account_id", _("对方在这个时间不在岗（任期未到、已结束，或不是本单位教职工），请换人。")),
        "busy": ("to_account_id", _("对方在这个时间已经有班，请换人或换一班。")),
        "other_busy": ("other_id", _("原值班人在对方的时间已经有班，请换一班。")),
    }[fault]


def _move(shift: Any, to_account_id: int, other: Any | None) -> rules.Move:
    people = {shift.account_id, to_account_id}
    around = [shift] if other is None else [shift, other]
    first, last = min(s.begins for s in around), max(s.ends for s in around)
    schedules = Shift.objects.filter(account_id__in=people, cancelled_at=None, begins__lt=last, ends__gt=first)
    posts = in_post(shift.unit_id, shift.role, people)
    fits = covers(posts[to_account_id], shift.begins, shift.ends)
    if other is None:
        fits = fits or deputies(shift.unit, shift.begins).filter(pk=to_account_id).exists()
    else:
        fits = fits and covers(posts[shift.account_id], other.begins, other.ends)
    same = other is None or (other.unit_id, other.role) == (shift.unit_id, shift.role)
    return rules.Move(
        held(shift), to_account_id, held(other) if other else None, same, fits, tuple(map(held, schedules))
    )


def _check(shift: Any, to_account_id: int, other: Any | None, now: datetime, *, asked: bool) -> None:
    fault = rules.move_fault(_move(shift, to_account_id, other), now, asked=asked)
    if fault is not None:
        field, words = fault_words(fault)
        raise invalid(field, fault, words)


def _reason(reason: str) -> str:
    words = reason.strip()
    if len(words) > 200:
        raise invalid("reason", "too_long", _("原因最多 200 字，请写短一些。"))
    return words


def _other(shift: Any, other_id: int) -> Any:
    """A shift of the same unit, locked. Raises Invalid when there is none."""
    rows = Shift.objects.filter(unit_id=shift.unit_id, cancelled_at=None).select_for_update(of=("self",))
    row = rows.filter(pk=other_id).exclude(pk=shift.pk).first()
    if row is None:
        raise invalid("other_id", "unknown", _("没有找到要对调的班次，请重新选择。"))
    return row


@transaction.atomic
def ask_change(
    actor: Actor,
    now: datetime,
    *,
    shift_id: int,
    to_account_id: int | None = None,
    other_id: int | None = None,
    reason: str = "",
) -> ShiftChange:
    """Ask somebody to take one's own shift: in return for `other_id` (a swap), or without return (a stand-in).

    Nothing changes until they accept. Raises NotFound (not one's own shift), Invalid, Conflict (asked already).
    """
    shift = own_shift(actor, shift_id)
    other = _other(shift, other_id) if other_id is not None else None
    to = other.account_id if other is not None else to_account_id
    if to is None:
        raise invalid("to_account_id", "required", _("请选择由谁来值班，或和哪一班对调。"))
    words = _reason(reason)
    _check(shift, to, other, now, asked=True)
    if ShiftChange.objects.filter(shift=shift, outcome="").exists():
        raise Conflict(_("这一班已经在等人答复，请先撤回原来的请求。"))
    row: ShiftChange = ShiftChange.objects.create(
        shift=shift,
        other=other,
        from_account_id=shift.account_id,
        to_account_id=to,
        reason=words,
        asked_at=now,
        asked_by_id=actor.account_id,
    )
    _tell(actor, now, row, "duties.shift_asked", [to], {"by": actor.name})
    _journal(actor, now, row, "duties.shift.change_asked")
    return row


@transaction.atomic
def answer_change(actor: Actor, now: datetime, *, change_id: int, accept: bool) -> Any:
    """The one who was asked accepts or declines; accepted, the shifts change hands at once.

    Raises NotFound (asked of somebody else), Conflict (answered or overtaken), Invalid (it no longer fits).
    """
    row = _waiting(change_id, to_account_id=actor.account_id)
    if accept:
        shift, other = _both(row)
        if shift.account_id != row.from_account_id or (other is not None and other.account_id != row.to_account_id):
            raise Conflict(_("班次已经有了变动，请对方重新提出。"))
        _check(shift, row.to_account_id, other, now, asked=True)
        _hand(now, shift, other, row.to_account_id)
    row.outcome = ShiftChange.Outcome.ACCEPTED if accept else ShiftChange.Outcome.DECLINED
    row.answered_at = now
    row.save(update_fields=["outcome", "answered_at"])
    key = "duties.shift_accepted" if accept else "duties.shift_declined"
    _tell(actor, now, row, key, [row.from_account_id], {"by": actor.name})
    _journal(actor, now, row, "duties.shift.changed" if accept else "duties.shift.change_declined")
    return row


@transaction.atomic
def take_back_change(actor: Actor, now: datetime, *, change_id: int) -> Any:
    """The one who asked asks no more. Raises NotFound, Conflict (answered meanwhile)."""
    row = _waiting(change_id, from_account_id=actor.account_id)
    row.outcome, row.answered_at = ShiftChange.Outcome.TAKEN_BACK, now
    row.save(update_fields=["outcome", "answered_at"])
    _journal(actor, now, row, "duties.shift.change_taken_back")
    return row


@transaction.atomic
def order_change(
    actor: Actor,
    now: datetime,
    *,
    shift_id: int,
    to_account_id: int | None = None,
    other_id: int | None = None,
    reason: str = "",
) -> ShiftChange:
    """Give a shift that has not ended to somebody else, or swap two, without asking. Both are told.

    Raises Forbidden, NotFound, Invalid.
    """
    scope = permit(actor, perms.SHIFT_MANAGE)
    rows = Shift.objects.filter(scope.unit_q("unit__path"), cancelled_at=None).select_related("unit")
    shift: Any = one(rows.select_for_update(of=("self",)), pk=shift_id)
    other = _other(shift, other_id) if other_id is not None else None
    to = other.account_id if other is not None else to_account_id
    if to is None:
        raise invalid("to_account_id", "required", _("请选择由谁来值班，或和哪一班对调。"))
    words = _reason(reason)
    _check(shift, to, other, now, asked=False)
    asked = Q(shift__in=[s for s in (shift, other) if s]) | Q(other__in=[s for s in (shift, other) if s])
    ShiftChange.objects.filter(asked, outcome="").update(outcome=ShiftChange.Outcome.TAKEN_BACK, answered_at=now)
    row: ShiftChange = ShiftChange.objects.create(
        shift=shift,
        other=other,
        from_account_id=shift.account_id,
        to_account_id=to,
        reason=words,
        asked_at=now,
        asked_by_id=actor.account_id,
        outcome=ShiftChange.Outcome.ORDERED,
        answered_at=now,
    )
    _hand(now, shift, other, to)
    _tell(actor, now, row, "duties.shift_ordered", [row.from_account_id, to], {"by": actor.name})
    _journal(actor, now, row, "duties.shift.changed")
    return row


def _waiting(change_id: int, **whose: Any) -> Any:
    rows = ShiftChange.objects.filter(**whose).select_related("shift__unit", "other")
    row: Any = one(rows.select_for_update(of=("self",)), pk=change_id)
    if row.outcome:
        raise Conflict(_("这个请求已经答复过或撤回了。"))
    return row


def _both(row: Any) -> tuple[Any, Any]:
    """The shifts of a change, locked in the order of their ids."""
    ids = [i for i in (row.shift_id, row.other_id) if i]
    rows = Shift.objects.filter(pk__in=ids, cancelled_at=None).select_related("unit").select_for_update(of=("self",))
    found = {s.pk: s for s in rows.order_by("pk")}
    if len(found) != len(ids):
        raise Conflict(_("班次已经取消，不用换了。"))
    return found[row.shift_id], found.get(row.other_id)


def _hand(now: datetime, shift: Any, other: Any | None, to_account_id: int) -> None:
    """Let the shifts change hands. Who has no such post gets the right for these hours, as a deputy does."""
    from_account_id = shift.account_id
    for row, account_id in ((shift, to_account_id), (other, from_account_id)):
        if row is None:
            continue
        row.account_id = account_id
        row.save(update_fields=["account"])
        system, source = system_actor(f"shift:{row.pk}", now), f"shift:{row.pk}"
        end_grants_of_source(system, now, source)
        if not covers(in_post(row.unit_id, row.role, [account_id])[account_id], row.begins, row.ends):
            give_grant(
                system,
                now,
                account=Account.objects.get(pk=account_id),
                role=row.role,
                unit=row.unit,
                source=source,
                begins=row.begins,
                ends=row.ends,
            )


def _tell(actor: Actor, now: datetime, row: Any, text_key: str, accounts: list[int], words: dict[str, str]) -> None:
    shift = row.shift
    known = packs().roles.get(shift.role)
    tz = zone(time_zone_of(shift.unit))
    begins, ends = timezone.localtime(shift.begins, tz), timezone.localtime(shift.ends, tz)
    params = {
        **words,
        "role": known.label if known else shift.role,
        "when": f"{begins:%m-%d %H:%M}–{ends:%H:%M}",
    }
    others = [a for a in accounts if a != actor.account_id]
    if others:
        send_notice(
            actor,
            now,
            text_key=text_key,
            params=params,
            accounts=others,
            link=f"/duties/shifts/{shift.pk}/",
            unit=shift.unit,
            dedupe=f"shift-change:{row.pk}:{text_key}",
        )


def _journal(actor: Actor, now: datetime, row: Any, action: str) -> None:
    body = {
        "shift": row.shift_id,
        "other": row.other_id,
        "from": row.from_account_id,
        "to": row.to_account_id,
        "outcome": row.outcome,
    }
    write(actor, [Event(action, "shift_change", row.pk, row.shift.unit_id, now, body)], now)
