"""Playing a data set: an institution of its own in an exercise realm, its clock moved from morning to morning."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from lianfang.config.replay.datasets import DATASETS, Child, Dataset
from lianfang.daily.actions import CheckItem, save_checks
from lianfang.daily.rules import MarkInput
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.models import Account, Realm, Unit
from lianfang.foundation.realm import in_realm
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Membership
from lianfang.people.reading import calendar_of
from lianfang.reporting.actions import Statement, sign_report
from lianfang.reporting.queries import form

ZONE = "Asia/Shanghai"
KIND = "daily-zero"
GIVEN = "文明思远志清安平子书雨晨嘉宁博雅景行泽逸晓春秋岚松柏竹兰"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"


class ReplayExists(Exception):
    """The data folder already holds this replay; the message is the institution's name."""


@dataclass
class Replay:
    """A replay under way. `password` is the one-time password of its account, made now."""

    data: Dataset
    realm: Realm
    school: Unit
    classes: dict[str, Unit]
    members: dict[str, Membership]
    account: Account
    password: str

    def days(self) -> Iterator[date]:
        """The school days from the first onset to the day when everybody may be back."""
        with in_realm(self.realm.key):
            yield from calendar_of(self.school).school_days(self.data.first, self.data.last)

    def actor(self, now: datetime) -> Actor:
        self.account.refresh_from_db()
        return load_actor(self.account, now, f"replay:{self.data.name}")


def prepare(name: str, target: date, now: datetime) -> Replay:
    """Make realm, institution, classes, pupils and one account. Raises ReplayExists when it is there already."""
    data = DATASETS[name](target)
    key = f"replay-{name}"
    if Realm.objects.filter(key=key).exists():
        raise ReplayExists(data.title)
    begins = data.first - timedelta(days=14)
    setup = at_local(begins, "08:00", ZONE)
    with transaction.atomic():
        realm = Realm.objects.create(key=key, kind=Realm.Kind.EXERCISE, name=data.title, clock_at=setup, created_at=now)
        with in_realm(key):
            return _people(data, realm, begins, setup)


def _people(data: Dataset, realm: Realm, begins: date, setup: datetime) -> Replay:
    system = system_actor(f"replay:{data.name}", setup)
    school = foundation.create_unit(
        system, setup, parent=None, kind=data.kind, level="institution", name=data.title, time_zone=ZONE
    )
    people.declare_term(
        system, setup, unit=school, name=data.title, begins=begins, ends=data.last + timedelta(days=120)
    )
    foundation.set_unit_setting(
        system, setup, unit=school, key="people.school_weekdays", value=list(data.weekdays), begins=begins
    )
    classes = {
        klass: foundation.create_unit(
            system, setup, parent=school, kind="class", level="class", name=klass, order=order
        )
        for order, klass in enumerate(data.classes)
    }
    members = {c.key: _enrol(system, setup, c, classes[c.klass], begins) for c in data.children}
    leader = people.create_person(system, setup, name="重放管理员")
    for role in ("principal", "epidemic_reporter", "school_nurse"):
        people.assign_post(system, setup, person=leader, unit=school, role=role, begins=begins)
    account, password = people.open_account(system, setup, person=leader, username=realm.key)
    return Replay(data, realm, school, classes, members, account, password)


def _enrol(system: Actor, setup: datetime, child: Child, klass: Unit, begins: date) -> Membership:
    """One invented name per number: the files have none."""
    number = int(child.key)
    given = GIVEN[number // len(SURNAMES) % len(GIVEN)] + GIVEN[number % 7]
    person = people.create_person(
        system,
        setup,
        name=f"{SURNAMES[number % len(SURNAMES)]}{given}",
        sex=child.sex if child.sex in ("female", "male") else "unknown",
        birth_date=setup.date() - timedelta(days=round(child.age * 365.25)) if child.age is not None else None,
    )
    return people.add_membership(
        system, setup, person=person, unit=klass, kind="student", begins=begins, number=child.key, order=number
    )


def play_day(replay: Replay, day: date) -> int:
    """One school day: the checks at 07:40, those who died leave the roll, the report at 09:00. Returns absences through illness."""
    with in_realm(replay.realm.key):
        morning = at_local(day, "07:40", ZONE)
        _set_clock(replay, morning)
        _leave(replay, day, morning)
        actor = replay.actor(morning)
        items = [_check(replay, actor, klass, unit, day) for klass, unit in replay.classes.items()]
        absences = []
        for answer in save_checks(items):
            if isinstance(answer, Exception):
                raise answer
            absences.append(answer.figures["absent_ill"])
        signing = at_local(day, "09:00", ZONE)
        _set_clock(replay, signing)
        reporter = replay.actor(signing)
        shown = form(reporter, KIND, replay.school.pk, day, signing)
        statement = Statement(client_id=uuid.uuid4(), seen=shown.seen, states_zero=not any(absences))
        sign_report(reporter, signing, kind_id=KIND, unit_id=replay.school.pk, day=day, statement=statement)
        return sum(absences)


def _set_clock(replay: Replay, at: datetime) -> None:
    replay.realm.clock_at = at
    replay.realm.save(update_fields=["clock_at"])


def _leave(replay: Replay, day: date, now: datetime) -> None:
    system = system_actor(f"replay:{replay.data.name}", now)
    for child in replay.data.children:
        member = replay.members[child.key]
        if child.died is not None and child.died <= day and member.ends is None:
            replay.members[child.key] = people.end_membership(system, now, membership=member, ends=child.died)


def _check(replay: Replay, actor: Actor, klass: str, unit: Unit, day: date) -> CheckItem:
    marks = []
    for child in replay.data.children:
        if child.klass != klass or (child.died is not None and child.died <= day):
            continue
        spell = next((s for s in child.spells if s.begins <= day < s.ends), None)
        if spell is None:
            continue
        measured = child.fever is not None and child.fever.day == day
        marks.append(
            MarkInput(
                person_id=replay.members[child.key].person_id,
                presence="absent",
                cause="illness",
                symptoms=spell.symptoms,
                temperature=child.fever.celsius if child.fever is not None and measured else None,
                site="axillary" if measured else "",
                instrument="mercury" if measured else "",
                onset=child.onset,
                diagnosis=spell.diagnosis,
            )
        )
    return CheckItem(
        actor=actor,
        client_id=uuid.uuid4(),
        unit_id=unit.pk,
        day=day,
        session="morning",
        marks=marks,
        all_well=not marks,
    )


def play(replay: Replay, say: Callable[[date, int], None]) -> None:
    """All days, one after the other; `say(day, absences)` after each."""
    for day in replay.days():
        say(day, play_day(replay, day))
