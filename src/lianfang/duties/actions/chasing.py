"""Chasing by hand: remind, excuse with a reason, take an excuse back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.comms.actions import send_notices
from lianfang.duties import perms, rules
from lianfang.duties.models import Duty, DutyStep
from lianfang.duties.telling import teller
from lianfang.foundation.access import one, permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.permissions import Scope


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many duties were reminded of, were reminded of a moment ago, have nobody to tell, and are owed no more."""

    reminded: int = 0
    too_soon: int = 0
    nobody: int = 0
    not_owed: int = 0


def _locked(scope: Scope, ids: Sequence[int]) -> list[Any]:
    rows = Duty.objects.filter(scope.unit_q("unit__path"), pk__in=ids)
    return list(rows.select_related("unit", "terms").select_for_update(of=("self",)).order_by("pk"))


@transaction.atomic
def remind_now(actor: Actor, now: datetime, *, duty_ids: Sequence[int]) -> Reminded:
    """Remind the holders of these duties at once, each duty at most every ten minutes by hand.

    Duties outside the actor's reach are passed over like ones that do not exist. Raises Forbidden; NotFound when none
    of them is within reach. Journals `duties.reminded`.
    """
    scope = permit(actor, perms.REMIND)
    rows = _locked(scope, list(dict.fromkeys(duty_ids)))
    if not rows:
        one(Duty.objects.none())
    recent = set(
        DutyStep.objects.filter(
            duty_id__in=[r.pk for r in rows],
            kind=DutyStep.Kind.BY_HAND,
            outcome=DutyStep.Outcome.SENT,
            taken_at__gt=now - rules.REMIND_AGAIN_AFTER,
        ).values_list("duty_id", flat=True)
    )
    owed = [r for r in rows if r.done_at is None and r.excused_at is None]
    wanted = [r for r in owed if r.pk not in recent]
    terms = {r.terms_id: rules.Terms.from_json(r.terms.body) for r in wanted}
    told = teller(wanted, terms.values(), now)
    stamp = round(now.timestamp() * 1000)
    drafts = [told.by_hand(r, terms[r.terms_id], actor.name, f"duty:{r.pk}:hand:{stamp}") for r in wanted]
    notices = iter(send_notices(actor, now, [d.notice for d in drafts if d.notice is not None]))
    steps = []
    for row, draft in zip(wanted, drafts, strict=True):
        notice = next(notices) if draft.notice is not None else None
        steps.append(
            DutyStep(
                duty=row,
                kind=draft.kind,
                role=draft.role,
                outcome=DutyStep.Outcome.SENT if draft.accounts else DutyStep.Outcome.NOBODY,
                planned_at=now,
                taken_at=now,
                taken_by_id=actor.account_id,
                notice=notice,
                told=len(draft.accounts),
            )
        )
    DutyStep.objects.bulk_create(steps)
    sent = [s for s in steps if s.told]
    write(
        actor, [Event("duties.reminded", "duty", s.duty_id, s.duty.unit_id, now, {"told": s.told}) for s in sent], now
    )
    return Reminded(len(sent), len(owed) - len(wanted), len(steps) - len(sent), len(rows) - len(owed))


@transaction.atomic
def excuse_duty(actor: Actor, now: datetime, *, duty_id: int, reason: str) -> Duty:
    """Excuse an open duty with a reason. Raises Forbidden, NotFound, Invalid, Conflict (done meanwhile)."""
    duty = _one_locked(actor, duty_id)
    words = reason.strip()
    if not words:
        raise invalid("reason", "required", _("请写明免办的原因。"))
    if len(words) > 200:
        raise invalid("reason", "too_long", _("原因最多 200 字，请写短一些。"))
    if duty.done_at is not None:
        raise Conflict(_("这项待办已经完成，不需要免办。"))
    duty.excused_at, duty.excused_by_id, duty.excuse, duty.excuse_fact = now, actor.account_id, words, None
    duty.next_step_at = None
    duty.save(update_fields=["excused_at", "excused_by", "excuse", "excuse_fact", "next_step_at"])
    body = {"kind": duty.kind, "period": duty.period, "by": "person", "reason": words}
    write(actor, [Event("duties.excused", "duty", duty.pk, duty.unit_id, now, body)], now)
    return duty


@transaction.atomic
def take_back_excuse(actor: Actor, now: datetime, *, duty_id: int) -> Duty:
    """A duty that was excused by mistake is owed again. Raises Forbidden, NotFound, Conflict (was not excused)."""
    duty = _one_locked(actor, duty_id)
    if duty.excused_at is None:
        raise Conflict(_("这项待办没有免办，不需要撤销。"))
    duty.excused_at, duty.excused_by_id, duty.excuse, duty.excuse_fact = None, None, "", None
    if duty.done_at is None:
        steps = rules.Terms.from_json(duty.terms.body).steps
        duty.next_step_at = rules.next_step_at(steps, duty.step, duty.due_at, duty.closes_at)
    duty.save(update_fields=["excused_at", "excused_by", "excuse", "excuse_fact", "next_step_at"])
    body = {"kind": duty.kind, "period": duty.period, "by": "person"}
    write(actor, [Event("duties.owed_again", "duty", duty.pk, duty.unit_id, now, body)], now)
    return duty


def _one_locked(actor: Actor, duty_id: int) -> Duty:
    scope = permit(actor, perms.EXCUSE)
    rows = Duty.objects.filter(scope.unit_q("unit__path")).select_related("terms").select_for_update(of=("self",))
    duty: Duty = one(rows, pk=duty_id)
    return duty
