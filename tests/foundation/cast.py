"""The named cast of the foundation's tests: a bureau and a CDC over one school, another school, their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lianfang.foundation import actions
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.models import Account, Unit
from tests.prepared import prepared

NOW = datetime(2026, 9, 15, 0, 0, tzinfo=UTC)  # Tuesday 08:00 in Shanghai
LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass
class Cast:
    bureau: Unit
    cdc: Unit
    school: Unit
    grade: Unit
    klass: Unit
    other_class: Unit
    foreign_school: Unit
    foreign_class: Unit
    accounts: dict[str, Account]

    def actor(self, name: str, now: datetime = NOW) -> Actor:
        account = self.accounts[name]
        account.refresh_from_db()
        return load_actor(account, now, "test")


@prepared
def make_cast() -> Cast:
    system = system_actor("test", LONG_AGO)

    def unit(parent: Unit | None, kind: str, level: str, name: str, region: str = "330106") -> Unit:
        return actions.create_unit(system, LONG_AGO, parent=parent, kind=kind, level=level, name=name, region=region)

    bureau = unit(None, "education_bureau", "authority", "西湖区教育局")
    cdc = unit(None, "cdc", "authority", "西湖区疾控中心")
    school = unit(bureau, "school", "institution", "文一路小学")
    grade = unit(school, "grade", "division", "三年级")
    klass = unit(grade, "class", "class", "三（1）班")
    other_class = unit(grade, "class", "class", "三（2）班")
    foreign_school = unit(None, "school", "institution", "余杭小学", "330110")
    foreign_class = unit(foreign_school, "class", "class", "一（1）班", "330110")
    for authority, capacity in ((bureau, "education"), (cdc, "disease_control")):
        actions.relate_authority(
            system, LONG_AGO, authority=authority, capacity=capacity, begins=date(2026, 9, 1), subject=school
        )
    posts = {
        "teacher": ("homeroom_teacher", klass),
        "grade_head": ("grade_head", grade),
        "reporter": ("epidemic_reporter", school),
        "principal": ("principal", school),
        "admin": ("system_admin", school),
        "officer": ("county_officer", bureau),
        "cdc": ("cdc_officer", cdc),
        "stranger": ("system_admin", foreign_school),
        "nobody": (None, None),
    }
    accounts = {}
    for name, (role, where) in posts.items():
        account, _secret = actions.create_account(
            system, LONG_AGO, username=name, display_name=name, password="long enough 1"
        )
        accounts[name] = account
        if role and where:
            actions.give_grant(
                system, LONG_AGO, account=account, role=role, unit=where, source=f"post:{name}", begins=LONG_AGO
            )
    return Cast(bureau, cdc, school, grade, klass, other_class, foreign_school, foreign_class, accounts)
