"""Sessions, cookies, headers and addresses: what a browser, a link or another site could be made to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from lianfang.daily.models import HealthReport
from lianfang.foundation.permissions import Permission
from tests.access.crawling import walk
from tests.access.operation_cases import OPERATION_CASES
from tests.access.relations import has_right
from tests.access.test_operations import DECLARED, ask
from tests.access.world import ASKING, NOW, PASSWORD, World, client_id, undone
from tests.api.test_lengths import asked

EVIL = "evil.example"
POLICY = ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'self'", "script-src 'self'")


@pytest.fixture(autouse=True)
def nobody_guessed_yet(world: World) -> Iterator[None]:
    """Counters of failed sign-ins live in the cache."""
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, name: str = "teacher", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login", {"username": name, "password": password, **more})


@pytest.mark.django_db
def test_signing_in_changes_the_session_and_signing_out_ends_it(world: World) -> None:
    with undone():
        client = Client()
        client.get("/login")
        client.cookies[settings.SESSION_COOKIE_NAME] = planted = "a" * 32
        assert sign_in(client).status_code == 302
        own = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert own != planted and not Session.objects.filter(session_key=planted).exists()
        assert client.get("/account").status_code == 200
        kept = Client()
        kept.cookies[settings.SESSION_COOKIE_NAME] = own
        assert kept.get("/account").status_code == 200
        client.post("/logout")
        assert kept.get("/account").status_code == 302
        assert not Session.objects.filter(session_key=own).exists()


@pytest.mark.django_db
def test_a_new_password_ends_the_sessions_elsewhere(world: World) -> None:
    with undone():
        here, there = Client(), Client()
        sign_in(here)
        sign_in(there)
        new = "another long word"
        answer = here.post("/account", {"current": PASSWORD, "password": new})
        assert answer.status_code == 302
        assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)


@pytest.mark.django_db
def test_cookies_are_for_this_site_alone(world: World) -> None:
    with undone(), override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client = Client()
        client.get("/login", secure=True)
        answer = client.post("/login", {"username": "teacher", "password": PASSWORD}, secure=True)
        session = answer.cookies[settings.SESSION_COOKIE_NAME]
        assert session["httponly"] and session["secure"] and session["samesite"] == "Lax" and not session["domain"]
        token = client.cookies[settings.CSRF_COOKIE_NAME]
        assert token["secure"] and token["samesite"] == "Lax" and not token["domain"]
        assert PASSWORD not in str(answer.headers) and "teacher" not in str(answer.cookies)
    assert (
        settings.SESSION_COOKIE_SECURE is settings.SECURE_COOKIES
        and settings.CSRF_COOKIE_SECURE is settings.SECURE_COOKIES
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/notices/1/read", "/api/foundation/tokens", "/i18n/setlang", "/logout", "/login"])
def test_another_site_cannot_send_a_form(world: World, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for name, morsel in world.client("teacher").cookies.items():
        client.cookies[name] = morsel.value
    with undone():
        answer = client.post(path, {"label": "x"}, headers={"origin": f"https://{EVIL}"})
        assert answer.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["application/json", "text/plain"])
def test_nor_anything_else_without_the_token_of_a_page(world: World, sent: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for name, morsel in world.client("teacher").cookies.items():
        client.cookies[name] = morsel.value
    with undone():
        body = json.dumps({"current": PASSWORD, "password": "x"})
        assert client.put("/api/foundation/password", body, content_type=sent).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target",
    [
        *(
            f"https://{EVIL}/",
            f"//{EVIL}/",
            f"/\\{EVIL}",
            f"http:///{EVIL}",
            f"https:{EVIL}",
            "javascript:alert(1)",
            "\x00/x",
        ),
        *(
            f"\t//{EVIL}",
            f"/%09/{EVIL}",
            f"https://testserver@{EVIL}/",
            f"https://testserver.{EVIL}/",
            "data:text/html,x",
        ),
    ],
)
def test_no_address_leads_elsewhere(world: World, target: str) -> None:
    """`next` of sign-in, of the language choice and of every page that takes one."""
    with undone():
        asked = [
            sign_in(Client(), next=target),
            Client().post("/i18n/setlang", {"language": "en", "next": target}),
            Client().post("/i18n/setlang", {"language": "en"}, headers={"referer": target}),
            world.client("teacher").get("/login", {"next": target}),
            world.client("teacher").post("/login/again", {"password": PASSWORD, "next": target}),
            world.client("teacher").post("/logout", {"next": target}),
        ]
        for answer in asked:
            location = answer.headers.get("Location", "/")
            assert location.startswith("/") and not location.startswith(("//", "/\\")), location
            assert EVIL not in location or location.startswith("/%09/"), location


@pytest.mark.django_db
def test_a_foreign_host_is_refused_and_never_repeated(world: World) -> None:
    for path in ("/login", "/", "/api/csrf", "/healthz"):
        for host in (EVIL, f"localhost:80@{EVIL}", f"localhost.{EVIL}"):
            with override_settings(ALLOWED_HOSTS=["localhost"]):
                answer = Client(raise_request_exception=False).get(path, headers={"host": host})
            assert answer.status_code == 400, (path, host)
            assert EVIL.encode() not in answer.content
        answer = Client().get(path, headers={"x-forwarded-host": EVIL, "forwarded": f"host={EVIL}"})
        assert EVIL.encode() not in answer.content and EVIL not in str(answer.headers)


def assert_refused_to_browsers(answer: Any, address: str) -> None:
    """The answer tells the browser what to refuse."""
    headers = answer.headers
    assert headers["X-Frame-Options"] == "DENY", address
    assert headers["X-Content-Type-Options"] == "nosniff", address
    assert headers["Referrer-Policy"] == "same-origin", address
    assert "Access-Control-Allow-Origin" not in headers, address
    policy = headers["Content-Security-Policy"]
    assert all(part in policy for part in POLICY), (address, policy)
    assert "unsafe-inline" not in policy and "*" not in policy, address
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", ""), address


@pytest.mark.django_db
def test_every_page_forbids_frames_foreign_scripts_and_keeping(world: World) -> None:
    """What was answered to somebody signed in stays in no cache; no page may be framed."""
    for part in ("teacher", "principal", "officer", "mother"):
        with undone():
            for address, answer in walk(world.client(part), each=1, limit=40):
                assert "no-store" in answer.headers["Cache-Control"], address
                assert_refused_to_browsers(answer, address)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login", "/nothing/here", "/welcome", "/people/privacy/purposes/"])
def test_pages_for_everybody_do_as_well(world: World, path: str) -> None:
    assert_refused_to_browsers(Client().get(path), path)


@pytest.mark.django_db
def test_answers_of_the_api_are_not_kept(world: World) -> None:
    for case in (c for c in OPERATION_CASES if c.method == "GET"):
        answer = ask(world, case, "principal", case.keys[0])
        assert "no-store" in answer.headers["Cache-Control"], case.route
    for path in ("foundation/me", "nothing"):  # by session; an address that is none
        answer = world.client("principal").get(f"/api/{path}")
        assert "no-store" in answer.headers["Cache-Control"], path
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'", path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/.git/config", "/static/", "/files/", "/data/lianfang.sqlite3", "/static/../settings.py", "/keyring.json"]
)
def test_nothing_else_is_served(world: World, path: str) -> None:
    assert world.client("teacher").get(path).status_code in (404, 400)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login", "/account", "/api/foundation/me", "/healthz", "/nothing"])
def test_trace_is_refused(world: World, path: str) -> None:
    answer = world.client("teacher").generic("TRACE", path, headers={"X-Secret": "canary"})
    assert answer.status_code == 405
    assert b"canary" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["en\r\nX-Injected: 1", "../../etc/passwd", "<script>", "xx", "", "zh-hans\x00", "e" * 5000]
)
def test_a_language_cookie_is_one_of_two(world: World, value: str) -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = value
    answer = client.get("/login")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "zh-hans"
    assert "X-Injected" not in answer.headers
    set_again = client.post("/i18n/setlang", {"language": value, "next": "/login"})
    assert settings.LANGUAGE_COOKIE_NAME not in set_again.cookies


@pytest.mark.django_db
def test_no_header_and_no_field_changes_the_method(world: World) -> None:
    """A link (GET) cannot be made into a change, whatever it says about itself."""
    with undone():
        token = world.ids["token:teacher"]
        for header in ("x-http-method-override", "x-method-override", "x-http-method"):
            answer = world.client("teacher").post(
                f"/api/foundation/tokens/{token}?_method=DELETE", {"_method": "DELETE"}, headers={header: "DELETE"}
            )
            assert answer.status_code == 405
    assert Client().get("/api/foundation/me", **world.bearer("teacher")).status_code == 200


@pytest.mark.django_db
def test_pages_that_change_something_are_not_opened_by_a_link(world: World) -> None:
    """Signing out, choosing a language, ending a session: a GET does none of it."""
    with undone():
        client = world.client("teacher")
        for name in ("web:sign_out", "ui:set_language", "sign_out_elsewhere"):
            client.get(reverse(name))
            assert client.get("/account").status_code == 200, name


@pytest.mark.django_db
def test_signing_in_takes_as_long_for_a_name_that_nobody_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in password hashes, not in seconds; and the answer is word for word the same."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append("-")
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    answers = {}
    with undone():
        world.d.accounts["clerk"].is_active = False
        world.d.accounts["clerk"].save()
        for name in ("teacher", "nobody-has-this-name", "clerk"):
            hashed.clear()
            answer = sign_in(Client(), name, "a wrong password")
            shown = answer.content.decode().replace(name, "")
            answers[name] = (answer.status_code, len(hashed), len(shown))
    world.d.accounts["clerk"].refresh_from_db()
    assert answers["teacher"] == answers["nobody-has-this-name"] == answers["clerk"], answers
    assert answers["teacher"][1] == 1


@pytest.mark.django_db
def test_guessing_a_password_has_to_wait(world: World) -> None:
    with undone():
        tries = next(n for n in range(1, 30) if sign_in(Client(), "officer", "a wrong password").status_code == 429)
        assert 3 <= tries <= 10
        assert sign_in(Client(), "officer").status_code == 429
        assert sign_in(Client(), "teacher").status_code == 302  # who did nothing wrong


@pytest.mark.django_db
def test_a_client_id_is_the_senders_own(world: World) -> None:
    """The same client id from another account is another submission: no 409 that tells that it exists."""
    with undone():
        same = client_id()
        answers = []
        for part in ("teacher", "mother", "clerk"):
            person = world.d.persons[part].pk if part != "mother" else world.d.pupils["class1"][0].pk
            body = json.dumps({"client_id": same, "person_id": person})
            answers.append(Client().post("/api/daily/reports", body, "application/json", **world.bearer(part)))
        assert [a.status_code for a in answers] == [200] * 3, [a.content for a in answers]
        assert len({a.json()["id"] for a in answers}) == 3
        other = json.dumps({"client_id": same, "person_id": world.d.persons["teacher"].pk, "temperature": "37.9"})
        again = Client().post("/api/daily/reports", other, "application/json", **world.bearer("teacher"))
        assert again.status_code == 409
        assert str(world.d.persons["teacher"].pk) not in again.content.decode()


MASS = {
    "realm": "drill",
    "realm_id": "drill",
    "is_superuser": True,
    "is_staff": True,
    "id": 1,
    "pk": 1,
    "uid": client_id(),
    "reported_by_id": 1,
    "received_at": "2020-01-01T00:00:00Z",
    "account_id": 1,
    "confirmed_at": "2020-01-01T00:00:00Z",
    "signed_by_id": 1,
    "access_version": 99,
    "must_change_password": False,
    "known_at": "2020-01-01T00:00:00Z",
}


@pytest.mark.django_db
def test_fields_that_nobody_offers_change_nothing(world: World) -> None:
    """A report with the server's own columns beside it: who and when are ours."""
    person = world.d.persons["teacher"]
    with undone():
        body = json.dumps({"client_id": client_id(), "person_id": person.pk, **MASS, "account_id": 1})
        answer = Client().post("/api/daily/reports", body, "application/json", **world.bearer("teacher"))
        assert answer.status_code == 200, answer.content
        row = HealthReport.objects.get(pk=answer.json()["id"])
        assert row.reported_by_id == world.d.accounts["teacher"].pk
        assert abs(row.received_at - NOW) < timedelta(minutes=1)
        assert row.person_id == person.pk


@pytest.mark.django_db
def test_a_field_that_nobody_asked_for_is_refused_by_name(world: World) -> None:
    """Everywhere but where phones send what they kept, maybe in the shape of an older version (daily)."""
    wrong, refused = [], 0
    for case in {case.route: case for case, _path in asked()}.values():
        operation = DECLARED[case.route]
        permission = operation.declared if isinstance(operation.declared, Permission) else None
        part, key = next(
            (part, key)
            for part in ASKING
            for key in case.keys
            if permission is None or (has_right(part, permission) and case.verdict(part, permission, key) == "yes")
        )
        question = case.fill(world, key)
        if not isinstance(question.body, dict):
            continue
        for more in ({}, {"is_superuser": True}):
            body, address = json.dumps({**question.body, **more}), operation.path.format(**question.address)
            with undone():
                answer = Client(raise_request_exception=False).generic(
                    case.method, address, body, "application/json", **world.bearer(part)
                )
            named = "is_superuser" in answer.content.decode() and answer.status_code == 422
            refused += named
            if "extra_forbidden" in answer.content.decode() and not named:
                wrong.append(
                    f"{case.route}: the case itself sends a field that is none: {answer.content.decode()[:200]}"
                )
            if more and not named and "/api/daily/" not in case.route:
                wrong.append(f"{case.route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert refused > 30
