"""The demo: complete, one child one person, in order in the journal, and the same after being killed in the middle."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.db.models import Count

from lianfang.comms.models import Notice
from lianfang.config.demo.district import ZONE, Demo, Sizes, term_of
from lianfang.config.demo.making import FILLED, make
from lianfang.config.demo.signins import ROLES, sample_class, sample_guardian
from lianfang.config.worker import catch_up
from lianfang.daily.models import EarlyLeave, HealthReport, RollCheck, RollMark
from lianfang.duties.models import Duty
from lianfang.exchange.models import RosterImport
from lianfang.foundation import journal
from lianfang.foundation.models import Account, Unit
from lianfang.kernel.clock import at_local
from lianfang.people.models import (
    Guardianship,
    Household,
    Lesson,
    Membership,
    Occupancy,
    Person,
    Place,
    Post,
    SeatHolding,
    Vehicle,
)
from lianfang.reporting.models import Report
from tests.prepared import prepared

TINY = Sizes(classes=1, pupils=8, group=3)
CLASSES = 9
PUPILS = CLASSES * TINY.pupils
PAST = 3
TODAY = date(2026, 11, 24)
MORNING = at_local(TODAY, "08:10", ZONE)

# In transactions of their own, as in real life: PostgreSQL grows slow with thousands of savepoints in one transaction.
pytestmark = pytest.mark.django_db(transaction=True)


class Killed(Exception):
    """What a test raises in the place of a kill."""


def silent(line: str) -> None:
    """Nobody reads along."""


def killed_at(pattern: str) -> Callable[[str], None]:
    def say(line: str) -> None:
        if re.search(pattern, line):
            raise Killed(line)

    return say


@prepared
def built() -> tuple[Demo, tuple[str, ...], bool]:
    """The demo at eight in the morning, what was said while it was made, and whether its folder says that it is whole."""
    lines: list[str] = []
    with TemporaryDirectory() as folder:
        demo = filled(Path(folder), say=lines.append)
        return demo, tuple(lines), (Path(folder) / FILLED).exists()


def filled(folder: Path, now: datetime = MORNING, say: Callable[[str], None] = silent) -> Demo:
    return make(folder, TINY, now, say, past=PAST)


def census() -> dict[str, Any]:
    """Everything that must not double."""
    tables = (
        Unit,
        Person,
        Membership,
        Guardianship,
        Household,
        Post,
        Account,
        Place,
        Occupancy,
        Lesson,
        SeatHolding,
        Vehicle,
    )
    facts = (RollCheck, RollMark, HealthReport, EarlyLeave, Duty, Report)
    counts: dict[str, Any] = {model.__name__: model.objects.count() for model in (*tables, *facts)}
    counts["figures"] = list(
        Report.objects.filter(superseded_at=None).order_by("day", "unit").values_list("day", "unit__name", "figures")
    )
    return counts


def test_it_is_complete_and_a_child_of_two_institutions_is_one_person() -> None:
    demo, lines, whole = built()
    students = Membership.objects.filter(kind="student")
    assert students.count() == PUPILS + 4 * TINY.group
    assert students.values("person").distinct().count() == PUPILS
    attending = students.filter(unit__path__startswith=demo.training.path).values("person")
    assert all(
        row["schools"] == 2
        for row in students.filter(person__in=attending).values("person").annotate(schools=Count("unit"))
    )
    assert Person.objects.exclude(id_index=None).values("id_index").distinct().count() >= PUPILS
    assert RosterImport.objects.filter(state="committed").count() == 3
    assert not RosterImport.objects.exclude(state="committed").exists()
    assert Lesson.objects.count() == CLASSES * 30 + 4 * 14
    assert SeatHolding.objects.count() == PUPILS
    assert Vehicle.objects.get().unit.memberships.filter(kind="rider").count() > 0
    assert Occupancy.objects.count() == Membership.objects.filter(kind="resident").count() > 0
    days = list(RollCheck.objects.order_by("day").values_list("day", flat=True).distinct())
    assert days == [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23), TODAY]
    for day in days[:-1]:
        assert RollCheck.objects.filter(day=day, superseded_at=None, unit__level="class").count() == CLASSES + 4
        assert Report.objects.filter(day=day, unit=demo.bureau).count() == 1
        assert not Duty.objects.filter(day=day, done_at=None).exists()
    assert whole
    assert any("3/3" in line for line in lines)
    journal.seal(MORNING)
    assert not list(journal.verify())


def test_every_role_gets_a_password_of_its_own_that_works_once() -> None:
    demo, lines, _whole = built()
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines if re.match(r"  \S.* / ", line)][1:]
    assert len(rows) == len(ROLES) + 1
    for _role, name, username, password, *_where in rows:
        account = Account.objects.get(username=username)
        assert (account.display_name, account.must_change_password) == (name, True)
        assert account.check_password(password)
    assert len({row[3] for row in rows}) == len(rows)
    _guardian, children = sample_guardian(demo)
    assert len(children) >= 2


def test_today_leaves_something_to_do_and_no_escalations_of_days_past() -> None:
    demo, _lines, _whole = built()
    own = sample_class(demo)
    checked = RollCheck.objects.filter(day=TODAY)
    assert checked.exists()
    assert not checked.filter(unit=own).exists()
    assert not checked.filter(received_at__gt=MORNING).exists()
    assert Duty.objects.get(day=TODAY, unit=own).done_at is None
    assert not Report.objects.filter(day=TODAY, unit__in=[demo.primary, demo.bureau]).exists()
    told = HealthReport.objects.filter(day=TODAY, unit=own, absent=True)
    assert told.exists()
    catch_up(MORNING)
    assert not Notice.objects.filter(text_key__startswith="duties.").exists()
    assert Notice.objects.filter(text_key="daily.family_unwell", unit=own).count() == 1
    unwell = checked.filter(all_well=False).count()
    assert Notice.objects.filter(text_key="daily.check_unwell").count() <= unwell


def test_killed_in_the_middle_it_goes_on_without_doubles(tmp_path: Path) -> None:
    """Once while the roster goes in, once among the accounts, once between two past days."""
    for moment in ("云溪中学", "班主任 /", r"past days 1/3"):
        with pytest.raises(Killed):
            filled(tmp_path, say=killed_at(moment))
        assert not (tmp_path / FILLED).exists()
    lines: list[str] = []
    later = MORNING + timedelta(minutes=2)
    filled(tmp_path, later, lines.append)
    once = census()
    password = next(re.split(r"\s{2,}", line.strip()) for line in lines if "班主任 /" in line)
    assert Account.objects.get(username=password[2]).check_password(password[3])
    filled(tmp_path, later)
    assert census() == once
    assert Membership.objects.filter(kind="student").count() == PUPILS + 4 * TINY.group
    assert (
        RollCheck.objects.filter(superseded_at=None)
        .values("unit", "day")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .count()
        == 0
    )


@pytest.mark.parametrize(
    "day",
    [date(2026, 1, 5), date(2026, 2, 20), date(2026, 3, 1), date(2026, 7, 15), date(2026, 9, 1), date(2026, 12, 31)],
)
def test_every_day_of_the_year_lies_in_a_term_with_five_weeks_behind_it(day: date) -> None:
    begins, ends = term_of(day)
    assert begins + timedelta(days=35) <= day < ends
