"""The demo's units, authorities and rosters, and an account for everybody who holds a post.

Every step looks first whether it was done before, so that a demo that was interrupted goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from lianfang.config.demo.intake import is_taken_in, take_in
from lianfang.config.demo.names import REGION, Inventor
from lianfang.config.demo.rosters import Families, School, day_school, training, with_dormitories
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Account, Unit
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Post, Term

ZONE = "Asia/Shanghai"
SEED = 2026
BUREAU, CDC = "云溪区教育局", "云溪区疾病预防控制中心"
OFFICERS = ((BUREAU, "county_officer"), (CDC, "cdc_officer"))


@dataclass(frozen=True)
class Sizes:
    """Classes a grade and pupils a class of both schools, and pupils of a training group."""

    classes: int = 6
    pupils: int = 45
    group: int = 20


@dataclass(frozen=True)
class Demo:
    """What the history is written into. `begins` is the first day of the term."""

    bureau: Unit
    cdc: Unit
    primary: Unit
    middle: Unit
    training: Unit
    begins: date

    @property
    def institutions(self) -> tuple[Unit, Unit, Unit]:
        return self.primary, self.middle, self.training


def term_of(day: date) -> tuple[date, date]:
    """First and last-but-one day of a term that holds `day` and at least five weeks before it."""
    begins = (
        date(day.year, 9, 1)
        if day.month >= 9
        else date(day.year, 2, 16)
        if day.month >= 3
        else date(day.year - 1, 9, 1)
    )
    begins = min(begins, day - timedelta(days=35))
    return begins, max(begins + timedelta(days=140), day + timedelta(days=30))


def build(today: date, sizes: Sizes, say: Callable[[str], None]) -> Demo:
    """Units, rosters through the import, posts and accounts. The same arguments again complete what is missing."""
    begins, ends = term_of(today)
    setup = at_local(begins - timedelta(days=1), "09:00", ZONE)
    system = system_actor("demo", setup)
    bureau = _root(system, setup, "education_bureau", BUREAU)
    cdc = _root(system, setup, "cdc", CDC)
    if not Term.objects.filter(unit=bureau).exists():
        people.declare_term(system, setup, unit=bureau, name=f"{begins.year}", begins=begins, ends=ends)
    inventor = Inventor(SEED)
    families = Families(inventor, begins)
    primary = day_school(inventor, families, "云溪区实验小学", "X", begins, range(1, 7), sizes.classes, sizes.pupils)
    middle = day_school(inventor, families, "云溪中学（寄宿）", "Z", begins, range(7, 10), sizes.classes, sizes.pupils)
    with_dormitories(inventor, middle, begins, 0.7)
    lessons = training(inventor, "小画家艺术培训学校", "P", begins, [*primary.pupils, *middle.pupils], sizes.group)
    officers = [inventor.adult("female", (28, 50), begins) for _office in OFFICERS]
    kinds = ((primary, "school"), (middle, "school"), (lessons, "training_institution"))
    units = [_institution(system, setup, (bureau, cdc), school, kind, begins, say) for school, kind in kinds]
    for (office, role), officer in zip(OFFICERS, officers, strict=True):
        unit = bureau if office == BUREAU else cdc
        if not Post.objects.filter(unit=unit, role=role).exists():
            with transaction.atomic():
                person = people.create_person(system, setup, name=officer.name, sex=officer.sex)
                people.assign_post(system, setup, person=person, unit=unit, role=role, begins=begins)
    return Demo(bureau, cdc, units[0], units[1], units[2], begins)


def _root(system: Actor, setup: datetime, kind: str, name: str) -> Unit:
    found: Unit | None = Unit.objects.filter(parent=None, kind=kind, name=name).first()
    return found or foundation.create_unit(
        system, setup, parent=None, kind=kind, level="authority", name=name, region=REGION
    )


def _institution(
    system: Actor,
    setup: datetime,
    above: tuple[Unit, Unit],
    school: School,
    kind: str,
    begins: date,
    say: Callable[[str], None],
) -> Unit:
    bureau, cdc = above
    unit: Unit | None = Unit.objects.filter(parent=bureau, name=school.name).first()
    if unit is None:
        with transaction.atomic():
            unit = foundation.create_unit(
                system, setup, parent=bureau, kind=kind, level="institution", name=school.name, region=REGION
            )
            for authority, capacity in ((bureau, "education"), (cdc, "disease_control")):
                foundation.relate_authority(
                    system, setup, authority=authority, capacity=capacity, begins=begins, subject=unit
                )
    if not is_taken_in(unit):
        say(f"  {school.name}：{take_in(system, setup, unit, school, begins)}")
    return unit


def accounts_of(role: str, units: Iterable[Unit]) -> dict[int, Account]:
    """Unit id → an account that holds the role there by a post."""
    rows = Post.objects.filter(role=role, unit__in=list(units), person__account__isnull=False, void_at=None)
    return {p.unit_id: p.person.account for p in rows.select_related("person__account") if p.person.account}
