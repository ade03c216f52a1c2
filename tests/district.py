"""A small district with a named cast, made through the actions that users use.

Bureau and CDC over 文一路小学 (grade three, two classes of `size`), a training institution that one pupil also attends,
and a school of another county. Everybody named here signs in with `PASSWORD`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.models import Account, Unit
from lianfang.people import actions as people
from lianfang.people.models import Person
from tests.prepared import prepared

PASSWORD = "a long enough word"
TERM = (date(2026, 9, 1), date(2027, 1, 20))
SETUP = datetime(2026, 8, 31, 1, 0, tzinfo=UTC)
# Tuesday 15 September 2026, 07:40 in Shanghai.
MORNING = datetime(2026, 9, 14, 23, 40, tzinfo=UTC)
DAY = date(2026, 9, 15)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾"


@dataclass
class District:
    """Units by name, persons by name, accounts by the name of the part they play."""

    units: dict[str, Unit] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    pupils: dict[str, list[Person]] = field(default_factory=dict)

    def actor(self, part: str, now: datetime = MORNING) -> Actor:
        """The actor of a part at an instant, as a request would load it."""
        account = self.accounts[part]
        account.refresh_from_db()
        return load_actor(account, now, "test")


def make_district(size: int = 8, *, accounts: bool = True, say: Callable[[str], None] = lambda line: None) -> District:
    """Build the district; with `accounts=False` nobody can sign in (faster)."""
    d = _built(size, accounts)
    say("district made")
    return d


@prepared
def _built(size: int, accounts: bool) -> District:
    system = system_actor("test", SETUP)
    d = District()

    def unit(key: str, parent: str | None, kind: str, level: str, name: str, **more: object) -> Unit:
        above = d.units[parent] if parent else None
        d.units[key] = foundation.create_unit(
            system,
            SETUP,
            parent=above,
            kind=kind,
            level=level,
            name=name,
            **more,  # type: ignore[arg-type]
        )
        return d.units[key]

    unit("bureau", None, "education_bureau", "authority", "西湖区教育局", region="330106")
    unit("cdc", None, "cdc", "authority", "西湖区疾控中心", region="330106")
    unit("school", "bureau", "school", "institution", "文一路小学")
    unit("grade", "school", "division", "division", "三年级", grade=3)
    unit("class1", "grade", "class", "class", "三（1）班", grade=3, order=1)
    unit("class2", "grade", "class", "class", "三（2）班", grade=3, order=2)
    unit("training", "bureau", "training_institution", "institution", "小画家培训学校")
    unit("lesson", "training", "class", "class", "美术班")
    unit("foreign_bureau", None, "education_bureau", "authority", "余杭区教育局", region="330110")
    unit("foreign_school", "foreign_bureau", "school", "institution", "余杭小学")
    unit("foreign_class", "foreign_school", "class", "class", "一（1）班")
    for key in ("school", "training"):
        for authority, capacity in (("bureau", "education"), ("cdc", "disease_control")):
            foundation.relate_authority(
                system, SETUP, authority=d.units[authority], capacity=capacity, begins=TERM[0], subject=d.units[key]
            )
    foundation.relate_authority(
        system,
        SETUP,
        authority=d.units["foreign_bureau"],
        capacity="education",
        begins=TERM[0],
        subject=d.units["foreign_school"],
    )
    for key in ("bureau", "foreign_bureau"):
        people.declare_term(system, SETUP, unit=d.units[key], name="2026-1", begins=TERM[0], ends=TERM[1])
    for key in ("class1", "class2", "foreign_class"):
        d.pupils[key] = []
        for seat in range(size):
            child = people.create_person(
                system,
                SETUP,
                name=f"{SURNAMES[seat % len(SURNAMES)]}{'小' if key == 'class1' else '晓'}{'一二三四五六七八九十'[seat % 10]}",
                sex="female" if seat % 2 else "male",
                birth_date=date(2017, 9, 1) + timedelta(days=seat),
            )
            people.add_membership(
                system,
                SETUP,
                person=child,
                unit=d.units[key],
                kind="student",
                begins=TERM[0],
                number=f"{key[-1]}{seat + 1:02d}",
                order=seat + 1,
            )
            d.pupils[key].append(child)
    people.add_membership(
        system,
        SETUP,
        person=d.pupils["class1"][0],
        unit=d.units["lesson"],
        kind="student",
        begins=TERM[0],
        number="P001",
    )
    _posts(d, system, accounts)
    _families(d, system, accounts)
    return d


POSTS = {
    "teacher": ("陈静", "homeroom_teacher", "class1"),
    "teacher2": ("周敏", "homeroom_teacher", "class2"),
    "grade_head": ("何伟", "grade_head", "grade"),
    "nurse": ("吴芳", "school_nurse", "school"),
    "reporter": ("郑莉", "epidemic_reporter", "school"),
    "principal": ("王建国", "principal", "school"),
    "leader": ("孙勇", "leader_on_duty", "school"),
    "admin": ("冯杰", "system_admin", "school"),
    "guard": ("朱军", "gate_guard", "school"),
    "lesson_teacher": ("许婷", "lesson_teacher", "lesson"),
    "training_reporter": ("沈慧", "epidemic_reporter", "training"),
    "officer": ("韩梅", "county_officer", "bureau"),
    "cdc": ("杨帆", "cdc_officer", "cdc"),
    "foreign_teacher": ("秦艳", "homeroom_teacher", "foreign_class"),
    "foreign_admin": ("尤强", "system_admin", "foreign_school"),
    "foreign_officer": ("严肃", "county_officer", "foreign_bureau"),
}
# Guardian → children (class, seat). The mother has two children in two classes; the other guardian has one.
GUARDIANS = {"mother": ("林秀英", (("class1", 0), ("class2", 1))), "other_guardian": ("苏红", (("class1", 2),))}


def _open(d: District, system: Actor, part: str, person: Person, accounts: bool) -> None:
    d.persons[part] = person
    if accounts:
        account, _secret = people.open_account(system, SETUP, person=person, username=part)
        foundation.set_password(system, SETUP, account, PASSWORD)
        d.accounts[part] = account


def _posts(d: District, system: Actor, accounts: bool) -> None:
    for part, (name, role, where) in POSTS.items():
        person = people.create_person(system, SETUP, name=name)
        people.assign_post(
            system, SETUP, person=person, unit=d.units[where], role=role, begins=TERM[0] - timedelta(days=1)
        )
        _open(d, system, part, person, accounts)


def _families(d: District, system: Actor, accounts: bool) -> None:
    for part, (name, children) in GUARDIANS.items():
        person = people.create_person(system, SETUP, name=name)
        for key, seat in children:
            people.link_guardian(
                system,
                SETUP,
                guardian=person,
                child=d.pupils[key][seat],
                relation="mother",
                begins=TERM[0],
                confirmed=True,
            )
        _open(d, system, part, person, accounts)
