"""The chase list: who has and who has not, and how often in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.utils.translation import get_language

from lianfang.duties import holders, perms, rules
from lianfang.duties.models import Duty, DutyStep
from lianfang.duties.queries.own import Owed, owed
from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.models import Account, Unit
from lianfang.kernel.labels import Label

# What is still owed stands first in the chase list.
SETTLED = Case(When(done_at=None, excused_at=None, then=Value(0)), default=Value(1), output_field=IntegerField())


def state_q(state: str, now: datetime) -> Q:
    """The condition of the database that says the same as `rules.state`. Raises KeyError for an unknown state."""
    undone = Q(done_at=None, excused_at=None)
    soon = Q(due_at__lte=now + rules.SOON, opens_at__lte=now)
    return {
        "done": Q(done_at__lte=F("due_at")),
        "done_late": Q(done_at__gt=F("due_at")),
        "excused": Q(done_at=None, excused_at__isnull=False),
        "overdue": undone & Q(due_at__lt=now),
        "due_soon": undone & Q(due_at__gte=now) & soon,
        "open": undone & Q(due_at__gte=now) & ~soon,
    }[state]


@dataclass(frozen=True, slots=True)
class ChaseRow:
    """A duty with who owes it (names where the reader may see them), the units above, and how often the holder was reminded."""

    duty: Owed
    holder: str
    above: str
    sent: int
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChaseList:
    """`counts` by state (every state is a key), the share done in time (None: nothing was due), and the rows as a
    queryset to be paged; give a page of it to `chase_rows`."""

    unit: Unit | None
    kind: str
    day: date
    state: str
    kinds: Mapping[str, Label]
    counts: Mapping[str, int]
    total: int
    on_time: float | None
    rows: Any


def chase_list(
    actor: Actor, now: datetime, *, day: date, kind: str = "", unit_id: int | None = None, state: str = ""
) -> ChaseList:
    """Duties of a day within reach, narrowed by kind, unit (with all below) and state. Four queries before the rows.

    Raises Forbidden, NotFound (unit outside reach), Invalid (unknown state).
    """
    scope = permit(actor, perms.CHASE_VIEW)
    kind = kind.replace("\0", "")
    if state and state not in rules.STATES:
        raise invalid("state", "unknown", state)
    unit = unit_for(actor, perms.CHASE_VIEW, unit_id) if unit_id is not None else None
    within = Duty.objects.filter(scope.unit_q("unit__path"), day=day)
    if unit is not None:
        within = within.filter(unit__path__startswith=unit.path)
    kinds = {
        found: rules.Terms.from_json(body).label
        for found, body in within.order_by("kind").values_list("kind", "terms__body").distinct()
    }
    if kind:
        within = within.filter(kind=kind)
    counts = within.aggregate(**{s: Count("pk", filter=state_q(s, now)) for s in rules.STATES})
    rows = within.filter(state_q(state, now)) if state else within
    return ChaseList(
        unit=unit,
        kind=kind,
        day=day,
        state=state,
        kinds=kinds,
        counts=counts,
        total=sum(counts.values()),
        on_time=rules.on_time_rate(counts),
        rows=rows.select_related("unit", "terms")
        .annotate(settled=SETTLED)
        .order_by("settled", "due_at", "unit__parent_id", "unit__order", "pk"),
    )


def chase_rows(actor: Actor, now: datetime, rows: Any) -> list[ChaseRow]:
    """A page of a chase list in words; the queries do not grow with the rows."""
    listed = list(rows)
    units = {row.unit_id: row.unit for row in listed}
    above = Unit.objects.in_bulk({i for u in units.values() for i in u.ancestor_ids})
    terms = {row.terms_id: rules.Terms.from_json(row.terms.body) for row in listed}
    roles = {role for t in terms.values() for role in (t.holder_role, *t.stand_in)}
    named = actor.scope(perms.HOLDER_NAMES)
    book = holders.book([u for u in units.values() if named.covers_path(u.path)], roles, now)
    names = dict(
        Account.objects.filter(pk__in={a for accounts in book.held.values() for a in accounts}).values_list(
            "pk", "display_name"
        )
    )
    sent: dict[int, list[datetime]] = {}
    reminders = (DutyStep.Kind.REMINDER, DutyStep.Kind.BY_HAND)
    steps = DutyStep.objects.filter(
        duty_id__in=[r.pk for r in listed], outcome=DutyStep.Outcome.SENT, kind__in=reminders
    )
    for duty_id, taken_at in steps.order_by("taken_at").values_list("duty_id", "taken_at"):
        sent.setdefault(duty_id, []).append(taken_at)
    lines = []
    for row in listed:
        _role, accounts = book.first_of(row.unit_id, (row.holder_role, *terms[row.terms_id].stand_in))
        path = [above[i].name for i in row.unit.ancestor_ids[:-1] if i in above and above[i].level != "authority"]
        times = sent.get(row.pk, [])
        holder = "、".join(names.get(a, "") for a in accounts)
        lines.append(ChaseRow(owed(row, now), holder, " · ".join(path), len(times), times[-1] if times else None))
    return lines


@dataclass(frozen=True, slots=True)
class Rate:
    """How a unit's duties of a kind went in a span of days."""

    unit_id: int
    unit_name: str
    counts: Mapping[str, int]
    on_time: float | None


def on_time_rates(actor: Actor, now: datetime, *, kind: str, first: date, last: date) -> list[Rate]:
    """Per unit within reach: duties of a kind from `first` to `last` by state, and the share done in time. One query.

    Raises Forbidden; Invalid for more than a year.
    """
    scope = permit(actor, perms.CHASE_VIEW)
    if not timedelta() <= last - first <= timedelta(days=366):
        raise invalid("last", "span", f"{first}..{last}")
    rows = (
        Duty.objects.filter(scope.unit_q("unit__path"), kind=kind, day__gte=first, day__lte=last)
        .values("unit_id", "unit__name", "unit__path")
        .annotate(**{s: Count("pk", filter=state_q(s, now)) for s in rules.STATES})
        .order_by("unit__path")
    )
    rates = []
    for row in rows:
        counts: dict[str, int] = {s: row[s] for s in rules.STATES}
        rates.append(Rate(row["unit_id"], row["unit__name"], counts, rules.on_time_rate(counts)))
    return rates


def language() -> str:
    """The reader's language tag, for labels of the rule packs."""
    return get_language() or ""


def units_to_chase(actor: Actor) -> list[Unit]:
    """Units to narrow the chase list by: institutions and divisions within reach, in tree order, 500 at most."""
    scope = actor.scope(perms.CHASE_VIEW)
    rows = Unit.objects.in_scope(scope).filter(level__in=("institution", "campus", "division"), ends=None)
    return list(rows.order_by("path")[:500])
