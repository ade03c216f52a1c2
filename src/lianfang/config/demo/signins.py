"""Accounts of the demo's people, and the one-time passwords that are printed: one person of each role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, QuerySet

from lianfang.config.demo.district import ZONE, Demo
from lianfang.foundation.actions import set_password
from lianfang.foundation.actions.accounts import one_time_password
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import at_local
from lianfang.people import actions as people
from lianfang.people.models import Guardianship, Membership, Person, Post
from lianfang.rulepacks import packs

ROLES = (
    *("homeroom_teacher", "grade_head", "school_nurse", "epidemic_reporter", "principal", "leader_on_duty"),
    *("system_admin", "gate_guard", "dormitory_keeper", "lesson_teacher", "county_officer", "cdc_officer"),
)
REPORTING_FAMILIES = 2


@dataclass(frozen=True)
class SignIn:
    """A printed line: who, where, as what, and the one-time password ("" when its owner has chosen one already)."""

    role: str
    name: str
    where: str
    username: str
    password: str


def sample_class(demo: Demo) -> Unit:
    """The class of the teacher whose sign-in is printed: class two of grade three, else the school's last."""
    classes = Unit.objects.within(demo.primary).filter(level="class").order_by("pk")
    found: Unit | None = classes.filter(grade=3, order=2).first() or classes.last()
    assert found is not None
    return found


def sample_guardian(demo: Demo) -> tuple[Person, list[Person]]:
    """A guardian with the most children, one of them in the sample class if that can be, and the children."""
    own = Membership.objects.filter(unit=sample_class(demo), kind="student").values("person_id")
    wards = Guardianship.objects.filter(guardian__in=Guardianship.objects.filter(child__in=own).values("guardian"))
    most = wards.values("guardian").annotate(children=Count("child")).order_by("-children", "guardian").first()
    assert most is not None
    rows = Guardianship.objects.filter(guardian_id=most["guardian"]).select_related("guardian", "child").order_by("pk")
    return rows[0].guardian, [row.child for row in rows]


def open_accounts(demo: Demo) -> list[SignIn]:
    """An account for everybody with a post and for the sample guardian; returns the lines to print.

    Who has an account already and never used it gets a new one-time password.
    """
    setup = at_local(demo.begins - timedelta(days=1), "09:30", ZONE)
    system = system_actor("demo", setup)
    posts = list(_posts())
    chosen = {role: sample_post(demo, role) for role in ROLES}
    lines = []
    for post in posts:
        if post.person.account is None and post not in chosen.values():
            people.open_account(system, setup, person=post.person)
    for role, held in chosen.items():
        if held is not None:
            where = held.unit.name if held.unit.level in ("institution", "authority") else _full_name(held.unit)
            lines.append(SignIn(role, held.person.name, where, *_secret(system, setup, held.person)))
    guardian, children = sample_guardian(demo)
    where = "、".join(child.name for child in children)
    lines.append(SignIn("guardian", guardian.name, where, *_secret(system, setup, guardian, "jiazhang")))
    return lines


def _full_name(unit: Unit) -> str:
    institution = Unit.objects.filter(pk__in=unit.ancestor_ids, level="institution").first()
    return f"{institution.name} {unit.name}" if institution is not None else unit.name


def _posts() -> QuerySet[Post]:
    rows: QuerySet[Post] = Post.objects.filter(void_at=None).select_related("person__account", "unit").order_by("pk")
    return rows


def sample_post(demo: Demo, role: str) -> Post | None:
    """The post of a role nearest to the sample class; first of all at the primary school."""
    near = sample_class(demo).ancestor_ids
    held = list(_posts().filter(role=role))
    above = [post for post in held if post.unit_id in near]
    return next(iter([*above, *held]), None)


@transaction.atomic
def _secret(system: Actor, setup: datetime, person: Person, username: str = "") -> tuple[str, str]:
    """User name and a fresh one-time password."""
    account = Person.objects.select_related("account").get(pk=person.pk).account
    if account is None:
        account, password = people.open_account(system, setup, person=person, username=username)
        return account.username, password
    if not account.must_change_password:
        return account.username, ""
    password = one_time_password()
    set_password(system, setup, account, password)
    account.must_change_password = True
    account.save(update_fields=["must_change_password"])
    return account.username, password


def reporting_families(demo: Demo, share: int = REPORTING_FAMILIES) -> list[Guardianship]:
    """The guardians of the first `share` children of each class, whose families report in the morning."""
    found: list[Guardianship] = []
    classes = Unit.objects.filter(level="class", parent__level="division").order_by("pk")
    for unit in classes:
        children = Membership.objects.filter(unit=unit, kind="student", void_at=None).order_by("order", "pk")
        ids = list(children.values_list("person_id", flat=True)[:share])
        rows = Guardianship.objects.filter(child_id__in=ids).select_related("guardian__account").order_by("pk")
        first: dict[int, Guardianship] = {}
        for row in rows:
            first.setdefault(row.child_id, row)
        found += first.values()
    return found


def open_families(demo: Demo, families: Iterable[Guardianship]) -> None:
    """Accounts for these guardians, with passwords that nobody is told."""
    setup = at_local(demo.begins - timedelta(days=1), "10:00", ZONE)
    system = system_actor("demo", setup)
    for guardian_id in dict.fromkeys(row.guardian_id for row in families):
        person = Person.objects.get(pk=guardian_id)
        if person.account_id is None:
            people.open_account(system, setup, person=person)


def table(lines: Iterable[SignIn]) -> list[str]:
    """The lines as a table in Chinese and English."""
    rows = [("角色 / role", "姓名", "登录名 / user", "一次性密码 / one-time password", "单位 / where")]
    for line in lines:
        label = packs().roles[line.role].label
        password = line.password or "（本人已修改 / changed by its owner）"
        rows.append((f"{label.zh} / {label.en}", line.name, line.username, password, line.where))
    widths = [max(_width(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese signs two."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
