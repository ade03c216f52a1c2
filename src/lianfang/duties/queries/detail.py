"""One duty with everything that was done about it, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from lianfang.duties import holders, perms, rules
from lianfang.duties.models import Delegation, Duty
from lianfang.duties.queries.own import Owed, any_of, owed
from lianfang.foundation.access import one
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Account
from lianfang.foundation.units import ancestors
from lianfang.kernel.decisions import Reason


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line of the history. `outcome` is planned for what is still to come."""

    kind: str
    role: str
    planned_at: datetime
    taken_at: datetime | None
    outcome: str
    told: int
    by: str


@dataclass(frozen=True, slots=True)
class DutyDetail:
    """A duty, the reasons of its state, who owes it, its history and what will happen next."""

    duty: Owed
    reasons: tuple[Reason, ...]
    unit_path: list[Any]
    holders: str
    excuse: str
    excuse_fact: dict[str, Any] | None
    excused_at: datetime | None
    version: str
    steps: list[StepLine]
    mine: bool
    may_remind: bool
    may_excuse: bool


def duty_detail(actor: Actor, now: datetime, duty_id: int) -> DutyDetail:
    """A duty that the actor owes, stands in for or may chase. Raises NotFound for any other."""
    row = one(Duty.objects.select_related("unit", "terms"), pk=duty_id)
    terms = rules.Terms.from_json(row.terms.body)
    chased = actor.scope(perms.CHASE_VIEW).covers_path(row.unit.path)
    if not chased and row.unit_id not in actor.units_of(terms.holder_role, *terms.stand_in):
        raise NotFound("duty")
    book = holders.book([row.unit], (terms.holder_role, *terms.stand_in), now)
    role, accounts = book.first_of(row.unit_id, (terms.holder_role, *terms.stand_in))
    mine = actor.account_id in accounts
    named = mine or actor.scope(perms.HOLDER_NAMES).covers_path(row.unit.path)
    names = Account.objects.filter(pk__in=accounts).values_list("display_name", flat=True) if named else ()
    shown = owed(row, now, deputy=(row.unit_id, role, actor.account_id) in book.stands_for)
    is_open = row.done_at is None and row.excused_at is None
    return DutyDetail(
        duty=shown,
        reasons=shown.decision.reasons,
        unit_path=ancestors(row.unit),
        holders="、".join(names),
        excuse=row.excuse,
        excuse_fact=row.excuse_fact,
        excused_at=row.excused_at,
        version=row.template_version,
        steps=_history(row, terms, named),
        mine=mine,
        may_remind=is_open and actor.scope(perms.REMIND).covers_path(row.unit.path),
        may_excuse=row.done_at is None and actor.scope(perms.EXCUSE).covers_path(row.unit.path),
    )


def _history(row: Any, terms: rules.Terms, named: bool) -> list[StepLine]:
    taken = row.steps.select_related("taken_by").order_by("planned_at", "pk")
    lines = [
        StepLine(
            s.kind,
            s.role,
            s.planned_at,
            s.taken_at,
            s.outcome,
            s.told,
            s.taken_by.display_name if named and s.taken_by else "",
        )
        for s in taken
    ]
    if row.next_step_at is not None:
        for step in terms.steps[row.step :]:
            at = step.at(row.due_at)
            if row.closes_at is not None and at >= row.closes_at:
                break
            if step.remind:
                lines.append(StepLine("reminder", terms.holder_role, at, None, "planned", 0, ""))
            lines += [StepLine("escalation", t.role, at, None, "planned", 0, "") for t in step.tell]
    return lines


def delegations(actor: Actor, now: datetime) -> list[Delegation]:
    """Delegations of now and later that concern the actor or posts within their reach, soonest first. One query."""
    scope = actor.scope(perms.DELEGATE)
    mine = Q(from_account_id=actor.account_id) | Q(to_account_id=actor.account_id)
    concerning = any_of([scope.unit_q("unit__path"), mine]) if actor.account_id is not None else Q(pk__in=[])
    rows = Delegation.objects.filter(concerning, ends__gt=holders.day_before(now))
    return list(rows.select_related("unit", "from_account", "to_account").order_by("begins", "pk")[:200])
