"""What is owed comes and goes: owe, fulfil, take back, and follow the school calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Q

from lianfang.duties import rules
from lianfang.duties.models import Duty, DutyTerms
from lianfang.duties.planning import DutyKey, NewDuty, institution_ids, planned
from lianfang.duties.templates import packs_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date
from lianfang.people.reading import calendars_of

__all__ = ["DutyKey", "NewDuty", "follow_calendar", "fulfil", "owe", "reopen"]


@transaction.atomic
def owe(actor: Actor, now: datetime, duties: Sequence[NewDuty]) -> int:
    """Enter duties of the realm in force; those that exist stay as they are. Returns how many are new.

    Called by jobs and by other rooms' actions, which have permitted. The number of statements does not grow with the
    duties. Journals one `duties.owed` per call that entered anything.
    """
    if not duties:
        return 0
    versions = {d.version: DutyTerms(version=d.version, body=d.terms.as_json()) for d in duties}
    DutyTerms.objects.bulk_create(versions.values(), ignore_conflicts=True)
    realm = current_realm()
    rows = [
        Duty(
            realm_id=realm,
            kind=d.kind,
            unit_id=d.unit_id,
            holder_role=d.terms.holder_role,
            period=d.period,
            day=d.day,
            opens_at=d.opens_at,
            due_at=d.due_at,
            closes_at=d.closes_at,
            next_step_at=rules.next_step_at(d.terms.steps, 0, d.due_at, d.closes_at),
            link=d.link,
            terms_id=d.version,
        )
        for d in duties
    ]
    Duty.all_realms.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    mine = {row.uid for row in rows}
    there = _rows_of([d.key for d in duties]).values_list("uid", "pk", "kind", "unit_id")
    entered = [(pk, kind, unit_id) for uid, pk, kind, unit_id in there if uid in mine]
    if not entered:
        return 0
    kinds: dict[str, int] = {}
    for _pk, kind, _unit_id in entered:
        kinds[kind] = kinds.get(kind, 0) + 1
    body = {"kinds": kinds, "first": entered[0][0], "count": len(entered)}
    shared = {unit_id for _pk, _kind, unit_id in entered}
    unit_id = shared.pop() if len(shared) == 1 else None
    write(actor, [Event("duties.owed", "duty", entered[0][0], unit_id, now, body)], now)
    return len(entered)


@transaction.atomic
def fulfil(actor: Actor, now: datetime, keys: Sequence[DutyKey]) -> int:
    """What these duties asked for was received at `now` (our clock); returns how many were open or excused till then.

    A duty that the job has not raised yet is raised first, if its template asks for it; a key that nobody owes is
    passed over. Done twice stays as it was the first time. Journals `duties.done`.
    """
    rows = _locked(keys)
    missing = set(keys) - {_key(row) for row in rows}
    if missing and _raise_missing(actor, now, missing):
        rows = _locked(keys)
    open_ids = [row.pk for row in rows if row.done_at is None]
    if not open_ids:
        return 0
    Duty.objects.filter(pk__in=open_ids, done_at=None).update(
        done_at=now, done_by_id=actor.account_id, next_step_at=None
    )
    _journal(actor, now, "duties.done", [row for row in rows if row.done_at is None], {})
    return len(open_ids)


@transaction.atomic
def reopen(actor: Actor, now: datetime, keys: Sequence[DutyKey], reason: str = "") -> int:
    """What had fulfilled these duties was withdrawn: they are owed again, with the steps that are still to come.

    Returns how many. Journals `duties.reopened` with the instant at which each had been done.
    """
    rows = [row for row in _locked(keys) if row.done_at is not None]
    for row in rows:
        steps = rules.Terms.from_json(row.terms.body).steps
        row.next_step_at = None
        if row.excused_at is None:
            row.next_step_at = rules.next_step_at(steps, row.step, row.due_at, row.closes_at)
        before, row.done_at, row.done_by_id = row.done_at, None, None
        write(
            actor,
            [Event("duties.reopened", "duty", row.pk, row.unit_id, now, {"done_at": before, "reason": reason})],
            now,
        )
    Duty.objects.bulk_update(rows, ["done_at", "done_by", "next_step_at"], batch_size=500)
    return len(rows)


@transaction.atomic
def follow_calendar(actor: Actor, now: datetime, *, unit: Unit, days: Iterable[date]) -> tuple[int, int]:
    """Bring open duties of recurring kinds in line with the school calendar at and below `unit` on these days.

    A day that is no school day any more excuses what is not done, with the calendar's word as the reason; a day that
    became a school day again takes such an excuse back. Returns (excused, owed again).
    """
    wanted = list(days)
    rows = list(
        Duty.objects.filter(unit__path__startswith=unit.path, day__in=wanted, done_at=None)
        .select_related("unit", "terms")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not rows:
        return 0, 0
    institutions = _institutions({row.unit_id: row.unit for row in rows}.values())
    calendars = calendars_of({row.unit_id: row.unit for row in rows}.values())
    excused, owed = [], []
    for day, of_day in groupby(sorted(rows, key=lambda r: r.day), key=lambda r: r.day):
        packs_at = packs_for({u.pk: u for u in institutions.values()}.values(), day)
        for row in of_day:
            template = packs_at[institutions[row.unit_id].pk].duty_templates.get(row.kind)
            if template is None or template.every != "school_day":
                continue
            fact = rules.calendar_fact(calendars[row.unit_id], day)
            if fact is not None and row.excused_at is None:
                row.excused_at, row.excuse, row.excuse_fact, row.next_step_at = now, "calendar", fact, None
                excused.append(row)
            elif fact is None and row.excused_at is not None and row.excuse_fact is not None:
                steps = rules.Terms.from_json(row.terms.body).steps
                row.excused_at, row.excuse, row.excuse_fact = None, "", None
                row.next_step_at = rules.next_step_at(steps, row.step, row.due_at, row.closes_at)
                owed.append(row)
    changed = ["excused_at", "excuse", "excuse_fact", "next_step_at"]
    Duty.objects.bulk_update([*excused, *owed], changed, batch_size=500)
    _journal(actor, now, "duties.excused", excused, {"by": "calendar"})
    _journal(actor, now, "duties.owed_again", owed, {"by": "calendar"})
    return len(excused), len(owed)


def _rows_of(keys: Iterable[DutyKey]) -> Any:
    """Duties of the realm in force with these keys."""
    grouped: dict[tuple[str, str], set[int]] = {}
    for key in keys:
        grouped.setdefault((key.kind, key.period), set()).add(key.unit_id)
    wanted = Q(pk__in=[])
    for (kind, period), unit_ids in grouped.items():
        wanted |= Q(kind=kind, period=period, unit_id__in=unit_ids)
    return Duty.objects.filter(wanted)


def _locked(keys: Iterable[DutyKey]) -> list[Any]:
    """The rows with these keys, locked in the order of their ids."""
    return list(_rows_of(keys).select_related("terms").select_for_update(of=("self",)).order_by("pk"))


def _key(row: Any) -> DutyKey:
    return DutyKey(row.kind, row.unit_id, row.period)


def _raise_missing(actor: Actor, now: datetime, missing: set[DutyKey]) -> int:
    """Enter what a template asks for and the job has not raised yet (the server was just started, a replayed day)."""
    units = {u.pk: u for u in Unit.objects.filter(pk__in={k.unit_id for k in missing}, realm_id=current_realm())}
    if not units:
        return 0
    zones = time_zones(units.values())
    institutions = _institutions(units.values())
    entered = 0
    by_day: dict[date, set[DutyKey]] = {}
    for key in missing:
        unit = units.get(key.unit_id)
        day = _day_of(key.period, local_date(now, zones[unit.pk])) if unit is not None else None
        if day is not None:
            by_day.setdefault(day, set()).add(key)
    for day, of_day in by_day.items():
        asked = planned([units[i] for i in {k.unit_id for k in of_day}], institutions, day, zones, set())
        entered += owe(actor, now, [duty for duty in asked if duty.key in of_day])
    return entered


def _day_of(period: str, today: date) -> date | None:
    """The local day on which a duty of this period is raised; None for a name that no template gives."""
    if period in (rules.period_of("week", today), rules.period_of("month", today)):
        return today
    try:
        return date.fromisoformat(period[:10])
    except ValueError:
        return None


def _institutions(units: Iterable[Unit]) -> dict[int, Unit]:
    """Unit id → its institution (an authority: itself). One query."""
    listed = list(units)
    known = Unit.objects.in_bulk({i for unit in listed for i in unit.ancestor_ids})
    ids = institution_ids(known.values())
    return {unit.pk: known[ids[unit.pk]] for unit in listed}


def _journal(actor: Actor, now: datetime, action: str, rows: Iterable[Any], body: dict[str, Any]) -> None:
    events = [
        Event(action, "duty", row.pk, row.unit_id, now, {"kind": row.kind, "period": row.period, **body})
        for row in rows
    ]
    write(actor, events, now)
