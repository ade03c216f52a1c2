"""Whatever is sent, however large or broken: a clear 4xx in the API's own shape, quickly, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from lianfang.daily.models import HealthReport, RollCheck
from tests.access.operation_cases import OPERATION_CASES
from tests.access.world import DAY, World, client_id, undone

LIMIT = 2 * 1024 * 1024
DEEP = 5000
TODAY = DAY.isoformat()


def send(
    world: World, part: str, address: str, body: bytes, content_type: str = "application/json", **more: Any
) -> Any:
    return Client(raise_request_exception=False).generic(
        "POST", address, body, content_type, **world.bearer(part), **more
    )


def check(world: World, **changes: Any) -> dict[str, Any]:
    return {"client_id": client_id(), "unit_id": world.unit("class1"), "day": TODAY, "session": "noon", **changes}


BODIES: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("no JSON", b"all well"),
    ("half", b'{"unit_id": 1, '),
    ("a number", b"1"),
    ("null", b"null"),
    ("a string", b'"x"'),
    ("NaN", b'{"unit_id": NaN, "day": "2026-09-15"}'),
    ("infinite", b'{"unit_id": 1e999, "day": "2026-09-15"}'),
    ("not UTF-8", '{"reason": "晨检"}'.encode("gb18030")),
    ("UTF-16", '{"reason": "晨检"}'.encode("utf-16")),
    ("half a character", b'{"reason": "\xe6\x99"}'),
    ("a lone surrogate", b'{"unit_id": 1, "day": "2026-09-15", "reason": "\\ud800"}'),
    ("a NUL", b'{"unit_id": 1, "day": "2026-09-15", "reason": "a\\u0000b"}'),
    ("deep lists", b"[" * DEEP + b"]" * DEEP),
    ("deep objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    ("deep and never closed", b"[" * 200_000),
    ("a very long number", b'{"unit_id": ' + b"9" * 100_000 + b', "day": "2026-09-15"}'),
    ("a very large id", b'{"unit_id": 99999999999999999999999, "day": "2026-09-15"}'),
    ("ten thousand items", json.dumps([{"unit_id": 1, "day": TODAY}] * 10_000).encode()),
    ("the year 9999", b'{"unit_id": 1, "day": "9999-12-31"}'),
    ("the year 1", b'{"unit_id": 1, "day": "0001-01-01"}'),
    ("larger than allowed", b'{"reason": "' + b"x" * LIMIT + b'"}'),
    ("many keys", json.dumps({str(n): n for n in range(20_000)}).encode()),
]
WRITING = (
    "/api/daily/checks",
    "/api/daily/reports",
    "/api/daily/early-leaves",
    "/api/reporting/reports",
    "/api/duties/remind",
    "/api/comms/notices/read",
    "/api/people/persons",
    "/api/foundation/tokens",
)


@pytest.mark.django_db
@pytest.mark.parametrize("name, body", BODIES, ids=[name for name, _ in BODIES])
def test_bad_bodies(world: World, name: str, body: bytes) -> None:
    stored = (RollCheck.objects.count(), HealthReport.objects.count())
    for address in WRITING:
        part = {"/api/people/persons": "admin", "/api/reporting/reports": "reporter"}.get(address, "teacher")
        part = "reporter" if address == "/api/duties/remind" else part
        with undone():
            answer = send(world, part, address, body)
        assert 400 <= answer.status_code < 500, (address, answer.status_code, answer.content[:300])
        assert answer.json()["message"], address
    assert (RollCheck.objects.count(), HealthReport.objects.count()) == stored


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=gb18030",
        "image/png",
        "a" * 5000,
    ],
)
def test_bad_content_types(world: World, content_type: str) -> None:
    """What the body says counts; a body that is no JSON under any name is refused."""
    with undone():
        answer = send(world, "teacher", "/api/daily/checks", b"unit_id=1&day=2026-09-15", content_type)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]


@pytest.mark.django_db
def test_a_list_that_is_too_long_is_refused_as_a_whole(world: World) -> None:
    with undone():
        body = json.dumps([check(world) for _ in range(501)]).encode()
        answer = send(world, "teacher", "/api/daily/checks", body)
        assert answer.status_code == 422
        assert not RollCheck.objects.filter(session="noon").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "说" * 5000, "corrects": 1},
        {"session": "x" * 5000},
        {"session": "\x00"},
        {"corrects": 2**63},
        {"corrects": -1},
        {"true_at": "0001-01-01T00:00:00+00:00"},
        {"true_at": "9999-12-31T23:59:59-23:59"},
        {"true_at": "2026-09-15T07:40:00"},
        {"marks": [{"person_id": 2**70, "presence": "absent"}]},
        {"marks": [{"person_id": 1, "presence": "absent", "temperature": "1e400"}]},
        {"marks": [{"person_id": 1, "presence": "absent", "temperature": "NaN"}]},
        {"marks": [{"person_id": 1, "presence": "absent", "temperature": "٣٨٫٢"}]},
        {"marks": [{"person_id": 1, "presence": "absent", "note": "x" * 100_000}]},
        {"marks": [{"person_id": 1, "presence": "absent", "note": "a\x00b"}]},
        {"marks": [{"person_id": 1, "presence": "present", "symptoms": ["cough"] * 61}]},
        {"marks": [{"person_id": 1, "presence": "absent", "onset": "9999-12-31"}]},
    ],
    ids=lambda c: json.dumps(c)[:60],
)
def test_bad_values_in_a_check(world: World, changes: dict[str, Any]) -> None:
    """Named by the field that is wrong; nothing of the check is stored."""
    with undone():
        body = json.dumps(check(world, **changes)).encode()
        answer = send(world, "teacher", "/api/daily/checks", body)
        assert answer.status_code in (404, 409, 422), answer.content[:300]
        assert answer.status_code != 422 or answer.json()["errors"], answer.content
        assert not RollCheck.objects.filter(session="noon").exists()


FIELDS = {
    "/daily/roll/{class1}/morning/": (
        "marks",
        "listed",
        "edit",
        "corrects",
        "client_id",
        "reason",
        "paper_time",
        "action",
    ),
    "/daily/report/": ("person_id", "corrects", "client_id", "temperature", "symptoms", "cause", "track"),
    "/daily/report/class/{class1}/": ("person_id", "corrects", "client_id", "paper_time", "temperature"),
    "/daily/leave/{class1}/": ("person_id", "client_id", "left_at", "cause", "temperature", "note"),
    "/duties/chase/remind": ("duty", "back", "filters"),
    "/duties/delegations/new": ("post", "deputy", "first", "last", "reason"),
    "/search": ("q",),
    "/people/units/{school}/": ("kind", "q"),
    "/i18n/setlang": ("language", "next"),
    "/account": ("current", "password", "repeat"),
}
QUERIES = {
    "/daily/roll/{class1}/morning/": ("day",),
    "/daily/day/{class1}/": ("day", "at", "session"),
    "/daily/leave/{class1}/": ("person",),
    "/duties/chase/": ("day", "kind", "unit", "state", "page"),
    "/notices/": ("show", "page"),
    "/reports/daily-zero/{school}/2026-09-15/": ("known_at",),
    "/reports/daily-zero/{school}/2026-09-15/history": ("page",),
    "/reports/daily-zero/{school}/9999-12-31/": ("known_at",),
    "/reports/daily-zero/{school}/0001-01-01/": ("known_at",),
    "/overview/{school}/": ("day",),
    "/people/units/{school}/": ("kind", "page"),
    "/people/calendar/{school}/": ("month",),
    "/people/persons/new/": ("unit",),
    "/import/": ("page",),
}
HOSTILE = (
    "",
    "x",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "٣",
    "²",
    "a\x00b",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "[[[[",
    '[{"person_id": 1}]',
    "{}",
    "0001-01-01",
    "9999-12-31",
    "9999-12",
    "0001-01",
    "24:00",
    "07:40",
    "2026-09-15T07:40:00+99:00",
    "0704-04-14T00:42:46-16:36",
    "2026-09-15T07:40:00-23:59",
    "0001-01-01T00:00",
    "NaN",
    "//evil.example/",
    "save",
    "confirm",
    "%00",
)


def _filled(world: World, address: str) -> str:
    return address.format(class1=world.unit("class1"), school=world.unit("school"))


@pytest.mark.django_db
@pytest.mark.parametrize("address", FIELDS)
def test_bad_values_in_forms(world: World, address: str) -> None:
    """One field after the other gets a third of what is hostile (another third than the field before); never a fault."""
    client = world.client("principal" if address.startswith(("/duties", "/search")) else "teacher")
    known = {
        "client_id": client_id(),
        "person_id": str(world.d.pupils["class1"][0].pk),
        "action": "save",
        "listed": "1",
    }
    wrong = []
    for turn, name in enumerate(FIELDS[address]):
        for value in HOSTILE[turn % 3 :: 3]:
            given = {key: known[key] for key in FIELDS[address] if key in known} | {name: value}
            with undone():
                answer = client.post(_filled(world, address), given)
            if answer.status_code >= 500:
                wrong.append(f"{name}={value[:30]!r}: {answer.status_code}")
            if "evil" in answer.headers.get("Location", ""):
                wrong.append(f"{name}={value[:30]!r} leads to {answer.headers['Location']}")
    assert not wrong, wrong


@pytest.mark.django_db
@pytest.mark.parametrize("address", QUERIES)
def test_bad_values_in_addresses(world: World, address: str) -> None:
    part = (
        "teacher"
        if "{class1}" in address
        else "admin"
        if address.startswith(("/import", "/people/persons/new"))
        else "principal"
    )
    client = world.client(part)
    wrong = [
        f"{name}={value[:30]!r}: {answer.status_code}"
        for name in QUERIES[address]
        for value in HOSTILE
        if (answer := client.get(_filled(world, address), {name: value})).status_code >= 500
    ]
    assert not wrong, wrong


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x", ""])
def test_days_of_another_age(world: World, day: str) -> None:
    """Every reading operation that takes a day."""
    asked = 0
    for case in OPERATION_CASES:
        if case.method != "GET":
            continue
        part = "officer" if "overview" in case.route else "reporter"
        ask = case.fill(world, "school" if "school" in case.keys else case.keys[0])
        path = case.route.split(" ", 1)[1]
        dated = {name: day for name in ("day", "on", "first", "last") if name in ask.query}
        if not dated and "{day}" not in path and "calendar" not in path:
            continue
        asked += 1
        address = path.format(**{**ask.address, **({"day": day or "-"} if "{day}" in path else {})})
        extra = {"first": day, "last": day} if "calendar" in path else {}
        answer = Client(raise_request_exception=False).get(
            address, {**ask.query, **dated, **extra}, **world.bearer(part)
        )
        assert 400 <= answer.status_code < 500, (address, answer.status_code)
    assert asked > 8


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "9" * 19, "9" * 30, "9" * 5000])
def test_ids_that_are_no_ids(world: World, number: str) -> None:
    for address in (
        "/people/persons/{}/",
        "/people/units/{}/",
        "/duties/{}/",
        "/notices/{}/",
        "/reports/report/{}/",
        "/reports/daily-zero/{}/2026-09-15/",
        "/overview/{}/",
        "/import/{}/",
    ):
        answer = world.client("principal").get(address.format(number))
        assert answer.status_code == 404, (address, number[:30], answer.status_code)
    answer = world.client("teacher").get(f"/daily/roll/{number}/morning/")
    assert answer.status_code == 404
