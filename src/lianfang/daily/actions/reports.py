"""Personal reports (H1): by oneself, by a guardian, or by the class for one of its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from lianfang.daily.actions.answers import ReportAnswer
from lianfang.daily.actions.batch import accept
from lianfang.daily.actions.items import ReportItem
from lianfang.daily.actions.times import day_faults, times_of
from lianfang.daily.models import HealthReport
from lianfang.daily.models.facts import replaced_at
from lianfang.daily.perms import REPORT_SUBMIT
from lianfang.daily.reach import UnitReach, reach_of
from lianfang.daily.rules import Fault, Said, Vocabulary, plain, read_said
from lianfang.daily.rules.faults import NOT_A_MEMBER, TOO_LONG
from lianfang.daily.rules.marks import NOTE_LIMIT
from lianfang.daily.vocabularies import vocabularies
from lianfang.daily.wording import refused
from lianfang.foundation.bulk import insert_rows, new_row
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.journal import Event, write_all
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zones
from lianfang.kernel.clock import local_date
from lianfang.kernel.intake import FactTime
from lianfang.people.models import Membership
from lianfang.people.queries import consents

GONE = _("要更正的那份上报已经被更正过，或不能由您更正。这一份没有保存，请刷新后再试。")
Channel = HealthReport.Channel


@dataclass(frozen=True, slots=True)
class _Belonging:
    unit_id: int
    path: str
    level: str
    begins: date
    ends: date | None

    def holds(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class _Ready:
    item: ReportItem
    unit_id: int
    day: date
    channel: str
    times: FactTime
    said: Said
    keeps_track: bool


def submit_reports(items: Sequence[ReportItem]) -> list[ReportAnswer | Exception]:
    """Take reports; one answer or exception per item, in order, all in one transaction (`batch.accept`).

    Exceptions: Forbidden, NotFound (nobody within reach), Invalid ("true_at", "day", "temperature", "symptoms",
    "cause", "person_id" for somebody on no roll that day), Conflict. Journals `daily.report.submitted`. A later report of
    the same day stands beside the earlier; only `corrects` replaces one. The number of queries does not grow with items.
    """
    return accept(items, ReportAnswer, _store)


class _Known:
    def __init__(self, items: Sequence[ReportItem]) -> None:
        # Places visited rest on consent: without it they are not kept, and the report is taken all the same.
        self.tracks: dict[tuple[int, date], bool] = {}
        for on in {local_date(i.now) for i in items if i.track}:
            told = [i.person_id for i in items if i.track and local_date(i.now) == on and 0 < i.person_id < 2**63]
            self.tracks |= {(person, on): yes for person, yes in consents.allowed(told, "tracks", on).items()}
        people = {item.person_id for item in items if 0 < item.person_id < 2**63}
        rows = Membership.objects.filter(person_id__in=people, void_at=None, person__erased_at=None)
        self.belongings: dict[int, list[_Belonging]] = {}
        units: dict[int, Unit] = {}
        for person_id, unit_id, path, level, region, begins, ends in rows.order_by("begins", "pk").values_list(
            "person_id", "unit_id", "unit__path", "unit__level", "unit__region", "begins", "ends"
        ):
            self.belongings.setdefault(person_id, []).append(_Belonging(unit_id, path or "", level, begins, ends))
            units.setdefault(unit_id, Unit(pk=unit_id, path=path, region=region))
        self.zones = time_zones(units.values()) if units else {}
        self._units = units
        self._words: dict[date, dict[int, Vocabulary]] = {}
        wanted = {item.corrects for item in items if item.corrects is not None and 0 < item.corrects < 2**63}
        self.earlier: dict[int, HealthReport] = {}
        if wanted:
            rows_ = HealthReport.objects.get_queryset().effective().filter(pk__in=wanted).select_for_update()
            self.earlier = {row.pk: row for row in rows_}

    def words(self, unit_id: int, day: date) -> Vocabulary:
        """The vocabulary at a unit on a day; looked up once for all units."""
        if day not in self._words:
            self._words[day] = vocabularies(self._units.values(), day)
        return self._words[day][unit_id]


def _store(items: Sequence[ReportItem]) -> list[ReportAnswer | Exception]:
    known = _Known(items)
    reaches: dict[str, UnitReach] = {}
    results: list[ReportAnswer | Exception | _Ready] = []
    for item in items:
        try:
            results.append(_read(item, known, reaches))
        except (Forbidden, NotFound, Conflict, Invalid) as error:
            results.append(error)
    ready = [r for r in results if isinstance(r, _Ready)]
    answers = iter(_write(ready) if ready else ())
    return [next(answers) if isinstance(r, _Ready) else r for r in results]


def _read(item: ReportItem, known: _Known, reaches: dict[str, UnitReach]) -> _Ready:
    belongings = known.belongings.get(item.person_id, [])
    channel, seen = _channel(item, belongings, reaches)
    times, found = times_of(item)
    at = item.now if times is None else times.true_at
    if not seen:
        raise refused([*found, _nowhere(item.day or local_date(at))])
    zone = known.zones[seen[0].unit_id]
    day = item.day or local_date(at, zone)
    home = next((b for b in seen if b.holds(day)), None)
    said, wrong = read_said(item.said, known.words((home or seen[0]).unit_id, day))
    found += wrong
    if len(item.track) > NOTE_LIMIT:
        found.append(Fault("track", "text.too_long", TOO_LONG.format(limit=NOTE_LIMIT)))
    if times is None or said is None or found:
        raise refused(found)
    found = day_faults(day, times, zone, item.corrects is not None)
    if found:
        raise refused(found)
    if home is None:
        raise refused([_nowhere(day)])
    if item.corrects is not None and not _may_correct(item, known, channel, day):
        raise Conflict(GONE)  # type: ignore[arg-type]
    keeps_track = known.tracks.get((item.person_id, local_date(item.now)), False)
    return _Ready(item, home.unit_id, day, channel, times, said, keeps_track)


def _nowhere(day: date) -> Fault:
    return Fault("person_id", "person.on_no_roll", NOT_A_MEMBER.format(day=day.isoformat()))


def _channel(
    item: ReportItem, belongings: list[_Belonging], reaches: dict[str, UnitReach]
) -> tuple[str, list[_Belonging]]:
    """In what standing the actor speaks for the person, and the memberships in question. Raises NotFound for a stranger."""
    actor = item.actor
    if actor.person_id is not None and item.person_id == actor.person_id:
        return Channel.SELF, belongings
    if item.person_id in actor.family:
        return Channel.GUARDIAN, belongings
    if not actor.can(REPORT_SUBMIT):
        raise Forbidden(REPORT_SUBMIT.name)
    reach = reaches.setdefault(actor.agent, reach_of(actor, REPORT_SUBMIT))
    seen = [b for b in belongings if reach.covers(b.path, b.level)]
    if not seen:
        raise NotFound("person")
    return Channel.CLASS, seen


def _may_correct(item: ReportItem, known: _Known, channel: str, day: date) -> bool:
    """A family corrects what the family said, a class what the class said; of the same person and day."""
    earlier = known.earlier.get(item.corrects or 0)
    if earlier is None or earlier.person_id != item.person_id or earlier.day != day:
        return False
    return (earlier.channel == Channel.CLASS) == (channel == Channel.CLASS)


def _write(ready: Sequence[_Ready]) -> list[ReportAnswer]:
    for r in ready:
        if r.item.corrects is not None:
            earlier = HealthReport.objects.get_queryset().effective().filter(pk=r.item.corrects)
            if not earlier.update(superseded_at=replaced_at(r.times.received_at)):
                raise IntegrityError("a report was corrected meanwhile")
    rows = [_row(r) for r in ready]
    insert_rows(rows)
    write_all([(r.item.actor, _event(row, r), row.received_at) for row, r in zip(rows, ready, strict=True)])
    return [
        ReportAnswer(
            id=row.pk,
            unit_id=row.unit_id,
            day=row.day.isoformat(),
            received_at=row.received_at.isoformat(),
            person_id=row.person_id,
            channel=row.channel,
            unwell=row.unwell,
        )
        for row in rows
    ]


def _row(r: _Ready) -> HealthReport:
    return new_row(
        HealthReport,
        person_id=r.item.person_id,
        unit_id=r.unit_id,
        day=r.day,
        channel=str(r.channel),
        temperature=r.said.temperature,
        site=r.said.site,
        instrument=r.said.instrument,
        symptoms=list(r.said.symptoms),
        fever=r.said.fever,
        absent=r.said.absent,
        unwell=r.said.fever or r.said.absent or bool(r.said.symptoms),
        cause=r.said.cause,
        contact_case=r.item.contact_case,
        contact_region=r.item.contact_region,
        track=(plain(r.item.track) or None) if r.keeps_track else None,
        reported_by_id=r.item.actor.account_id,
        on_paper=r.item.on_paper,
        true_at=r.times.true_at,
        received_at=r.times.received_at,
        corrects_id=r.item.corrects,
    )


def _event(row: HealthReport, r: _Ready) -> Event:
    body = {
        "person": row.person_id,
        "day": row.day,
        "channel": row.channel,
        "temperature": row.temperature,
        "symptoms": row.symptoms,
        "fever": row.fever,
        "absent": row.absent,
        "cause": row.cause,
        "contact_case": row.contact_case,
        "contact_region": row.contact_region,
        "corrects": row.corrects_id,
        "claimed_at": r.times.claimed_at,
        "clock": sorted(flag.value for flag in r.times.flags),
    }
    return Event("daily.report.submitted", "health_report", row.pk, row.unit_id, row.true_at, body)
