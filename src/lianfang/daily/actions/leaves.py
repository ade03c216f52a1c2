"""Leaving before the end of the day (H5)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from lianfang.daily.actions.answers import LeaveAnswer
from lianfang.daily.actions.batch import accept
from lianfang.daily.actions.items import LeaveItem
from lianfang.daily.actions.times import times_of
from lianfang.daily.models import EarlyLeave
from lianfang.daily.models.facts import replaced_at
from lianfang.daily.perms import LEAVE_RECORD
from lianfang.daily.reach import reach_of
from lianfang.daily.reading import KIND_OF_LEVEL, departed, rolls
from lianfang.daily.rules import Fault, SaidInput, plain, read_said
from lianfang.daily.rules.faults import LEFT, NOT_ON_ROLL, TOO_LONG
from lianfang.daily.rules.marks import NOTE_LIMIT, TEXT_LIMIT
from lianfang.daily.vocabularies import vocabulary_at
from lianfang.daily.wording import refused
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.journal import Event, write_all
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date

ALREADY = _("这个人今天的离校已经登记过，这一份没有保存。如需改动，请用“更正”。")
REPLACED = _("要更正的离校登记已经被更正过，这一份没有保存。请刷新后再试。")


def record_early_leave(items: Sequence[LeaveItem]) -> list[LeaveAnswer | Exception]:
    """Record early leaves; one answer or exception per item, in order. Journals `daily.leave.recorded`.

    Exceptions: Forbidden, NotFound, Invalid ("true_at", "person_id", "cause", "temperature", …), Conflict (recorded before).
    """
    return accept(items, LeaveAnswer, _store)


def _store(items: Sequence[LeaveItem]) -> list[LeaveAnswer | Exception]:
    results: list[LeaveAnswer | Exception] = []
    for item in items:
        try:
            results.append(_record(item))
        except (Forbidden, NotFound, Conflict, Invalid) as error:
            results.append(error)
    return results


def _record(item: LeaveItem) -> LeaveAnswer:
    if not item.actor.can(LEAVE_RECORD):
        raise Forbidden(LEAVE_RECORD.name)
    unit = Unit.objects.filter(pk=item.unit_id).first() if 0 < item.unit_id < 2**63 else None
    if (
        unit is None
        or unit.realm_id != item.actor.realm
        or unit.level not in KIND_OF_LEVEL
        or not reach_of(item.actor, LEAVE_RECORD).covers(unit.path, unit.level)
    ):
        raise NotFound("unit")
    times, found = times_of(item)
    if times is None:
        raise refused(found)
    day = local_date(times.true_at, time_zone_of(unit))
    names = {m.person_id: m.name for listed in rolls([unit], [day]).values() for m in listed}
    if item.person_id not in names:
        told = departed([unit.pk], [item.person_id]).get((unit.pk, item.person_id)) if item.person_id < 2**63 else None
        label = NOT_ON_ROLL.format(person=item.person_id)
        if told is not None:
            label = LEFT.format(name=told[0], day=told[1].isoformat())
        found.append(Fault("person_id", "person.left" if told else "person.not_on_roll", label))
    raw = item.said
    asked = SaidInput(raw.temperature, raw.site, raw.instrument, raw.symptoms, True, raw.cause)
    said, wrong = read_said(asked, vocabulary_at(unit, day))
    found += wrong
    for field, text, limit in (
        ("fetched_by", item.fetched_by, TEXT_LIMIT),
        ("hospital", item.hospital, TEXT_LIMIT),
        ("note", item.note, NOTE_LIMIT),
    ):
        if len(text) > limit:
            found.append(Fault(field, "text.too_long", TOO_LONG.format(limit=limit)))
    if said is None or found:
        raise refused(found)
    same = EarlyLeave.objects.get_queryset().effective().filter(person_id=item.person_id, unit=unit, day=day)
    earlier = same.select_for_update().first()
    if earlier is not None and item.corrects is None:
        raise Conflict(ALREADY)  # type: ignore[arg-type]
    if item.corrects is not None:
        if earlier is None or earlier.pk != item.corrects:
            raise Conflict(REPLACED)  # type: ignore[arg-type]
        same.update(superseded_at=replaced_at(times.received_at))
    row = EarlyLeave.objects.create(
        person_id=item.person_id,
        unit=unit,
        day=day,
        cause=said.cause,
        symptoms=list(said.symptoms),
        temperature=said.temperature,
        site=said.site,
        instrument=said.instrument,
        fever=said.fever,
        fetched_by=plain(item.fetched_by) or None,
        hospital=plain(item.hospital),
        note=plain(item.note) or None,
        recorded_by_id=item.actor.account_id,
        on_paper=item.on_paper,
        true_at=times.true_at,
        received_at=times.received_at,
        corrects_id=item.corrects,
    )
    body = {
        "person": row.person_id,
        "day": day,
        "cause": row.cause,
        "symptoms": row.symptoms,
        "temperature": row.temperature,
        "fever": row.fever,
        "corrects": row.corrects_id,
    }
    event = Event("daily.leave.recorded", "early_leave", row.pk, unit.pk, row.true_at, body)
    write_all([(item.actor, event, row.received_at)])
    return LeaveAnswer(
        id=row.pk,
        unit_id=unit.pk,
        day=day.isoformat(),
        received_at=row.received_at.isoformat(),
        person_id=row.person_id,
        left_at=row.true_at.isoformat(),
    )
