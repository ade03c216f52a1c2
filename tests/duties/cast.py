"""The named cast: a county with two schools, and everybody who owes, is told or chases.

Days: 2026-03-02 is a Monday. Local times are Shanghai's (UTC+8).
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lianfang.foundation.actions import create_account, create_unit, give_grant, relate_authority
from lianfang.foundation.actor import Actor, load_actor, system_actor
from lianfang.foundation.models import Account, Unit
from tests.prepared import prepared

MONDAY = date(2026, 3, 2)
SATURDAY = date(2026, 3, 7)
LONG_AGO = datetime(2025, 9, 1, tzinfo=UTC)


def local(text: str, day: date = MONDAY) -> datetime:
    """An instant from a Shanghai time of day."""
    hours, minutes = text.split(":")
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=int(hours) - 8, minutes=int(minutes))


def system(now: datetime = LONG_AGO) -> Actor:
    return system_actor("test", now)


@dataclass
class Cast:
    """Units and accounts by their name in the story."""

    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    prefix: str = ""

    def unit(self, name: str) -> Unit:
        return self.units[name]

    def account(self, name: str) -> Account:
        return Account.objects.get(pk=self.accounts[name].pk)

    def actor(self, name: str, now: datetime) -> Actor:
        return load_actor(self.account(name), now)

    def add_unit(self, name: str, parent: str | None, kind: str, level: str, **more: Any) -> Unit:
        self.units[name] = create_unit(
            system(),
            LONG_AGO,
            parent=self.units[parent] if parent else None,
            kind=kind,
            level=level,
            name=name,
            **more,
        )
        return self.units[name]

    def add_account(self, name: str, *posts: tuple[str, str], email: str = "") -> Account:
        account, _secret = create_account(
            system(),
            LONG_AGO,
            username=f"{self.prefix}{name}",
            display_name=name,
            email=email,
            password="long enough 1",
        )
        self.accounts[name] = account
        for role, unit in posts:
            self.give(name, role, unit)
        return account

    def give(self, name: str, role: str, unit: str, ends: datetime | None = None) -> None:
        give_grant(
            system(),
            LONG_AGO,
            account=self.accounts[name],
            role=role,
            unit=self.units[unit],
            source=f"post:{name}",
            begins=LONG_AGO,
            ends=ends,
        )


@prepared
def county(prefix: str = "") -> Cast:
    """Qinghe county: its bureau and CDC, one school of a grade with two classes, another school of one class.

    `prefix` stands before the sign-in names, so that a realm can have the same cast."""
    cast = Cast(prefix=prefix)
    cast.add_unit("清河县教育局", None, "education_bureau", "authority", region="130534")
    cast.add_unit("清河县疾控中心", None, "cdc", "authority", region="130534")
    cast.add_unit("第一小学", "清河县教育局", "school", "institution", region="130534", time_zone="Asia/Shanghai")
    cast.add_unit("三年级", "第一小学", "division", "division", grade=3)
    cast.add_unit("三年级1班", "三年级", "class", "class", order=1)
    cast.add_unit("三年级2班", "三年级", "class", "class", order=2)
    cast.add_unit("第二小学", "清河县教育局", "school", "institution", region="130534", time_zone="Asia/Shanghai")
    cast.add_unit("五年级1班", "第二小学", "class", "class")
    for school in ("第一小学", "第二小学"):
        for authority, capacity in (("清河县教育局", "education"), ("清河县疾控中心", "disease_control")):
            relate_authority(
                system(),
                LONG_AGO,
                authority=cast.units[authority],
                capacity=capacity,
                begins=LONG_AGO.date(),
                subject=cast.units[school],
            )
    cast.add_account("teacher1", ("homeroom_teacher", "三年级1班"))
    cast.add_account("teacher2", ("homeroom_teacher", "三年级2班"))
    cast.add_account("deputy", ("subject_teacher", "三年级1班"))
    cast.add_account("grade_head", ("grade_head", "三年级"))
    cast.add_account("reporter", ("epidemic_reporter", "第一小学"))
    cast.add_account("nurse", ("school_nurse", "第一小学"))
    cast.add_account("principal", ("principal", "第一小学"))
    cast.add_account("officer", ("county_officer", "清河县教育局"))
    cast.add_account("cdc", ("cdc_officer", "清河县疾控中心"))
    cast.add_account("stranger", ("homeroom_teacher", "五年级1班"))
    cast.add_account("other_principal", ("principal", "第二小学"))
    return cast
