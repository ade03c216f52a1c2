"""The short way answers what the ordinary way answers, stores the same rows, and lets everything else pass it by (ADR 0018).

Both ways are asked here with the same request but for the submission's id, the ordinary one by Django's own WSGI handler.
"""

from __future__ import annotations

import io
import json
import logging
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lianfang.config.api import short_operations
from lianfang.config.overload import Answers
from lianfang.config.shortway import ShortWay
from lianfang.daily.actions import ReportAnswer, submission
from lianfang.daily.models import HealthReport, RollCheck
from lianfang.foundation import actions
from lianfang.foundation.actor import forget_cached_actors, system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.models import Account, JournalEntry, Receipt
from lianfang.foundation.permissions import Detail, Permission, Reach
from lianfang.foundation.tokens import Elsewhere, Presented, admitted
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from tests.daily.cast import DAY, MORNING, Morning
from tests.district import SETUP, TERM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
REPORTS, CHECKS = "/api/daily/reports", "/api/daily/checks"
HOST = "testserver"
SOURCE = "unit:3"
PARTS = ("teacher", "teacher2", "nurse", "principal", "admin", "guard", "officer", "cdc", "mother", "foreign_teacher")


@pytest.fixture
def morning() -> Iterator[None]:
    with using_clock(FixedClock(MORNING)):
        yield


@pytest.fixture
def quiet_signals() -> Iterator[None]:
    """Django's handler would close the connection of the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class Ways:
    """The short way and the ordinary one behind it, as `config.wsgi` puts them together."""

    def __init__(self) -> None:
        self.ordinary = WSGIHandler()
        self.short = ShortWay(short_operations())
        self.refusals = Answers(random.Random(1))
        self.taken = 0

    def environ(self, path: str, token: str, body: Any, **more: Any) -> dict[str, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "HTTP_HOST": HOST,
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            "wsgi.errors": io.StringIO(),
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            **more,
        }
        return {name: value for name, value in found.items() if value is not None}

    def ask_ordinary(self, environ: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        said: list[Any] = []
        start = self.short.watch(environ, lambda status, headers, *more: said.append((status, headers)))
        body = b"".join(self.ordinary(environ, start))
        return self._read(said, body)

    def ask_short(self, environ: dict[str, Any], source: str = SOURCE) -> tuple[int, dict[str, str], Any] | None:
        said: list[Any] = []
        start = lambda status, headers, *more: said.append((status, headers))  # noqa: E731
        takes = self.short.may_take(environ, source)
        answer = self.short.answer(environ, start, source, self.refusals.give) if takes else None
        if answer is None:
            assert not said
            return None
        self.taken += 1
        found = self._read(said, b"".join(answer))
        assert "Content-Length" in found[1]
        return found

    @staticmethod
    def _read(said: list[Any], body: bytes) -> tuple[int, dict[str, str], Any]:
        ((status, headers),) = said
        assert dict(headers).get("Content-Length", str(len(body))) == str(len(body))
        return int(status[:3]), dict(headers), json.loads(body)


@pytest.fixture
def staff(school: Morning) -> None:
    """Teacher and nurse stand on the roll of the staff, and so report their own health."""
    for part in ("teacher", "nurse"):
        people.add_membership(
            system_actor("test", SETUP),
            SETUP,
            person=school.d.persons[part],
            unit=school.d.units["school"],
            kind="staff",
            begins=TERM[0],
        )


@pytest.fixture
def ways(school: Morning, staff: None, quiet_signals: None) -> Ways:
    return Ways()


def token(school: Morning, part: str, begins: datetime = SETUP, **more: Any) -> str:
    return actions.issue_token(system_actor("test", begins), begins, school.d.accounts[part], "phone", **more)[1]


def report(person: int, **more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "person_id": person, "temperature": 36.6, "symptoms": ["cough"], **more}


def check(school: Morning, unit: str, **more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "unit_id": school.unit(unit), "day": DAY.isoformat(), "all_well": True, **more}


def teach(ways: Ways, school: Morning) -> str:
    """A teacher's token, and both operations answered once the ordinary way."""
    secret = token(school, "teacher")
    person = school.d.persons["teacher"].pk
    assert ways.ask_ordinary(ways.environ(REPORTS, secret, report(person)))[0] == 200
    assert ways.ask_ordinary(ways.environ(CHECKS, secret, check(school, "class1", session="noon")))[0] == 200
    return secret


def unlike_ids(answer: Any) -> Any:
    return {name: value for name, value in answer.items() if name not in ("id", "request_id")}


def without_length(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Length"}


def test_every_role_is_answered_alike(ways: Ways, school: Morning) -> None:
    """Own person, own child, a pupil of the class, of another class, of another county: for each role, both ways."""
    teach(ways, school)
    foreign = school.d.pupils["foreign_class"][0].pk
    alike = taken = 0
    for part in PARTS:
        secret = token(school, part)
        own = school.d.persons[part].pk
        for person in (own, school.pupil(0), school.pupil(3, "class2"), foreign, 2**40):
            short = ways.ask_short(ways.environ(REPORTS, secret, report(person)))
            status, headers, answer = ways.ask_ordinary(ways.environ(REPORTS, secret, report(person)))
            assert (short is not None) == (status == 200), (part, person, status)
            alike += 1
            if short is not None:
                taken += 1
                assert (short[0], without_length(short[1])) == (status, without_length(headers))
                assert unlike_ids(short[2]) == unlike_ids(answer)
                rows = HealthReport.objects.filter(pk__in=[short[2]["id"], answer["id"]]).values()
                first, second = ({name: row[name] for name in row if name != "id"} for row in rows)
                assert first == second
    assert alike == 5 * len(PARTS) and taken == 8


def test_a_check_is_answered_alike_and_only_by_whose_roll_it_is(ways: Ways, school: Morning) -> None:
    teach(ways, school)
    for part in PARTS:
        secret = token(school, part)
        short = ways.ask_short(ways.environ(CHECKS, secret, check(school, "class1")))
        if part == "teacher":
            assert short is not None and short[0] == 200 and short[2]["state"] == "all_well"
        elif short is None:
            assert ways.ask_ordinary(ways.environ(CHECKS, secret, check(school, "class1")))[0] in (403, 404, 409)
    assert RollCheck.objects.filter(unit_id=school.unit(), session="morning").count() == 1


def test_a_repetition_gets_the_first_answer_whichever_way_it_comes(ways: Ways, school: Morning) -> None:
    secret = teach(ways, school)
    sent = report(school.d.persons["teacher"].pk)
    first = ways.ask_short(ways.environ(REPORTS, secret, sent))
    again = ways.ask_short(ways.environ(REPORTS, secret, sent))
    ordinary = ways.ask_ordinary(ways.environ(REPORTS, secret, sent))
    assert first is not None and again is not None
    assert first[2] == again[2] == ordinary[2]
    assert HealthReport.objects.filter(pk=first[2]["id"]).count() == 1
    other = {**sent, "temperature": 38.2}
    assert ways.ask_short(ways.environ(REPORTS, secret, other)) is None
    assert ways.ask_ordinary(ways.environ(REPORTS, secret, other))[0] == 409
    assert Receipt.objects.filter(client_id=sent["client_id"]).count() == 1


def test_what_the_phones_clock_said_is_kept_alike(ways: Ways, school: Morning) -> None:
    secret = teach(ways, school)
    person = school.d.persons["teacher"].pk
    kept = []
    for ask in (ways.ask_short, ways.ask_ordinary):
        at = (MORNING + timedelta(minutes=50)).isoformat()
        body = report(person, true_at=(MORNING + timedelta(minutes=40)).isoformat())
        answer = ask(ways.environ(REPORTS, secret, body, HTTP_X_CLIENT_NOW=at))
        assert answer is not None and answer[0] == 200
        row = HealthReport.objects.get(pk=answer[2]["id"])
        entry = JournalEntry.objects.select_related("payload").get(subject_id=row.pk, subject_type="health_report")
        kept.append((row.true_at, row.received_at, entry.payload.body, entry.agent, entry.actor_id, entry.unit_id))
        assert UUID(entry.request_id)
    assert kept[0] == kept[1]
    assert kept[0][0] == MORNING - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"REQUEST_METHOD": "GET"}, 405),
        ({"HTTP_COOKIE": "lianfang_lang=en"}, 200),
        ({"QUERY_STRING": "x=1"}, 200),
        ({"CONTENT_TYPE": "application/json; charset=utf-8"}, 200),
        ({"HTTP_AUTHORIZATION": None}, 401),
        ({"HTTP_AUTHORIZATION": "Bearer nobody"}, 401),
        ({"HTTP_AUTHORIZATION": "Basic YTpi"}, 401),
        ({"HTTP_HOST": "elsewhere.example"}, 400),
        ({"wsgi.url_scheme": "https"}, 200),
    ],
)
def test_whatever_is_not_plain_takes_the_ordinary_way(
    ways: Ways, school: Morning, more: dict[str, Any], status: int
) -> None:
    secret = teach(ways, school)
    asked = ways.environ(REPORTS, secret, report(school.d.persons["teacher"].pk), **more)
    assert ways.ask_short(asked) is None
    assert ways.ask_ordinary(asked)[0] == status


def test_a_source_that_is_not_known_here_and_a_list_take_the_ordinary_way(ways: Ways, school: Morning) -> None:
    secret = teach(ways, school)
    person = school.d.persons["teacher"].pk
    assert ways.ask_short(ways.environ(REPORTS, secret, report(person)), source="address:192.0.2.1") is None
    assert ways.ask_short(ways.environ(REPORTS, secret, [report(person)])) is None
    assert ways.ask_short(ways.environ(REPORTS, secret, report(person, client_id=None))) is None
    assert ways.ask_short(ways.environ("/api/daily/early-leaves", secret, report(person))) is None
    large = ways.environ(REPORTS, secret, report(person)) | {"wsgi.input": io.BufferedReader(io.BytesIO(b"{}"))}
    assert ways.ask_short(large) is None
    assert ways.taken == 0


def test_nothing_is_answered_before_the_ordinary_way_was_asked(ways: Ways, school: Morning) -> None:
    """Its headers are the ordinary way's own; a refusal teaches none."""
    secret = token(school, "teacher")
    own = report(school.d.persons["teacher"].pk)
    assert ways.ask_short(ways.environ(REPORTS, secret, own)) is None
    assert ways.ask_ordinary(ways.environ(REPORTS, "nobody", own))[0] == 401
    assert ways.ask_short(ways.environ(REPORTS, secret, own)) is None
    assert HealthReport.objects.count() == 0
    assert ways.ask_ordinary(ways.environ(REPORTS, secret, own))[0] == 200
    answer = ways.ask_short(ways.environ(REPORTS, secret, own))
    assert answer is not None
    assert {"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options", "Content-Language"} <= set(answer[1])


def test_rights_end_at_the_next_request(ways: Ways, school: Morning) -> None:
    secret = teach(ways, school)
    account = school.d.accounts["teacher"]
    asked = lambda: ways.environ(REPORTS, secret, report(school.d.persons["teacher"].pk))  # noqa: E731
    assert ways.ask_short(asked()) is not None
    for change, back in (
        ({"is_active": False}, {"is_active": True}),
        ({"must_change_password": True}, {"must_change_password": False}),
    ):
        Account.objects.filter(pk=account.pk).update(**change)
        assert ways.ask_short(asked()) is None
        assert ways.ask_ordinary(asked())[0] in (401, 403)
        Account.objects.filter(pk=account.pk).update(**back)
        assert ways.ask_short(asked()) is not None
    school.d.accounts["teacher"].grants.all().delete()
    Account.objects.filter(pk=account.pk).update(access_version=account.access_version + 1)
    pupil = report(school.pupil(3))
    assert ways.ask_short(ways.environ(REPORTS, secret, pupil)) is None
    assert ways.ask_ordinary(ways.environ(REPORTS, secret, pupil))[0] in (403, 404)
    actions.revoke_token(system_actor("test", MORNING), MORNING, account.tokens.get())
    assert ways.ask_short(asked()) is None
    assert ways.ask_ordinary(asked())[0] == 401


def test_a_database_that_is_away_is_said_at_once(
    ways: Ways, school: Morning, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = teach(ways, school)
    before = HealthReport.objects.count()
    calls: list[int] = []

    def gone(items: Any) -> Any:
        calls.append(len(items))
        raise OperationalError("database is locked")

    monkeypatch.setattr(submission, "submit_reports", gone)
    answer = ways.ask_short(ways.environ(REPORTS, secret, report(school.d.persons["teacher"].pk)))
    assert answer is not None and answer[0] == 503 and answer[2]["code"] == "busy"
    assert 3 <= int(answer[1]["Retry-After"]) <= 12 and calls == [1]
    assert HealthReport.objects.count() == before
    assert [r for r in caplog.records if r.levelno >= logging.WARNING and r.name == "lianfang.problems"]


def test_a_fault_of_ours_is_answered_by_the_ordinary_way(
    ways: Ways, school: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = teach(ways, school)

    def broken(items: Any) -> Any:
        return [KeyError("a fault")] * len(items)

    monkeypatch.setattr(submission, "submit_reports", broken)
    assert ways.ask_short(ways.environ(REPORTS, secret, report(school.d.persons["teacher"].pk))) is None


def test_queries_of_a_batch_do_not_grow_with_it(school: Morning, staff: None) -> None:
    """Many guardians, each with a token: tokens, grants, persons and children are looked up once for all."""
    secrets = {part: token(school, part) for part in ("mother", "other_guardian", "teacher", "nurse")}
    permission = short_operations()[REPORTS].permission

    def presented(part: str, person: int) -> Presented[Any]:
        from lianfang.daily.schemas import ReportIn

        body = ReportIn.model_validate(report(person))
        assert body.client_id is not None
        client_id = body.client_id
        return Presented(
            secrets[part], MORNING, uuid4().hex, permission, lambda actor: body.item(actor, client_id, None)
        )

    few = [presented("mother", school.pupil(0)), presented("teacher", school.d.persons["teacher"].pk)]
    many = [
        *(presented("mother", school.pupil(seat, klass)) for seat, klass in ((0, "class1"), (1, "class2")) * 4),
        *(presented("other_guardian", school.pupil(2)) for _ in range(4)),
        *(presented(part, school.d.persons[part].pk) for part in ("teacher", "nurse") * 3),
    ]
    counted = []
    for batch in (few, many):
        forget_cached_actors()
        with CaptureQueriesContext(connection) as captured:
            results = submission._take_reports(batch)
        assert all(isinstance(r, ReportAnswer) for r in results), results
        counted.append(len(captured))
    assert counted[0] == counted[1]
    assert {one.actor.account_id for one in many if one.actor} == {school.d.accounts[p].pk for p in secrets}


def test_the_batch_asks_the_permission_of_the_route(school: Morning) -> None:
    nobodys = Permission("test.nobodys", {"cook": Reach.INSTITUTION}, Detail.NOTHING)
    teachers = Permission("test.teachers", {"homeroom_teacher": Reach.CLASS}, Detail.NOTHING)
    secret = token(school, "teacher")
    asked: list[Any] = [
        Presented(s, MORNING, "r", p, lambda a: a.name) for s, p in product((secret, "x"), (nobodys, teachers))
    ]
    found = admitted([*asked, "as it is"])
    assert [isinstance(one, Elsewhere) for one in found] == [True, False, True, True, False]
    assert found[4] == "as it is"
    Account.objects.filter(pk=school.d.accounts["teacher"].pk).update(home_realm_id="real")
    assert not isinstance(admitted([asked[1]])[0], Elsewhere)


def test_an_account_of_an_exercise_takes_the_ordinary_way(ways: Ways, school: Morning) -> None:
    from lianfang.foundation.models import Realm

    secret = teach(ways, school)
    Realm.objects.create(key="drill", name="演练", created_at=MORNING, clock_at=MORNING + timedelta(days=1))
    Account.objects.filter(pk=school.d.accounts["teacher"].pk).update(home_realm_id="drill")
    assert ways.ask_short(ways.environ(REPORTS, secret, report(school.d.persons["teacher"].pk))) is None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**65),
    st.floats(allow_nan=False),
    st.sampled_from(
        ["", "36.6", "38", "cough", "fever", "axillary", "2026-09-15", "illness", "x" * 300, "\ud800", "𠮷"]
    ),
)
FIELDS = (
    *("client_id", "true_at", "on_paper", "corrects", "person_id", "day", "temperature", "site", "instrument"),
    *("symptoms", "absent", "cause", "contact_case", "track", "unknown"),
)
CHANGES = st.dictionaries(st.sampled_from(FIELDS), st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=3)


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_generated_bodies_are_answered_alike(ways: Ways, school: Morning, changes: dict[str, Any]) -> None:
    """Whatever JSON says in place of the fields: taken by both ways or by neither."""
    secret = getattr(ways, "secret", "") or teach(ways, school)
    ways.secret = secret  # type: ignore[attr-defined]
    person = school.d.persons["teacher"].pk
    bodies = [{**report(person), **changes} for _ in range(2)]
    short = ways.ask_short(ways.environ(REPORTS, secret, bodies[0]))
    status, _headers, answer = ways.ask_ordinary(ways.environ(REPORTS, secret, bodies[1]))
    same_id = "client_id" in changes
    if short is None:
        assert status != 200 or "client_id" in changes or b"\\u" in json.dumps(bodies[0]).encode(), (status, answer)
    else:
        assert status == 200, (bodies[1], answer)
        assert unlike_ids(short[2]) == unlike_ids(answer) or same_id
