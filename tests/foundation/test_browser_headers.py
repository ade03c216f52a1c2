"""What answers tell browsers to refuse, and what the server itself refuses before any room is asked."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client, override_settings

from tests.foundation.cast import Cast

pytestmark = pytest.mark.django_db
PASSWORD = "long enough 1"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'self'", "script-src 'self'")


def signed_in(cast: Cast, name: str = "teacher", **options: object) -> Client:
    client = Client(**options)  # type: ignore[arg-type]
    client.force_login(cast.accounts[name], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("path", ["/login", "/account", "/nothing/here", "/welcome", "/people/privacy/purposes/"])
def test_every_page_tells_the_browser_what_to_refuse(cast: Cast, path: str) -> None:
    answer = signed_in(cast).get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    policy = answer.headers["Content-Security-Policy"]
    assert all(part in policy for part in POLICY), policy
    assert "unsafe-inline" not in policy and "*" not in policy
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_cookies(cast: Cast) -> None:
    client = Client()
    client.get("/login")
    with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client = Client()
        client.get("/login")
        client.post("/login", {"username": "teacher", "password": PASSWORD})
    found = {name: client.cookies[name] for name in ("sessionid", "csrftoken")}
    assert found["sessionid"]["httponly"] is True
    assert all(cookie["samesite"] == "Lax" and cookie["secure"] is True for cookie in found.values())
    assert not any(cookie["domain"] for cookie in found.values())


def test_a_request_from_another_site_is_refused(cast: Cast) -> None:
    client = signed_in(cast, enforce_csrf_checks=True)
    assert client.post("/account", {"current": PASSWORD, "password": "x"}).status_code == 403
    body = {"current": PASSWORD, "password": "x"}
    assert client.put("/api/foundation/password", body, content_type="application/json").status_code == 403
    assert client.put("/api/foundation/password", b"{}", content_type="text/plain").status_code == 403


@pytest.mark.parametrize(
    "wish", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "http:evil.test", "\x00/x"]
)
def test_next_stays_here(cast: Cast, wish: str) -> None:
    answer = Client().post("/login", {"username": "teacher", "password": PASSWORD, "next": wish})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "path", ["/.git/config", "/static/", "/files/", "/data/lianfang.sqlite3", "/static/../settings.py", "/keyring.json"]
)
def test_nothing_else_is_served(cast: Cast, path: str) -> None:
    assert signed_in(cast).get(path).status_code in (404, 400)


@pytest.mark.parametrize("path", ["/login", "/account", "/api/foundation/me", "/healthz", "/nothing"])
def test_trace_is_refused(cast: Cast, path: str) -> None:
    answer = signed_in(cast).generic("TRACE", path, headers={"X-Secret": "canary"})
    assert answer.status_code == 405
    assert b"canary" not in answer.content


def test_answers_of_the_api_are_not_kept(cast: Cast) -> None:
    client = signed_in(cast)
    for path in ("foundation/me", "foundation/password", "people/units", "nothing"):
        answer = client.get(f"/api/{path}")
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'", path


def test_passwords_are_hashed_slowly() -> None:
    with override_settings(PASSWORD_HASHERS=["lianfang.foundation.hashers.Argon2Hasher"]):
        assert make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
