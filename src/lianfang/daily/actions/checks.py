"""Saving rolls (H2): permit → read → compare with what is known → store → journal → duty done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.daily.actions.answers import CheckAnswer
from lianfang.daily.actions.batch import accept
from lianfang.daily.actions.duties import fulfil_class_checks
from lianfang.daily.actions.items import CheckItem
from lianfang.daily.actions.times import day_faults, times_of
from lianfang.daily.elsewhere import OTHER_GROUPS, class_words, settled
from lianfang.daily.models import RollCheck, RollMark, RollSheet
from lianfang.daily.models.facts import replaced_at
from lianfang.daily.perms import CHECK_SAVE, OWN_ROLL_ROLES
from lianfang.daily.reach import reach_of
from lianfang.daily.reading import (
    KIND_OF_LEVEL,
    UnitDay,
    departed,
    last_checks_before,
    marks_of,
    own_callers,
    rolls,
    statements,
)
from lianfang.daily.rules import (
    Contradiction,
    Fault,
    Figures,
    Mark,
    Statement,
    contradictions,
    is_session,
    plain,
    read_marks,
    tally,
)
from lianfang.daily.rules.faults import CONTRADICTED, NOBODY, OTHER_SHEET, SESSION, TOO_LONG
from lianfang.daily.rules.figures import absent_since
from lianfang.daily.vocabularies import vocabularies
from lianfang.daily.wording import contradiction_words, refused
from lianfang.foundation.bulk import insert_rows
from lianfang.foundation.errors import Conflict, Forbidden, NotFound
from lianfang.foundation.journal import Event, write_all
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zones
from lianfang.kernel.intake import FactTime
from lianfang.people.reading import Member

ALREADY = _("这一时段已经有人检查过，这一份没有保存。请刷新查看；如需改动，请用“更正”。")
REPLACED = _("要更正的那次检查已经被更正过，这一份没有保存。请刷新后在最新的一次上更正。")

REASON_LIMIT = 200


@dataclass(frozen=True)
class _Ready:
    """An item that passed every rule, with what its rows need."""

    item: CheckItem
    unit: Unit
    times: FactTime
    marks: dict[int, Mark]
    figures: Figures
    version: str
    sheet: RollSheet | None = None


def save_checks(items: Sequence[CheckItem]) -> list[CheckAnswer | Exception]:
    """Save rolls; one answer or exception per item, in order, all in one transaction (`batch.accept`).

    Exceptions: Forbidden, NotFound (no such unit within reach), Invalid (fields "true_at", "day", "session", "marks.<i>.…",
    "answers.<person>.<report>" for a report that the check would cover), Conflict (already checked, already corrected, or the
    client id came with other content). Journals `daily.check.saved` or `daily.check.corrected`; fulfils the duty.
    """
    return accept(items, CheckAnswer, _store)


def _store(items: Sequence[CheckItem]) -> list[CheckAnswer | Exception]:
    results: list[CheckAnswer | Exception | None] = [None] * len(items)
    open_ = list(range(len(items)))
    while open_:
        wave: list[int] = []
        units: set[int] = set()
        for index in open_:
            if items[index].unit_id not in units:
                units.add(items[index].unit_id)
                wave.append(index)
        for index, result in zip(wave, _store_wave([items[i] for i in wave]), strict=True):
            results[index] = result
        open_ = [i for i in open_ if results[i] is None]
    return [r for r in results if r is not None]


class _Known:
    """What the database knows about the units and days of a wave: looked up once for all items."""

    def __init__(self, items: Sequence[CheckItem]) -> None:
        self.units = Unit.objects.in_bulk({item.unit_id for item in items if 0 < item.unit_id < 2**63})
        units = list(self.units.values())
        self.zones = time_zones(units)
        days = {item.day for item in items}
        self.words = {day: vocabularies(units, day) for day in days}
        self.rolls = rolls(units, days)
        people = {m.person_id for listed in self.rolls.values() for m in listed}
        self.statements = statements(people, days)
        self.checks: dict[UnitDay, list[RollCheck]] = {}
        for row in _effective(set(self.units), days):
            self.checks.setdefault(UnitDay(row.unit_id, row.day), []).append(row)
        strange = {mark.person_id for item in items for mark in item.marks if 0 < mark.person_id < 2**63} - people
        self.left = departed(set(self.units), strange) if strange else {}
        printed = {item.sheet for item in items if item.sheet is not None}
        self.sheets = {row.uid: row for row in RollSheet.objects.filter(uid__in=printed)} if printed else {}

    def of(self, item: CheckItem) -> list[Member]:
        return self.rolls.get(UnitDay(item.unit_id, item.day), [])


def _effective(unit_ids: set[int], days: set[date]) -> QuerySet[RollCheck]:
    rows = RollCheck.objects.get_queryset().effective().filter(unit_id__in=unit_ids, day__in=days)
    checks: QuerySet[RollCheck] = rows.select_for_update()
    return checks


def _store_wave(items: Sequence[CheckItem]) -> list[CheckAnswer | Exception]:
    known = _Known(items)
    results: list[CheckAnswer | Exception | _Ready] = []
    for item in items:
        try:
            results.append(_read(item, known))
        except (Forbidden, NotFound, Conflict) as error:
            results.append(error)
        except Exception as error:
            if not hasattr(error, "errors"):
                raise
            results.append(error)
    ready = [r for r in results if isinstance(r, _Ready)]
    answers = iter(_write(ready, known) if ready else ())
    return [next(answers) if isinstance(r, _Ready) else r for r in results]


def _read(item: CheckItem, known: _Known) -> _Ready:
    unit = known.units.get(item.unit_id)
    if not item.actor.can(CHECK_SAVE):
        raise Forbidden(CHECK_SAVE.name)
    if unit is None or unit.realm_id != item.actor.realm or unit.level not in KIND_OF_LEVEL:
        raise NotFound("unit")
    if not reach_of(item.actor, CHECK_SAVE).covers(unit.path, unit.level):
        raise NotFound("unit")
    times, found = times_of(item)
    if not is_session(item.session):
        found.append(Fault("session", "session.unknown", SESSION.format(value=item.session[:20])))
    if len(plain(item.reason)) > REASON_LIMIT:
        found.append(Fault("reason", "text.too_long", TOO_LONG.format(limit=REASON_LIMIT)))
    if times is not None:
        found += day_faults(item.day, times, known.zones[unit.pk], item.corrects is not None)
    sheet = known.sheets.get(item.sheet) if item.sheet is not None else None
    if item.sheet is not None and (sheet is None or not _printed_for(sheet, item)):
        found.append(Fault("sheet", "sheet.other", OTHER_SHEET))
    if found or times is None:
        raise refused(found)
    same_day = known.checks.get(UnitDay(unit.pk, item.day), [])
    earlier = next((c for c in same_day if c.session == item.session), None)
    if earlier is not None and item.corrects is None:
        raise Conflict(ALREADY)  # type: ignore[arg-type]
    if item.corrects is not None and (earlier is None or earlier.pk != item.corrects):
        raise Conflict(REPLACED)  # type: ignore[arg-type]
    roll = known.of(item)
    if not roll:
        raise refused([Fault("unit_id", "roll.empty", NOBODY)])
    words = known.words[item.day][unit.pk]
    names = {member.person_id: member.name for member in roll}
    left = {person: told for (unit_id, person), told in known.left.items() if unit_id == unit.pk}
    marks, found = read_marks(item.marks, names, left, item.all_well, item.day, words)
    said = [s for member in roll for s in known.statements.get((member.person_id, item.day), ())]
    settled_at = max((c.received_at for c in same_day if c.session != item.session), default=None)
    elsewhere = {}
    if unit.level in OTHER_GROUPS and said:
        elsewhere = settled(class_words(unit, item.day, item.session, [s.person_id for s in said], words))
    open_ = contradictions(said, marks, settled_at, elsewhere)
    found += [_contradicted(c, names, {s.report_id: s for s in said}) for c in open_]
    if found:
        raise refused(found)
    return _Ready(item, unit, times, marks, tally(len(roll), marks.values()), words.version, sheet)


def _printed_for(sheet: RollSheet, item: CheckItem) -> bool:
    return sheet.unit_id == item.unit_id and sheet.session == item.session and sheet.first <= item.day <= sheet.last


def _contradicted(open_: Contradiction, names: dict[int, str], said: dict[int, Statement]) -> Fault:
    label = contradiction_words(CONTRADICTED, names[open_.person_id], open_, said[open_.report_id])
    return Fault(f"answers.{open_.person_id}.{open_.report_id}", "contradicted", label)


def _write(ready: Sequence[_Ready], known: _Known) -> list[CheckAnswer]:
    own: set[tuple[int, int]] = set()
    for day in {r.item.day for r in ready}:
        on_day = [r.unit for r in ready if r.item.day == day]
        own |= own_callers(on_day, day, [role for roles in OWN_ROLL_ROLES.values() for role in roles])
    replaced = {r.item.corrects: r.times.received_at for r in ready if r.item.corrects is not None}
    for received_at in set(replaced.values()):
        wanted = [pk for pk, at in replaced.items() if at == received_at]
        if RollCheck.objects.get_queryset().effective().filter(pk__in=wanted).update(
            superseded_at=replaced_at(received_at)
        ) != len(wanted):
            raise IntegrityError("a check was corrected meanwhile")
    checks = [_check_row(r, own) for r in ready]
    insert_rows(checks)
    since = _since(ready, known)
    insert_rows(
        [
            _mark_row(check, mark, since.get((check.unit_id, mark.person_id)))
            for check, r in zip(checks, ready, strict=True)
            for mark in r.marks.values()
        ]
    )
    pairs = list(zip(checks, ready, strict=True))
    write_all([(r.item.actor, _event(check, r), r.times.received_at) for check, r in pairs])
    fulfil_class_checks([(r.item.actor, r.times.received_at, r.unit, check) for check, r in pairs])
    return [_answer(check, r) for check, r in pairs]


def _since(ready: Sequence[_Ready], known: _Known) -> dict[tuple[int, int], date]:
    """First day of a continuing absence, by (unit, person), from each unit's last check on an earlier day."""
    wanted = {UnitDay(r.unit.pk, r.item.day): r for r in ready if r.figures.absent}
    if not wanted:
        return {}
    last = last_checks_before(wanted, earlier_day=True)
    marks = marks_of(list(last.values()), known.words[next(iter(wanted)).day])
    return {
        (key.unit_id, person): kept.since
        for key, check_id in last.items()
        for person, kept in marks[check_id].items()
        if kept.since is not None
    }


def _check_row(r: _Ready, own: set[tuple[int, int]]) -> RollCheck:
    f, actor = r.figures, r.item.actor
    return RollCheck(
        unit=r.unit,
        day=r.item.day,
        session=r.item.session,
        all_well=not any(not mark.well for mark in r.marks.values()),
        expected=f.expected,
        present=f.present,
        absent=f.absent,
        absent_ill=f.absent_ill,
        absent_other=f.absent_other,
        late_arrivals=f.late_arrivals,
        symptomatic=f.symptomatic,
        fever=f.fever,
        rules_version=r.version,
        checked_by_id=actor.account_id,
        stand_in=not actor.system and (r.unit.pk, actor.account_id) not in own,
        on_paper=r.item.on_paper or r.sheet is not None,
        sheet=r.sheet,
        true_at=r.times.true_at,
        received_at=r.times.received_at,
        corrects_id=r.item.corrects,
        correction_reason=plain(r.item.reason),
    )


def _mark_row(check: RollCheck, mark: Mark, since: date | None) -> RollMark:
    return RollMark(
        roll_check=check,
        person_id=mark.person_id,
        unit_id=check.unit_id,
        day=check.day,
        session=check.session,
        presence=mark.presence,
        cause=mark.cause,
        symptoms=list(mark.symptoms),
        temperature=mark.temperature,
        site=mark.site,
        instrument=mark.instrument,
        fever=mark.fever,
        onset=mark.onset,
        since=absent_since(check.day, since) if mark.absent else None,
        diagnosis=mark.diagnosis,
        hospital=mark.hospital,
        note=mark.note or None,
        answers=list(mark.answers),
    )


def _event(check: RollCheck, r: _Ready) -> Event:
    body: dict[str, Any] = {
        "day": check.day,
        "session": check.session,
        "all_well": check.all_well,
        "figures": r.figures.as_dict(),
        "marks": [
            {
                "person": mark.person_id,
                "presence": mark.presence,
                "cause": mark.cause,
                "symptoms": list(mark.symptoms),
                "temperature": mark.temperature,
                "fever": mark.fever,
                "onset": mark.onset,
            }
            for mark in r.marks.values()
        ],
        "corrects": check.corrects_id,
        "reason": check.correction_reason,
        "stand_in": check.stand_in,
        "on_paper": check.on_paper,
        "entered_from": "sheet" if check.sheet_id is not None else "page",
        "claimed_at": r.times.claimed_at,
        "clock": sorted(flag.value for flag in r.times.flags),
    }
    action = "daily.check.saved" if check.corrects_id is None else "daily.check.corrected"
    return Event(action, "roll_check", check.pk, check.unit_id, check.true_at, body)


def _answer(check: RollCheck, r: _Ready) -> CheckAnswer:
    return CheckAnswer(
        id=check.pk,
        unit_id=check.unit_id,
        day=check.day.isoformat(),
        received_at=check.received_at.isoformat(),
        session=check.session,
        state="all_well" if check.all_well else "exceptions",
        corrects=check.corrects_id,
        figures=r.figures.as_dict(),
    )
