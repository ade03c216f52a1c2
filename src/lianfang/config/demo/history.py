"""School days of the demo, written through the actions of teachers, guardians and reporters at the hours of those days.

Everything sent bears an id made from its day and sender. A day that was written half before a kill is written again
from its beginning: what was kept then is answered from its receipt, as it would be for a phone that repeats itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from lianfang.config.demo.chain import Signing, amend, sign
from lianfang.config.demo.course import Course, below
from lianfang.config.demo.district import SEED, ZONE, Demo, accounts_of
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
from lianfang.people.models import Guardianship
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
    def course(self) -> Course:
        """What everybody has; one family of the sample class has told something that its teacher does not know yet."""
        chosen = sample_class(self.demo).pk
        own = {member.person_id for member in members_of([chosen], self.days[0])[chosen]}
        guardian = sample_guardian(self.demo)[0].pk
        told = next((w.child_id for w in self.families if w.child_id in own and w.guardian_id != guardian), 0)
        return Course(self.demo, self.classes, self.days, self.today, told)

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
                    said=self.course.said(ward.child_id, place, day),
                    day=day,
                )
            )
        for start in range(0, len(items), 50):
            _all_taken(submit_reports(items[start : start + 50]))

    # What teachers see

    def _checks(self, place: int, day: date) -> None:
        items = []
        for number, unit in enumerate(self.classes):
            training = below(unit, self.demo.training)
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
        marks = self.course.marks(place, unit)
        return CheckItem(
            actor=self._actor(self.accounts[unit.pk], at),
            client_id=self._id(day, "check", unit.pk),
            unit_id=unit.pk,
            day=day,
            session="morning",
            marks=marks,
            all_well=not marks,
        )

    def _early_leaves(self, place: int, day: date) -> None:
        """Some of those who are ill tomorrow go home today."""
        items = []
        for unit in self.classes:
            if below(unit, self.demo.training) or (day == self.today and unit == sample_class(self.demo)):
                continue
            for person in self.course.rolls[unit.pk]:
                spell = next((s for s in self.course.spells.get(person, []) if s.first == place + 1), None)
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
        own = sample_class(self.demo)
        for division in self.divisions:
            if not (today and below(own, division)):
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
        unit = next(c for c in self.classes if below(c, self.demo.primary))
        first: RollCheck = RollCheck.objects.filter(unit=unit, day=day, session="morning").order_by("pk")[0]
        marks = self.course.marks(self.days.index(day), unit)
        named = {mark.person_id for mark in marks}
        missed = next(person for person in reversed(self.course.rolls[unit.pk]) if person not in named)
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
        division = next(d for d in self.divisions if below(unit, d))
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
