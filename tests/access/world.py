"""The district in the middle of a populated morning: everything that a route can name exists here, and a way to ask.

Tuesday 15 September 2026. Both classes were called, a guardian and a member of staff reported, somebody left early, the
grade and the school signed, the school amended; the training institution is late. What is typed freely comes from
`free(field, ordinary text)`, so that a test can put something hostile into every such field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.test import Client

from lianfang.comms.actions import send_notice
from lianfang.comms.models import Notice
from lianfang.daily.actions import ReportAnswer, ReportItem, submit_reports
from lianfang.daily.models import RollCheck
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.duties import actions as duties
from lianfang.duties.jobs import raise_duties, sweep
from lianfang.duties.models import Duty
from lianfang.exchange.actions import preview, upload_roster
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import forget_cached_actors, system_actor
from lianfang.people import actions as people
from lianfang.people.models import Membership, Post
from lianfang.reporting.actions import excuse_lateness
from tests.access.placing import enter as enter_placing
from tests.access.requesting import add_requests
from tests.access.responsibility import enter as enter_responsibility
from tests.district import DAY, PASSWORD, POSTS, SETUP, TERM, District, make_district
from tests.prepared import prepared
from tests.reporting.cast import KIND, Reporting, absent, at, ill

NOW = at("10:40")
MISSING = 999_999_999
CSV_HEADER = "学号,姓名,年级,班级"
Free = Callable[[str, str], str]

# Parts beside the district's own cast: name, role, where.
MORE_UNITS = {
    "dormitory": ("school", "dormitory", "dormitory", "一号宿舍楼"),
    "office": ("school", "department", "department", "教务处"),
    "empty_school": ("foreign_bureau", "school", "institution", "新办小学"),
    "minibus": ("school", "school_bus", "vehicle", "二号校车"),
    "health": (None, "health_bureau", "authority", "西湖区卫生健康局"),
    "market": (None, "market_bureau", "authority", "西湖区市场监督管理局"),
}
MORE_POSTS = {
    "subject_teacher": ("蒋丽", "subject_teacher", "class1"),
    "keeper": ("段玉", "dormitory_keeper", "dormitory"),
    "cook": ("雷大厨", "canteen_staff", "school"),
    "clerk": ("方圆", "staff", "office"),
    "department_head": ("钱主任", "department_head", "office"),
    "attendant": ("柳叶", "bus_attendant", "minibus"),
    "driver": ("马师傅", "bus_driver", "minibus"),
    "cleaner": ("葛阿姨", "cleaner", "school"),
    "health": ("万青", "health_officer", "health"),
    "market": ("凌霄", "market_officer", "market"),
    "foreign_reporter": ("石坚", "epidemic_reporter", "foreign_school"),
    "foreign_principal": ("白洁", "principal", "foreign_school"),
    "empty_principal": ("罗成", "principal", "empty_school"),
    "empty_reporter": ("毛宁", "epidemic_reporter", "empty_school"),
    "empty_admin": ("任远", "system_admin", "empty_school"),
}
ALL_POSTS = {**POSTS, **MORE_POSTS}
CHILDREN = {"mother": (("class1", 0), ("class2", 1)), "other_guardian": (("class1", 2),)}
PARTS = (*ALL_POSTS, *CHILDREN)
# One of each role, and those whose relation to the others is another one; the rest mirror them.
MIRRORS = ("teacher2", "foreign_teacher", "foreign_principal", "other_guardian")
ASKING = tuple(part for part in PARTS if part not in MIRRORS and not part.startswith("empty"))


class Asking(Client):
    """Django's client for those who ask ten thousand times: one chain of middleware for all, no record of templates."""

    chain: Any = None

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)
        Asking.chain = self.handler = Asking.chain or self.handler

    def request(self, **request: Any) -> Any:
        inner: Any = self
        answer: Any = self.handler(inner._base_environ(**request))
        answer.request, answer.json = request, partial(inner._parse_json, answer)
        self.cookies.update(answer.cookies)
        return answer


@dataclass
class World(Reporting):
    """The district with what happened in it; `ids` names rows by what they are to the story."""

    d: District
    ids: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    walks: dict[str, list[Any]] = field(default_factory=dict)  # see crawling.walked

    def client(self, part: str) -> Client:
        """A browser in which the part is signed in; a new one each time, so that no test signs another one out."""
        fresh = Asking()
        for name, morsel in self.clients[part].cookies.items():
            fresh.cookies[name] = morsel.value
        return fresh

    def bearer(self, part: str) -> dict[str, Any]:
        """The header with the part's token."""
        return {"HTTP_AUTHORIZATION": f"Bearer {self.tokens[part]}"}

    def pupil_names(self) -> list[str]:
        """Names of all pupils and guardians: what no authority may read."""
        named = [p for listed in self.d.pupils.values() for p in listed]
        return [p.name for p in named] + [self.d.persons[part].name for part in CHILDREN] + [self.texts["guardian"]]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back, whatever came of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget_cached_actors()


def ordinary(name: str, text: str) -> str:
    """Free text as people type it."""
    return text


FORMULAS = ("=1+1", "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3")
MARKUP = "<img src=x onerror=a()>\"'{{7*7}}"
TURNED = "\u202e\U0001f600"
NAMES = ("dormitory", "office", "empty_school", "minibus", "health", "market")


def hostile(name: str, text: str) -> str:
    """What a spreadsheet would calculate, a page would draw, and a line would turn around; in notes also line breaks."""
    formula = FORMULAS[sum(name.encode()) % len(FORMULAS)]
    if name == "guardian":
        return "金𠮷仙"  # a name takes letters only; this one has four bytes
    if name in NAMES:
        return f"{formula}{text}<b>{TURNED[1:]}"
    return f"{formula}{text}{MARKUP}{TURNED}"


def make_world(free: Free = ordinary, size: int = 4) -> World:
    """Build it all through the actions that users use; everybody signed in."""
    forget_cached_actors()
    w = _acted(free, size)
    for part in w.d.accounts:
        client = w.clients[part] = Client(raise_request_exception=False)
        client.force_login(w.d.accounts[part], backend="django.contrib.auth.backends.ModelBackend")
    forget_cached_actors()
    return w


@prepared
def _acted(free: Free, size: int) -> World:
    w = World(make_district(size))

    def say(name: str, text: str) -> str:
        w.texts[name] = free(name, text)
        return w.texts[name]

    _staff(w, say)
    raise_duties(system_actor("test", at("06:40")), at("06:40"))
    _morning(w, say)
    _signed(w, say)
    _arranged(w, say)
    enter_responsibility(w, say)
    enter_placing(w, say)
    _joining(w)
    _imported(w)
    _notices(w)
    add_requests(w, say)
    for part, account in w.d.accounts.items():
        token, secret = foundation.issue_token(w.actor(part, SETUP), SETUP, account, say("label", "门口平板"))
        w.tokens[part] = secret
        w.ids[f"token:{part}"] = token.pk
    _named(w)
    w.ids["missing"] = MISSING
    return w


def _named(w: World) -> None:
    """Ids of memberships and posts, by whose they are and where."""
    for key, where, seat in (("class1", "class1", 2), ("class2", "class2", 1), ("foreign", "foreign_class", 0)):
        unit, person = w.d.units[where], w.d.pupils[where][seat]
        w.ids[f"membership:{key}"] = Membership.objects.get(unit=unit, person=person).pk
    for key, person in (("dormitory", w.d.pupils["class2"][0]), ("lesson", w.d.pupils["class1"][0])):
        w.ids[f"membership:{key}"] = Membership.objects.get(unit=w.d.units[key], person=person).pk
    for part, (_name, _role, where) in ALL_POSTS.items():
        w.ids[f"post:{part}"] = Post.objects.get(person=w.d.persons[part], unit=w.d.units[where]).pk


def _staff(w: World, say: Free) -> None:
    system = system_actor("test", SETUP)
    for key, (parent, kind, level, name) in MORE_UNITS.items():
        w.d.units[key] = foundation.create_unit(
            system, SETUP, parent=w.d.units[parent] if parent else None, kind=kind, level=level, name=say(key, name)
        )
    for part, (name, role, where) in MORE_POSTS.items():
        person = people.create_person(system, SETUP, name=name)
        begins = TERM[0] - timedelta(days=1)
        people.assign_post(system, SETUP, person=person, unit=w.d.units[where], role=role, begins=begins)
        account, _secret = people.open_account(system, SETUP, person=person, username=part)
        foundation.set_password(system, SETUP, account, PASSWORD)
        w.d.persons[part], w.d.accounts[part] = person, account
    people.add_membership(
        system, SETUP, person=w.d.pupils["class2"][0], unit=w.d.units["dormitory"], kind="resident", begins=TERM[0]
    )
    for part in ("teacher", "principal", "clerk"):
        people.add_membership(
            system, SETUP, person=w.d.persons[part], unit=w.d.units["office"], kind="staff", begins=TERM[0]
        )
    aunt = people.create_person(system, SETUP, name=say("guardian", "金凤仙"), phone="13957100001")
    for key, where in (("unconfirmed", "class1"), ("foreign_unconfirmed", "foreign_class")):
        link = people.link_guardian(
            system, SETUP, guardian=aunt, child=w.d.pupils[where][1], relation="other", begins=TERM[0]
        )
        w.ids[f"guardianship:{key}"] = link.pk
    for key, where in (("place", "school"), ("foreign_place", "foreign_school")):
        place = people.add_place(
            system, SETUP, unit=w.d.units[where], kind="building", name=say("place", "实验楼"), capacity=200
        )
        w.ids[key] = place.pk
    people.declare_day(
        system, SETUP, unit=w.d.units["school"], day=date(2026, 9, 25), kind="holiday", reason=say("day_reason", "中秋")
    )


def _morning(w: World, say: Free) -> None:
    pupils = w.d.pupils
    (told,) = submit_reports(
        [
            ReportItem(
                actor=w.actor("mother", at("07:05")),
                client_id=uuid4(),
                person_id=pupils["class1"][0].pk,
                said=SaidInput("38.2", "axillary", "", ("cough",)),
                track=say("track", "上周去过外婆家"),
            )
        ]
    )
    assert isinstance(told, ReportAnswer), told
    w.report("teacher", w.d.persons["teacher"].pk, now=at("07:06"))
    first = w.check(
        "teacher",
        now=at("07:40"),
        marks=[
            MarkInput(
                pupils["class1"][1].pk,
                "absent",
                cause="illness",
                symptoms=("fever",),
                temperature="38.6",
                site="axillary",
                onset=DAY,
                diagnosis=say("diagnosis", "流感样"),
                hospital=say("hospital", "区一院"),
                note=say("note", "家长来电"),
            ),
            ill(pupils["class1"][0].pk, "cough", answers=(told.id,)),
        ],
    )
    sweep(system_actor("test", at("08:20")), at("08:20"))
    w.check("teacher2", unit="class2", now=at("08:21"), all_well=True)
    w.check("foreign_teacher", unit="foreign_class", now=at("07:50"), marks=[absent(pupils["foreign_class"][0].pk)])
    left = w.leave(
        "teacher",
        pupils["class1"][3].pk,
        at("08:30"),
        said=SaidInput(None, "", "", (), True, "illness"),
        fetched_by=say("fetched_by", "外公"),
        hospital=say("leave_hospital", "区二院"),
        note=say("leave_note", "已电话联系"),
    )
    w.ids["leave"] = left.id
    w.ids["check"] = first.id
    w.ids["report:child"] = told.id
    w.ids["check:foreign"] = RollCheck.objects.get(unit=w.d.units["foreign_class"]).pk


def _signed(w: World, say: Free) -> None:
    w.ids["signed:grade"] = w.sign("grade_head", "grade", at("08:41")).pk
    signed = w.sign("reporter", "school", at("09:05"))
    foreign = w.sign("foreign_reporter", "foreign_school", at("09:25"), reason=say("late_reason", "网络故障"))
    sweep(system_actor("test", at("09:26")), at("09:26"))
    w.ids |= {"signed:school": signed.pk, "signed:foreign_school": foreign.pk}
    excuse_lateness(
        w.actor("foreign_officer", at("09:40")),
        at("09:40"),
        kind_id=KIND,
        unit_id=w.unit("foreign_school"),
        day=DAY,
        reason=say("lateness_excuse", "停电"),
    )
    answered = ill(w.pupil(0), "cough", answers=(w.ids["report:child"],))
    corrected = [absent(w.pupil(1)), absent(w.pupil(2), "personal"), answered]
    w.correct("teacher", "class1", w.ids["check"], at("10:10"), marks=corrected)
    w.ids["amended:school"] = w.amend(signed, reason=say("amend_reason", "登记有误")).pk
    for unit in ("bureau", "foreign_bureau"):
        w.ids[f"signed:{unit}"] = w.sign(
            "officer" if unit == "bureau" else "foreign_officer", unit, at("10:30"), reason=say("county_reason", "等报")
        ).pk


def _arranged(w: World, say: Free) -> None:
    for duty in Duty.objects.select_related("unit").order_by("pk"):
        part = next((k for k, u in w.d.units.items() if u.pk == duty.unit_id), "")
        w.ids.setdefault(f"duty:{part}", duty.pk)
    now = at("10:35")
    excused = Duty.objects.filter(unit=w.d.units["training"], done_at=None).first()
    assert excused is not None
    duties.excuse_duty(w.actor("officer", now), now, duty_id=excused.pk, reason=say("duty_excuse", "停课一天"))
    for key, unit, role, away, deputy in (
        ("own", "class1", "homeroom_teacher", "teacher", "subject_teacher"),
        ("foreign", "foreign_school", "epidemic_reporter", "foreign_reporter", "foreign_teacher"),
    ):
        row = duties.delegate(
            w.actor(away, now),
            now,
            unit_id=w.unit(unit),
            role=role,
            from_account_id=w.d.accounts[away].pk,
            to_account_id=w.d.accounts[deputy].pk,
            begins=DAY + timedelta(days=7),
            ends=DAY + timedelta(days=9),
            reason=say("delegation_reason", "外出培训"),
        )
        w.ids[f"delegation:{key}"] = row.pk


def _joining(w: World) -> None:
    """A slip that is open and a claim that waits, at home and abroad."""
    now = at("10:35")
    for key, part, where in (("class1", "teacher", "class1"), ("foreign", "foreign_teacher", "foreign_class")):
        child = w.d.pupils[where][3]
        used, left = people.invite_guardians(
            w.actor(part, now), now, unit=w.d.units[where], children=[child.pk], copies=2
        )
        joined = people.accept_as_guardian(
            None,
            now,
            invitation=used.invitation,
            child_name=child.name,
            relation="father",
            name="新家长",
            sign_in=people.NewSignIn(f"claimant-{key}", PASSWORD),
        )
        assert joined.claim is not None
        w.ids[f"invitation:{key}"], w.ids[f"claim:{key}"] = left.invitation.pk, joined.claim.pk


def _imported(w: World) -> None:
    now = at("10:36")
    for key, part, where, line in (
        ("import", "admin", "school", "S900,新来的,三年级,1班"),
        ("foreign_import", "foreign_admin", "foreign_school", "S901,余杭新生,一年级,1班"),
    ):
        row = upload_roster(
            w.actor(part, now),
            now,
            institution=w.d.units[where],
            name="roster.csv",
            content=f"{CSV_HEADER}\n{line}\nS902,,,\n".encode(),
        )
        preview(w.actor(part, now), now, roster_import=row)
        w.ids[key] = row.pk


def _notices(w: World) -> None:
    system = system_actor("test", NOW)
    sent = Notice.objects.latest("pk")
    for part in ("teacher", "foreign_teacher", "officer", "cdc"):
        notice = send_notice(
            system,
            NOW,
            text_key=sent.text_key,
            params=sent.params,
            accounts=[w.d.accounts[part]],
            link="/duties/",
            dedupe=f"world:{part}",
        )
        assert notice is not None
        w.ids[f"notice:{part}"] = notice.pk


def client_id() -> str:
    """A submission's id as a client makes it."""
    return str(uuid4())
