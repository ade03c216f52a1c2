"""The named cast of the people tests: a school with two classes and a dormitory, a training institution, a foreign school."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from lianfang.foundation import actions as units
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.models import Unit
from lianfang.kernel.codes.resident_id import check_digit
from lianfang.people import actions
from lianfang.people.models import Membership, Person
from tests.prepared import prepared

NOW = datetime(2026, 9, 14, 23, 5, tzinfo=UTC)  # Tuesday 15 September, 07:05 in Shanghai; still Monday in UTC
TODAY = date(2026, 9, 15)
LONG_AGO = datetime(2026, 8, 20, tzinfo=UTC)
AUTUMN = date(2026, 9, 1)
PASSWORD = "a long enough word"


def id_number(born: str = "20170315", sequence: int = 123, division: str = "330106") -> str:
    """A number whose check character fits."""
    first17 = f"{division}{born}{sequence:03d}"
    return first17 + check_digit(first17)


@dataclass
class Cast:
    bureau: Unit
    school: Unit
    grade: Unit
    klass: Unit
    other_class: Unit
    dormitory: Unit
    office: Unit
    training: Unit
    course: Unit
    foreign_school: Unit
    foreign_class: Unit
    persons: dict[str, Person] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)

    def actor(self, name: str, now: datetime = NOW) -> Actor:
        person = Person.objects.select_related("account").get(pk=self.persons[name].pk)
        assert person.account is not None
        return load_actor(person.account, now, "test")


def _open(person: Person, username: str) -> None:
    """An account whose one-time password was replaced already."""
    system = system_actor("test", LONG_AGO)
    account, _secret = actions.open_account(system, LONG_AGO, person=person, username=username)
    units.set_password(system, LONG_AGO, account, PASSWORD)


@prepared
def make_cast() -> Cast:
    system = system_actor("test", LONG_AGO)

    def unit(parent: Unit | None, kind: str, level: str, name: str, order: int = 0, grade: int | None = None) -> Unit:
        return units.create_unit(
            system,
            LONG_AGO,
            parent=parent,
            kind=kind,
            level=level,
            name=name,
            region="330106",
            order=order,
            grade=grade,
            begins=date(2026, 8, 1),
        )

    bureau = unit(None, "education_bureau", "authority", "西湖区教育局")
    school = unit(bureau, "school", "institution", "文一路小学")
    grade = unit(school, "division", "division", "三年级", 3, 3)
    training = unit(bureau, "training_institution", "institution", "启明培训")
    foreign_school = unit(bureau, "school", "institution", "余杭小学")
    cast = Cast(
        bureau=bureau,
        school=school,
        grade=grade,
        klass=unit(grade, "class", "class", "三年级（1）班", 1, 3),
        other_class=unit(grade, "class", "class", "三年级（2）班", 2, 3),
        dormitory=unit(school, "dormitory", "dormitory", "1 号楼 101"),
        office=unit(school, "department", "department", "教务处"),
        training=training,
        course=unit(training, "class", "class", "书法初级班"),
        foreign_school=foreign_school,
        foreign_class=unit(foreign_school, "class", "class", "一年级（1）班", 1, 1),
    )
    staff = {
        "admin": ("方敏", cast.school, "system_admin"),
        "principal": ("周正", cast.school, "principal"),
        "teacher": ("李静", cast.klass, "homeroom_teacher"),
        "other_teacher": ("何平", cast.other_class, "homeroom_teacher"),
        "grade_head": ("孙伟", cast.grade, "grade_head"),
        "nurse": ("钱芳", cast.school, "school_nurse"),
        "officer": ("赵凯", cast.bureau, "county_officer"),
        "stranger": ("吴刚", cast.foreign_school, "system_admin"),
        "trainer": ("郑丽", cast.training, "system_admin"),
    }
    for name, (words, where, role) in staff.items():
        person = actions.create_person(system, LONG_AGO, name=words)
        actions.assign_post(system, LONG_AGO, person=person, unit=where, role=role, begins=date(2026, 8, 25))
        _open(person, name)
        cast.persons[name] = person
    children = {
        "lin": ("林小雨", cast.klass, "20260101", id_number(sequence=121)),
        "wang": ("王一诺", cast.klass, "20260102", ""),
        "zhang": ("张浩然", cast.other_class, "20260201", ""),
        "foreign": ("陈晨", cast.foreign_class, "20260101", ""),
    }
    for n, (name, (words, where, number, document)) in enumerate(children.items()):
        cast.persons[name] = actions.create_person(
            system, LONG_AGO, name=words, id_type="resident_id" if document else "", id_number=document
        )
        cast.memberships[name] = actions.add_membership(
            system,
            LONG_AGO,
            person=cast.persons[name],
            unit=where,
            kind="student",
            begins=AUTUMN,
            number=number,
            order=n + 1,
        )
    for name, words in (("mother", "林妈妈"), ("outsider", "外人")):
        cast.persons[name] = actions.create_person(system, LONG_AGO, name=words, phone="13800138000")
        _open(cast.persons[name], name)
    actions.link_guardian(
        system,
        LONG_AGO,
        guardian=cast.persons["mother"],
        child=cast.persons["lin"],
        relation="mother",
        begins=AUTUMN,
        confirmed=True,
    )
    return cast
