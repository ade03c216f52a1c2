"""School days of the demo, written through the actions of teachers, guardians and reporters at the hours of those days.

Everything sent bears an id made from its day and sender. A day that was written half before a kill is written again
from its beginning: what was kept then is answered from its receipt, as it would be for a phone that repeats itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from lianfang.config.demo.chain import Signing, amend, sign
from lianfang.config.demo.district import SEED, ZONE, Demo, accounts_of
from lianfang.config.demo.illness import GASTRO, INFLUENZA, Cluster, Spell, other_mark, spells_of, spells_of_cluster
from lianfang.config.demo.signins import open_families, reporting_families, sample_class, sample_guardian
from lianfang.daily.actions import CheckItem, LeaveItem, ReportItem, record_early_leave, save_checks, submit_reports
from lianfang.daily.models import RollCheck
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.duties.jobs import raise_in_realm
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.errors import Conflict
from lianfang.foundation.models import Account, Unit
from lianfang.foundation.realm import REAL
from lianfang.kernel.clock import at_local
from lianfang.people.models import Guardianship, Membership
from lianfang.people.reading import calendar_of, members_of

PAST_DAYS = 14
LATE_CLASS = {4: 0, 10: 3}
MISSING_TRAINING = (5, 11)
LATE_TRAINING = 7
AMENDED = 8
BATCH = 18


@dataclass
class History:
    """Writes day after day. `today` is the day on which the demo was begun, `now` the instant of this run."""

    demo: Demo
    today: date
    now: datetime
    past: int = PAST_DAYS
    accounts: dict[int, Account] = field(default_factory=dict)
    families: list[Guardianship] = field(default_factory=list)

    def prepare(self) -> None:
        """Accounts of families that report, and who calls which roll."""
        self.families = reporting_families(self.demo)
        open_families(self.demo, self.families)
        self.families = reporting_families(self.demo)
        for role in ("homeroom_teacher", "lesson_teacher", "grade_head", "epidemic_reporter", "county_officer"):
            self.accounts |= accounts_of(
                role, [*self.classes, *self.divisions, *self.demo.institutions, self.demo.bureau]
            )

    @cached_property
    def classes(self) -> list[Unit]:
        return [c for i in self.demo.institutions for c in Unit.objects.within(i).filter(level="class").order_by("pk")]

    @cached_property
    def divisions(self) -> list[Unit]:
        return [d for i in self.demo.institutions for d in Unit.objects.within(i).filter(level="division")]

    @cached_property
    def days(self) -> list[date]:
        """The past school days, and today if it is one."""
        calendar = calendar_of(self.demo.bureau)
        before = list(calendar.school_days(self.demo.begins, self.today - timedelta(days=1)))
        return [*before[-self.past :], *calendar.school_days(self.today, self.today)]

    @cached_property
    def rolls(self) -> dict[int, list[int]]:
        """Class → persons in list order, as on the first of the days."""
        found = members_of([c.pk for c in self.classes], self.days[0])
        return {unit: [m.person_id for m in listed] for unit, listed in found.items()}

    @cached_property
    def spells(self) -> dict[int, list[Spell]]:
        """Person → illnesses: those of chance and those of the two clusters."""
        people = {person for roll in self.rolls.values() for person in roll}
        found = {person: spells_of(SEED, person, len(self.days)) for person in people}
        for cluster in self._clusters():
            for person, spell in spells_of_cluster(SEED, cluster).items():
                found[person] = [spell]
        return found

    def _clusters(self) -> Iterator[Cluster]:
        """Influenza grows in a class of the primary school in the last three days; a boarding class had vomiting."""
        own = sample_class(self.demo).pk
        primary = [c for c in self.classes if c.path.startswith(self.demo.primary.path) and c.pk != own]
        last = len([d for d in self.days if d < self.today])
        if primary:
            chosen = self.rolls[primary[-2 if len(primary) > 1 else -1].pk]
            yield Cluster(chosen, {last - 3: 2, last - 2: 3, last - 1: 4, last: 3}, INFLUENZA, 4)
        middle = [c for c in self.classes if c.path.startswith(self.demo.middle.path)]
        if middle:
            chosen = self.rolls[middle[len(middle) // 2].pk]
            boarding = Membership.objects.filter(person_id__in=chosen, kind="resident", void_at=None).order_by("pk")
            yield Cluster(list(boarding.values_list("person_id", flat=True)), {last - 5: 4, last - 4: 3}, GASTRO, 2)

    def is_written(self, place: int) -> bool:
        """Whether a past day is complete: its last act, the county's signature, is there."""
        return Signing(self.demo.bureau, self.days[place]).is_done()

    def write(self, place: int) -> None:
        """One day, as far as its hours have passed."""
        day = self.days[place]
        morning = self._at(day, "06:30")
        if morning > self.now:
            return
        raise_in_realm(system_actor("demo", morning), morning, REAL)
        self._reports(place, day)
        self._checks(place, day)
        self._signatures(place, day)
        self._early_leaves(place, day)
        if place == AMENDED and day < self.today:
            self._correction(day)

    def _at(self, day: date, hour: str) -> datetime:
        return at_local(day, hour, ZONE)

    def _minute(self, day: date, begins: str, key: object, within: int) -> datetime:
        """A minute of the morning that is always the same for the same day and key."""
        return self._at(day, begins) + timedelta(minutes=Random(f"{SEED}/{day}/{key}").randrange(within))

    def _id(self, day: date, *parts: object) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, ("lianfang-demo", self.demo.bureau.uid, day, *parts))))

    def _actor(self, account: Account, at: datetime) -> Actor:
        return load_actor(account, at, "demo")

    def _spell(self, person: int, place: int) -> Spell | None:
        return next((s for s in self.spells.get(person, []) if s.covers(place)), None)

    def _onset(self, spell: Spell, person: int) -> date:
        first = self.days[0] + timedelta(days=spell.first) if spell.first < 0 else self.days[spell.first]
        return first - timedelta(days=person % 5 in (0, 1))

    # What families say

    def _reports(self, place: int, day: date) -> None:
        own = sample_guardian(self.demo)[0].pk if day == self.today else 0
        items = []
        for number, ward in enumerate(self.families):
            at = self._minute(day, "06:50", ("report", ward.child_id), 35)
            account = ward.guardian.account
            if at > self.now or ward.guardian_id == own or account is None:
                continue
            if day != self.today and Random(f"{SEED}/{day}/{number}").random() > 0.85:
                continue
            items.append(
                ReportItem(
                    actor=self._actor(account, at),
                    client_id=self._id(day, "report", ward.child_id),
                    person_id=ward.child_id,
                    said=self._said(ward.child_id, place, day),
                    day=day,
                )
            )
        for start in range(0, len(items), 50):
            _all_taken(submit_reports(items[start : start + 50]))

    def _said(self, person: int, place: int, day: date) -> SaidInput:
        spell = self._spell(person, place)
        if spell is None and day == self.today and person == self._told_today:
            return SaidInput("38.2", "axillary", "electronic", ("fever", "cough"), True, "illness")
        if spell is None:
            usual = Random(f"{SEED}/{day}/{person}").uniform(36.2, 36.9)
            return SaidInput(f"{usual:.1f}", "axillary", "electronic")
        fever = spell.celsius and place <= spell.first + 1
        return SaidInput(
            spell.celsius if fever else None,
            "axillary" if fever else "",
            "electronic" if fever else "",
            spell.picture.symptoms,
            True,
            "illness",
        )

    @cached_property
    def _told_today(self) -> int:
        """A child of the sample class whose family said before the check that it stays at home."""
        own = set(self.rolls[sample_class(self.demo).pk])
        guardian = sample_guardian(self.demo)[0].pk
        return next((w.child_id for w in self.families if w.child_id in own and w.guardian_id != guardian), 0)

    # What teachers see

    def _checks(self, place: int, day: date) -> None:
        items = []
        for number, unit in enumerate(self.classes):
            training = unit.path.startswith(self.demo.training.path)
            if training and place in MISSING_TRAINING:
                continue
            if day == self.today and unit.pk == sample_class(self.demo).pk:
                continue
            late = LATE_CLASS.get(place) == number
            at = self._at(day, "08:38") if late else self._minute(day, "07:35", ("check", unit.pk), 48)
            if at > self.now:
                continue
            items.append(self._check(place, day, unit, at))
        for start in range(0, len(items), BATCH):
            _all_taken(save_checks(items[start : start + BATCH]))

    def _check(self, place: int, day: date, unit: Unit, at: datetime) -> CheckItem:
        marks = self._marks(place, unit)
        return CheckItem(
            actor=self._actor(self.accounts[unit.pk], at),
            client_id=self._id(day, "check", unit.pk),
            unit_id=unit.pk,
            day=day,
            session="morning",
            marks=marks,
            all_well=not marks,
        )

    def _marks(self, place: int, unit: Unit) -> list[MarkInput]:
        marks = []
        for person in self.rolls[unit.pk]:
            spell = self._spell(person, place)
            if spell is not None:
                marks.append(self._absent_ill(person, spell, place))
                continue
            other = other_mark(SEED, person, place)
            if other == "personal":
                marks.append(MarkInput(person, "absent", cause="personal"))
            elif other == "late":
                marks.append(MarkInput(person, "late"))
            elif other == "unwell":
                marks.append(MarkInput(person, "present", symptoms=("runny_nose",)))
        return marks

    def _absent_ill(self, person: int, spell: Spell, place: int) -> MarkInput:
        fever = spell.celsius != "" and place <= spell.first + 1
        seen = place > spell.first and spell.picture.diagnosis != ""
        return MarkInput(
            person,
            "absent",
            cause="illness",
            symptoms=spell.picture.symptoms,
            temperature=spell.celsius if fever else None,
            site="axillary" if fever else "",
            instrument="electronic" if fever else "",
            onset=self._onset(spell, person),
            diagnosis=spell.picture.diagnosis if seen else "",
            hospital="云溪区人民医院" if seen and person % 2 else "",
        )

    def _early_leaves(self, place: int, day: date) -> None:
        """Some of those who are ill tomorrow go home today."""
        items = []
        for unit in self.classes:
            if unit.path.startswith(self.demo.training.path) or (day == self.today and unit == sample_class(self.demo)):
                continue
            for person in self.rolls[unit.pk]:
                spell = next((s for s in self.spells.get(person, []) if s.first == place + 1), None)
                at = self._minute(day, "10:10", ("leave", person), 240)
                if spell is None or person % 4 or at > self.now:
                    continue
                measured = ("axillary", "electronic") if spell.celsius else ("", "")
                said = SaidInput(spell.celsius or None, *measured, spell.picture.symptoms, True, "illness")
                items.append(
                    LeaveItem(
                        actor=self._actor(self.accounts[unit.pk], at),
                        client_id=self._id(day, "leave", person),
                        person_id=person,
                        unit_id=unit.pk,
                        said=said,
                        fetched_by="家长",
                    )
                )
        _all_taken(record_early_leave(items))

    # What goes up

    def _signatures(self, place: int, day: date) -> None:
        today = day == self.today
        own = sample_class(self.demo).path
        for division in self.divisions:
            if not (today and own.startswith(division.path)):
                self._sign(division, day, self._minute(day, "08:39", ("sign", division.pk), 6))
        for institution in self.demo.institutions:
            if today and institution == self.demo.primary:
                continue
            if institution == self.demo.training and place in MISSING_TRAINING:
                continue
            late = institution == self.demo.training and place == LATE_TRAINING
            at = self._at(day, "09:18") if late else self._minute(day, "08:50", ("sign", institution.pk), 16)
            self._sign(institution, day, at, "停电，网络恢复后补报。" if late else "")
        if not today:
            self._sign(self.demo.bureau, day, self._minute(day, "09:22", "county", 7))

    def _sign(self, unit: Unit, day: date, at: datetime, reason: str = "") -> None:
        if at <= self.now:
            sign(
                Signing(unit, day), self._actor(self.accounts[unit.pk], at), at, self._id(day, "sign", unit.pk), reason
            )

    def _correction(self, day: date) -> None:
        """At 10:20 a teacher finds that one more child is at home; the grade and the school amend what they signed."""
        unit = next(c for c in self.classes if c.path.startswith(self.demo.primary.path))
        first: RollCheck = RollCheck.objects.filter(unit=unit, day=day, session="morning").order_by("pk")[0]
        marks = self._marks(self.days.index(day), unit)
        named = {mark.person_id for mark in marks}
        missed = next(person for person in reversed(self.rolls[unit.pk]) if person not in named)
        at = self._at(day, "10:20")
        item = CheckItem(
            actor=self._actor(self.accounts[unit.pk], at),
            client_id=self._id(day, "correct", unit.pk),
            unit_id=unit.pk,
            day=day,
            session="morning",
            marks=[*marks, MarkInput(missed, "absent", cause="illness", symptoms=("fever",), onset=day)],
            corrects=first.pk,
            reason="晨检后家长来电，孩子因发热在家。",
        )
        _all_taken(save_checks([item]))
        division = next(d for d in self.divisions if unit.path.startswith(d.path))
        for above, minutes in ((division, 4), (self.demo.primary, 9)):
            then = at + timedelta(minutes=minutes)
            actor = self._actor(self.accounts[above.pk], then)
            amend(Signing(above, day), actor, then, self._id(day, "amend", above.pk), "班级晨检更正：增加1名因病缺勤。")


def _all_taken(answers: Sequence[Any]) -> None:
    """Raise what an item was refused with; a check that a visitor saved first is left as the visitor saved it."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, Conflict):
            raise answer


def fill(history: History, say: Callable[[int, int], None]) -> None:
    """All days that are not complete, the oldest first; `say(done, of)` after each past day."""
    history.prepare()
    total = sum(day < history.today for day in history.days)
    for place, day in enumerate(history.days):
        if day == history.today or not history.is_written(place):
            history.write(place)
        if day < history.today:
            say(place + 1, total)
