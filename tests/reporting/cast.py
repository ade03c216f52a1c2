"""The district's morning as reporting sees it: who signs when, and short ways to sign and to correct.

15 September 2026 is a Tuesday; the school is in Asia/Shanghai. Its grade is due 08:45, the school 09:10, the county 09:30.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import at_local
from lianfang.reporting import queries
from lianfang.reporting.actions import Statement, amend_report, sign_report
from lianfang.reporting.models import Report
from lianfang.reporting.queries import Board
from tests.daily.cast import Morning, absent, ill
from tests.district import DAY, SETUP

__all__ = ["DAY", "KIND", "Reporting", "absent", "at", "ill"]

KIND = "daily-zero"


def at(clock: str, day: date = DAY, zone: str = "Asia/Shanghai") -> datetime:
    """An instant by the school's clock."""
    return at_local(day, time.fromisoformat(clock), zone)


class Reporting(Morning):
    """Who signs what. `sign` looks at the form first, as the page does."""

    def board(self, part: str, unit: str = "school", now: datetime | None = None, **more: Any) -> Board:
        now = now or at("09:00")
        return queries.board(self.actor(part, now), KIND, self.unit(unit), more.pop("day", DAY), now, **more)

    def statement(self, part: str, unit: str, now: datetime, day: date = DAY, **said: Any) -> Statement:
        """What a signer says who looked at the form at `now` and names every unit that has not answered."""
        form = queries.form(self.actor(part, now), KIND, self.unit(unit), day, now)
        zero = form.kind.is_zero(form.picture.gathered.figures)
        looked = Statement(uuid4(), form.seen, zero, form.picture.gathered.outstanding)
        return replace(looked, **said)

    def sign(
        self, part: str = "reporter", unit: str = "school", now: datetime | None = None, day: date = DAY, **said: Any
    ) -> Report:
        now = now or at("09:05", day)
        statement = self.statement(part, unit, now, day, **said)
        return sign_report(
            self.actor(part, now), now, kind_id=KIND, unit_id=self.unit(unit), day=day, statement=statement
        )

    def amend(
        self, report: Report, part: str = "reporter", now: datetime | None = None, reason: str = "登记有误", **said: Any
    ) -> Report:
        now = now or at("10:20", report.day)
        form = queries.form(self.actor(part, now), KIND, report.unit_id, report.day, now)
        zero = form.kind.is_zero(form.picture.gathered.figures)
        looked = Statement(uuid4(), form.seen, zero, form.picture.gathered.outstanding, reason)
        return amend_report(self.actor(part, now), now, report_id=report.pk, statement=replace(looked, **said))

    def correct(self, part: str, unit: str, check_id: int, now: datetime, **more: Any) -> Any:
        """Correct a class's check, as the teacher does."""
        return self.check(part, unit=unit, now=now, corrects=check_id, reason="登记有误", day=DAY, **more)

    def all_well(self, now: datetime | None = None) -> None:
        """Both classes of grade three are called, everybody present and well."""
        for part, unit in (("teacher", "class1"), ("teacher2", "class2")):
            self.check(part, unit=unit, now=now or at("07:50"), all_well=True)

    def small_school(self) -> Unit:
        """A school without grades, its class directly below it."""
        system = system_actor("test", SETUP)
        school = foundation.create_unit(
            system, SETUP, parent=self.d.units["bureau"], kind="school", level="institution", name="山村小学"
        )
        self.d.units["small"] = school
        self.d.units["small_class"] = foundation.create_unit(
            system, SETUP, parent=school, kind="class", level="class", name="一年级"
        )
        return school


def client_id() -> UUID:
    return uuid4()


def later(now: datetime, minutes: int) -> datetime:
    return now + timedelta(minutes=minutes)
