"""Raising what recurs, and the sweeper. Both are idempotent and catch up after a late start."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from lianfang.comms.actions import send_notices
from lianfang.duties import rules
from lianfang.duties.actions import follow_calendar, fulfil, owe, shifts_follow_calendar
from lianfang.duties.models import Duty, DutyStep
from lianfang.duties.planning import DutyKey, institution_ids, planned, units_in_force
from lianfang.duties.telling import Draft, Teller, teller
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import JournalEntry, Realm, Unit
from lianfang.foundation.realm import current_realm, in_realm
from lianfang.foundation.units import time_zone_of, time_zones
from lianfang.kernel.clock import local_date
from lianfang.people.linkbook import uncalled
from lianfang.rulepacks import packs

log = logging.getLogger("lianfang.duties")
BATCH = 200
LINK_CHECK = "link-book-check"
POSTPONE = timedelta(minutes=1)


def realm_instants(now: datetime) -> dict[str, datetime]:
    """Every realm with its own instant: an exercise may stand at another time than the installation."""
    return {realm.key: realm.clock_at or now for realm in Realm.objects.order_by("key")}


def raise_duties(actor: Actor, now: datetime) -> int:
    """Enter today's recurring duties of every unit in every realm, by its own local day; returns how many are new."""
    entered = 0
    for realm, at in realm_instants(now).items():
        with in_realm(realm):
            entered += raise_in_realm(system_actor(actor.agent, at), at, realm)
    return entered


def raise_in_realm(actor: Actor, now: datetime, realm: str) -> int:
    """`raise_duties` for the realm in force. The queries grow with the number of local days and of institutions that
    lack something, not with classes; each institution is entered in a transaction of its own."""
    listed = units_in_force(local_date(now), realm)
    zones = time_zones(listed)
    by_day: dict[date, list[Unit]] = {}
    for unit in listed:
        by_day.setdefault(local_date(now, zones[unit.pk]), []).append(unit)
    known = {unit.pk: unit for unit in listed}
    above = institution_ids(listed)
    entered = 0
    for day, units in by_day.items():
        there = _there(day)
        standing = [u for u in units if (u.begins is None or u.begins <= day) and (u.ends is None or u.ends > day)]
        asked = planned(standing, {u.pk: known[above[u.pk]] for u in standing}, day, zones, there)
        per_institution: dict[int, list[Any]] = {}
        for duty in asked:
            per_institution.setdefault(above[duty.unit_id], []).append(duty)
        for duties in per_institution.values():
            entered += owe(actor, now, duties)
    return entered


def _there(day: date) -> set[DutyKey]:
    """Duties that exist for a day, and those of its week and month."""
    rows = Duty.objects.filter(day=day)
    longer = [t.id for t in packs().duty_templates.values() if t.every in ("week", "month")]
    if longer:
        first = min(day.replace(day=1), day - timedelta(days=day.weekday()))
        periods = [rules.period_of(every, day) for every in ("week", "month")]
        rows = Duty.objects.filter(Q(day=day) | Q(day__gte=first, day__lt=day, kind__in=longer, period__in=periods))
    return {DutyKey(*row) for row in rows.values_list("kind", "unit_id", "period")}


def on_calendar_changed(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.calendar.changed`: bring the duties of the unit in line for the days that it names."""
    body = entry.payload.body or {}
    days = {date.fromisoformat(d) for d in [body.get("day"), *(body.get("days") or [])] if d}
    unit = Unit.objects.filter(pk=entry.unit_id).first() if entry.unit_id else None
    if unit is None:
        return
    if not days:  # a term or the weekdays changed: whatever is still open
        near = now.date() - timedelta(days=1)
        days = set(
            Duty.objects.filter(unit__path__startswith=unit.path, done_at=None, day__gte=near)
            .order_by()
            .values_list("day", flat=True)
            .distinct()
        )
    follow_calendar(actor, now, unit=unit, days=days)
    shifts_follow_calendar(actor, now, unit=unit)
    raise_in_realm(actor, now, current_realm())


def on_link_called(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.link.called`: when every number of a unit was called since its check opened, the check is done."""
    owed = Duty.objects.filter(unit_id=entry.unit_id, kind=LINK_CHECK, opens_at__lte=now, done_at=None, excused_at=None)
    for duty in owed.select_related("unit").order_by("pk"):
        today = local_date(now, time_zone_of(duty.unit))
        if not uncalled(duty.unit_id, today, duty.opens_at):
            fulfil(actor, now, [DutyKey(duty.kind, duty.unit_id, duty.period)])


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: notices sent, steps passed over, steps with nobody to tell, duties that could not be taken."""

    sent: int = 0
    skipped: int = 0
    nobody: int = 0
    failed: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.sent + other.sent,
            self.skipped + other.skipped,
            self.nobody + other.nobody,
            self.failed + other.failed,
        )


def sweep(actor: Actor, now: datetime) -> Swept:
    """Send every step that is due, in every realm. Two sweeps at once, a kill in the middle or a late start send no
    step twice: a duty is claimed by compare-and-swap on (id, step) in the transaction of its notices."""
    total = Swept()
    waiting = set(
        Duty.all_realms.filter(next_step_at__isnull=False).order_by().values_list("realm_id", flat=True).distinct()
    )
    for realm, at in realm_instants(now).items():
        if realm in waiting:
            with in_realm(realm):
                total += _sweep_realm(system_actor(actor.agent, at), at)
    return total


def _sweep_realm(actor: Actor, now: datetime) -> Swept:
    total = Swept()
    passed: tuple[datetime, int] | None = None
    while True:
        due = Duty.objects.filter(next_step_at__lte=now, done_at=None, excused_at=None)
        if passed is not None:
            due = due.filter(Q(next_step_at__gt=passed[0]) | Q(next_step_at=passed[0], pk__gt=passed[1]))
        batch = list(due.select_related("unit", "terms").order_by("next_step_at", "pk")[:BATCH])
        if not batch:
            return total
        passed = (batch[-1].next_step_at, batch[-1].pk)
        total += _sweep_batch(actor, now, batch)


def _sweep_batch(actor: Actor, now: datetime, batch: Sequence[Any]) -> Swept:
    try:
        return take_steps(actor, now, batch)
    except Exception:
        log.exception("a batch of %s duties could not be swept; trying one by one", len(batch))
    total = Swept()
    for duty in batch:
        try:
            total += take_steps(actor, now, [duty])
        except Exception as error:
            log.exception("duty %s could not be swept (%s); again in a minute", duty.pk, type(error).__name__)
            Duty.objects.filter(pk=duty.pk, step=duty.step, next_step_at=duty.next_step_at).update(
                next_step_at=now + POSTPONE
            )
            total += Swept(failed=1)
    return total


@transaction.atomic
def take_steps(actor: Actor, now: datetime, batch: Sequence[Any]) -> Swept:
    """Claim these duties, as they were read, and send what is due: all in one transaction, or nothing."""
    terms = {duty.terms_id: rules.Terms.from_json(duty.terms.body) for duty in batch}
    claimed: list[tuple[Any, rules.Move]] = []
    for duty in batch:
        steps = terms[duty.terms_id].steps
        moved = rules.move(steps, duty.step, duty.due_at, duty.closes_at, now)
        taken = moved.taken if moved is not None else duty.step
        after = rules.next_step_at(steps, taken, duty.due_at, duty.closes_at)
        if moved is None and after == duty.next_step_at:
            continue
        mine = Duty.objects.filter(pk=duty.pk, step=duty.step, done_at=None, excused_at=None).exclude(next_step_at=None)
        if mine.update(step=taken, next_step_at=after) and moved is not None:
            claimed.append((duty, moved))
    if not claimed:
        return Swept()
    told = teller([duty for duty, _moved in claimed], terms.values(), now)
    drafts = [_drafts(duty, moved, terms[duty.terms_id], told) for duty, moved in claimed]
    wanted = [d.notice for of_duty in drafts for d in of_duty if d.notice is not None]
    notices = iter(send_notices(actor, now, wanted))
    steps_taken: list[DutyStep] = []
    for (duty, moved), of_duty in zip(claimed, drafts, strict=True):
        steps_taken += _records(duty, moved, terms[duty.terms_id], of_duty, notices, now)
    DutyStep.objects.bulk_create(steps_taken)
    by_outcome = [s.outcome for s in steps_taken]
    return Swept(len(wanted), by_outcome.count(DutyStep.Outcome.SKIPPED), by_outcome.count(DutyStep.Outcome.NOBODY), 0)


def _drafts(duty: Any, moved: rules.Move, terms: rules.Terms, told: Teller) -> list[Draft]:
    """What a move sends: the newest step, and whoever the steps that it passes over would have told."""
    if moved.send is None:
        return []
    due = [terms.steps[number] for number in (*moved.skipped, moved.send)]
    step = replace(due[-1], tell=tuple(dict.fromkeys(telling for each in due for telling in each.tell)))
    return told.step(duty, terms, step, moved.remind, f"duty:{duty.pk}:{moved.send}")


def _records(
    duty: Any, moved: rules.Move, terms: rules.Terms, drafts: Sequence[Draft], notices: Any, now: datetime
) -> list[DutyStep]:
    """The history of a move: one row per step passed over, and one per party told (only the first bears the number)."""
    rows = [
        DutyStep(
            duty=duty,
            number=number,
            kind=DutyStep.Kind.REMINDER if terms.steps[number].remind else DutyStep.Kind.ESCALATION,
            outcome=DutyStep.Outcome.SKIPPED,
            planned_at=terms.steps[number].at(duty.due_at),
            taken_at=now,
        )
        for number in moved.skipped
    ]
    number: int | None = moved.send
    for draft in drafts:
        notice = next(notices) if draft.notice is not None else None
        rows.append(
            DutyStep(
                duty=duty,
                number=number,
                kind=draft.kind,
                role=draft.role,
                outcome=DutyStep.Outcome.SENT if draft.accounts else DutyStep.Outcome.NOBODY,
                planned_at=terms.steps[moved.send or 0].at(duty.due_at),
                taken_at=now,
                notice=notice,
                told=len(draft.accounts),
            )
        )
        number = None
    return rows
