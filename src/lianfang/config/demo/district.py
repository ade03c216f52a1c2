"""The demo's units, authorities and rosters, and a sign-in for a person of each role."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lianfang.config.demo.intake import take_in
from lianfang.config.demo.names import REGION, Inventor
from lianfang.config.demo.rosters import School, day_school, training, with_dormitories
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Account, Unit
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Guardianship, Post

ZONE = "Asia/Shanghai"
SEED = 2026
SAMPLE_ROLES = (
    *("homeroom_teacher", "grade_head", "school_nurse", "epidemic_reporter", "principal", "leader_on_duty"),
    *("system_admin", "gate_guard", "dormitory_keeper", "lesson_teacher", "county_officer", "cdc_officer"),
)


@dataclass
class SignIn:
    """A printed line: who, where, as what, and the one-time password."""

    role: str
    name: str
    where: str
    username: str
    password: str


@dataclass
class Demo:
    """What the history is written into."""

    bureau: Unit
    cdc: Unit
    institutions: list[Unit]
    sign_ins: list[SignIn] = field(default_factory=list)


def term_of(day: date) -> tuple[date, date]:
    """A term that holds `day` and at least five weeks before it."""
    begins = date(day.year, 9, 1) if day.month >= 9 else date(day.year, 2, 16) if day.month >= 3 else date(day.year - 1, 9, 1)
    begins = min(begins, day - timedelta(days=35))
    return begins, max(begins + timedelta(days=140), day + timedelta(days=30))


def build(today: date, sizes: tuple[int, int, int], say: Callable[[str], None]) -> Demo:
    """Units, rosters, posts, accounts. `sizes`: classes a grade, pupils a class, pupils of a training group."""
    classes, size, group = sizes
    begins, ends = term_of(today)
    setup = at_local(begins - timedelta(days=1), "09:00", ZONE)
    system = system_actor("demo", setup)
    bureau = foundation.create_unit(
        system, setup, parent=None, kind="education_bureau", level="authority", name="云溪区教育局", region=REGION
    )
    cdc = foundation.create_unit(
        system, setup, parent=None, kind="cdc", level="authority", name="云溪区疾病预防控制中心", region=REGION
    )
    people.declare_term(system, setup, unit=bureau, name=f"{begins.year}", begins=begins, ends=ends)
    demo = Demo(bureau, cdc, [])
    inventor = Inventor(SEED)
    primary = day_school(inventor, "云溪区实验小学", begins, 6, classes, size, 6)
    middle = day_school(inventor, "云溪中学（寄宿）", begins, 3, classes, size, 12)
    with_dormitories(inventor, middle, begins, 0.7)
    lessons = training(inventor, "小画家艺术培训学校", begins, [*primary.pupils, *middle.pupils], group)
    for school, kind in ((primary, "school"), (middle, "school"), (lessons, "training_institution")):
        demo.institutions.append(_institution(demo, system, setup, school, kind, begins, say))
    _authority_people(demo, inventor, system, setup, begins)
    _sign_ins(demo, system, setup)
    return demo


def _institution(
    demo: Demo, system: Actor, setup: datetime, school: School, kind: str, begins: date, say: Callable[[str], None]
) -> Unit:
    unit = foundation.create_unit(
        system, setup, parent=demo.bureau, kind=kind, level="institution", name=school.name, region=REGION
    )
    for authority, capacity in ((demo.bureau, "education"), (demo.cdc, "disease_control")):
        foundation.relate_authority(
            system, setup, authority=authority, capacity=capacity, begins=begins, subject=unit
        )
    taken = take_in(system, setup, unit, school, begins)
    say(f"  {school.name}: {taken}")
    return unit


def _authority_people(demo: Demo, inventor: Inventor, system: Actor, setup: datetime, begins: date) -> None:
    for unit, role in ((demo.bureau, "county_officer"), (demo.cdc, "cdc_officer")):
        person = inventor.adult("female", (28, 50), begins)
        row = people.create_person(system, setup, name=person.name, sex=person.sex)
        people.assign_post(system, setup, person=row, unit=unit, role=role, begins=begins)


def _sign_ins(demo: Demo, system: Actor, setup: datetime) -> None:
    """Accounts for everybody who holds a post; passwords are kept for one person of each role only."""
    wanted = set(SAMPLE_ROLES)
    posts = Post.objects.filter(void_at=None).select_related("person", "unit").order_by("pk")
    for post in posts:
        if post.person.account_id is None:
            account, password = people.open_account(system, setup, person=post.person)
            post.person.account = account
            if post.role in wanted:
                wanted.discard(post.role)
                demo.sign_ins.append(SignIn(post.role, post.person.name, post.unit.name, account.username, password))
    _guardian(demo, system, setup)


def _guardian(demo: Demo, system: Actor, setup: datetime) -> None:
    ward = Guardianship.objects.select_related("guardian", "child").order_by("pk").first()
    assert ward is not None
    account, password = people.open_account(system, setup, person=ward.guardian)
    demo.sign_ins.append(SignIn("guardian", ward.guardian.name, ward.child.name, account.username, password))


def accounts_of(role: str, units: Iterable[Unit]) -> dict[int, Account]:
    """Unit id → an account that holds the role there by a post."""
    rows = Post.objects.filter(role=role, unit__in=list(units), person__account__isnull=False, void_at=None)
    return {p.unit_id: p.person.account for p in rows.select_related("person__account") if p.person.account}
