"""What I owe, and what is late below me."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from lianfang.duties import holders, perms, rules
from lianfang.duties.models import Delegation, Duty
from lianfang.foundation.actor import Actor
from lianfang.kernel.decisions import Decision
from lianfang.kernel.labels import Label

MOST_LATE = 200


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty as its holder or chaser sees it. `link` is where it is done; `deputy` says that one stands in for somebody,
    `stand_in` that nobody holds the post itself."""

    id: int
    kind: str
    label: Label
    text: Label
    unit_id: int
    unit_name: str
    period: str
    day: date
    opens_at: datetime
    due_at: datetime
    done_at: datetime | None
    decision: Decision[rules.State]
    link: str
    holder_role: str
    deputy: bool = False
    stand_in: bool = False

    @property
    def state(self) -> str:
        """Key of the status group `duty`."""
        return self.decision.value


def facts_of(duty: Any) -> rules.Facts:
    """A row as the rules see it."""
    return rules.Facts(
        kind=duty.kind,
        version=duty.terms_id,
        opens_at=duty.opens_at,
        due_at=duty.due_at,
        closes_at=duty.closes_at,
        done_at=duty.done_at,
        excused_at=duty.excused_at,
        excuse=duty.excuse,
        excuse_fact=duty.excuse_fact,
    )


def state_of(duty: Any, now: datetime) -> Decision[rules.State]:
    """The derived state of a row, with its reasons and when it changes."""
    return rules.state(facts_of(duty), now)


def owed(duty: Any, now: datetime, *, deputy: bool = False, stand_in: bool = False) -> Owed:
    """A row (with `unit` and `terms` loaded) as it is shown."""
    terms = rules.Terms.from_json(duty.terms.body)
    return Owed(
        id=duty.pk,
        kind=duty.kind,
        label=terms.label,
        text=terms.text,
        unit_id=duty.unit_id,
        unit_name=duty.unit.name,
        period=duty.period,
        day=duty.day,
        opens_at=duty.opens_at,
        due_at=duty.due_at,
        done_at=duty.done_at,
        decision=state_of(duty, now),
        link=duty.link or f"/duties/{duty.pk}/",
        holder_role=duty.holder_role,
        deputy=deputy,
        stand_in=stand_in,
    )


def current(now: datetime) -> Q:
    """Duties that have opened and have not closed."""
    return Q(opens_at__lte=now) & (Q(closes_at=None) | Q(closes_at__gt=now))


def owed_by(actor: Actor, now: datetime, *, include_done: bool = False) -> list[Owed]:
    """What the actor owes now, most urgent first; with `include_done` also what is done or excused of it.

    Follows delegations both ways, and stand-ins where nobody holds the post. At most six queries.
    """
    if actor.account_id is None:
        return []
    rows = _candidates(actor, now, include_done)
    if not rows:
        return []
    units = {row.unit_id: row.unit for row in rows}
    terms = {row.terms_id: rules.Terms.from_json(row.terms.body) for row in rows}
    roles = {role for t in terms.values() for role in (t.holder_role, *t.stand_in)}
    known = holders.book(units.values(), roles, now)
    mine = []
    for row in rows:
        role, accounts = known.first_of(row.unit_id, (row.holder_role, *terms[row.terms_id].stand_in))
        if actor.account_id in accounts:
            deputy = (row.unit_id, role, actor.account_id) in known.stands_for
            mine.append(owed(row, now, deputy=deputy, stand_in=role != row.holder_role))
    return mine


def _candidates(actor: Actor, now: datetime, include_done: bool) -> Sequence[Any]:
    unit_ids = set(actor.units_of())
    unit_ids |= set(
        Delegation.objects.filter(
            to_account_id=actor.account_id, begins__lte=holders.day_after(now), ends__gt=holders.day_before(now)
        ).values_list("unit_id", flat=True)
    )
    rows = Duty.objects.filter(current(now), unit_id__in=unit_ids)
    if not include_done:
        rows = rows.filter(done_at=None, excused_at=None)
    return list(rows.select_related("unit", "terms").order_by("due_at", "unit__order", "pk"))


def late_below(actor: Actor, now: datetime, *, limit: int = MOST_LATE) -> list[Owed]:
    """Overdue duties within the actor's reach that they do not owe themselves, longest overdue first. Three queries."""
    scope = actor.scope(perms.CHASE_VIEW)
    if not scope:
        return []
    own = own_places(actor)
    rows = (
        Duty.objects.filter(current(now), scope.unit_q("unit__path"), done_at=None, excused_at=None, due_at__lt=now)
        .exclude(own)
        .select_related("unit", "terms")
        .order_by("due_at", "unit__parent_id", "unit__order", "pk")
    )
    return [owed(row, now) for row in rows[:limit]]


def own_places(actor: Actor) -> Q:
    """Duties of posts that the actor holds."""
    places: dict[str, list[int]] = {}
    for held in actor.held:
        places.setdefault(held.role, []).append(held.unit_id)
    return any_of(Q(holder_role=role, unit_id__in=ids) for role, ids in places.items())


def any_of(conditions: Iterable[Q]) -> Q:
    """Either of them; nothing when there is none."""
    together = Q(pk__in=[])
    for condition in conditions:
        together |= condition
    return together
