"""The door around an application that does what the test tells it: refusals and their words, waiting, slow senders."""

from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

from lianfang.config import overload
from lianfang.config.overload import SMALL, Environ, Overload
from lianfang.config.processes import READING_EACH, READING_SMALL_EACH
from lianfang.config.shortway import ShortWay
from lianfang.foundation import sources

ADDRESS, OTHER = "192.0.2.1", "192.0.2.2"


class Held:
    """An application whose requests stay inside until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        self.inside.release()
        assert self.go.wait(30)
        start("200 OK", [])
        return [b"done"]


def environ(path: str = "/daily/", **more: Any) -> Environ:
    return {"PATH_INFO": path, "REMOTE_ADDR": ADDRESS, "REQUEST_METHOD": "GET", **more}


def ask(door: Overload, asked: Environ) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    said: list[Any] = []
    body = b"".join(door(asked, lambda status, headers: said.append((status, headers))))
    ((status, headers),) = said
    return int(status[:3]), dict(headers), body


class Crowd:
    """Requests in threads of their own; `answers` in the order in which they ended."""

    def __init__(self, door: Overload) -> None:
        self.door = door
        self.answers: list[tuple[str, int]] = []
        self.threads: list[threading.Thread] = []

    def send(self, name: str, asked: Environ) -> None:
        def run() -> None:
            self.answers.append((name, ask(self.door, asked)[0]))

        thread = threading.Thread(target=run)
        thread.start()
        self.threads.append(thread)

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that")


@pytest.fixture
def held() -> Held:
    return Held()


def full(held: Held, patience: float = 60.0) -> tuple[Overload, Crowd]:
    """A door of two places and one to wait, all taken by one address."""
    door = Overload(held, places=2, room=1, patience=patience, chance=random.Random(4))
    crowd = Crowd(door)
    for number in range(3):
        crowd.send(f"first{number}", environ())
    until(lambda: door._gate.door.inside == 2 and door._gate.door.waiting == 1)
    return door, crowd


def test_refused_in_words_for_people_and_for_programs(held: Held) -> None:
    door, crowd = full(held)
    status, headers, body = ask(door, environ(HTTP_ACCEPT="text/html,*/*"))
    assert status == 503 and 3 <= int(headers["Retry-After"]) <= 12
    assert "系统暂时忙".encode() in body and headers["Content-Language"] == "zh-hans"
    assert headers["Cache-Control"] == "no-store"
    status, headers, body = ask(door, environ(HTTP_COOKIE=f"{settings.LANGUAGE_COOKIE_NAME}=en"))
    assert status == 503 and b"Busy or under maintenance" in body and b'lang="en"' in body
    status, headers, body = ask(door, environ("/api/daily/reports", HTTP_ACCEPT="text/html"))
    answer = json.loads(body)
    assert status == 503 and answer["code"] == "busy" and answer["message"] and "Retry-After" in headers
    assert headers["Content-Length"] == str(len(body))
    held.go.set()
    crowd.wait()
    assert [status for _name, status in crowd.answers] == [200, 200, 200]
    assert ask(door, environ())[0] == 200


def test_another_source_takes_the_room_of_the_greedy_one(held: Held) -> None:
    door, crowd = full(held)
    crowd.send("other", environ(REMOTE_ADDR=OTHER))
    until(lambda: any(status == 429 for _name, status in crowd.answers))
    status, _headers, body = ask(door, environ("/api/x"))
    assert status == 429 and json.loads(body)["code"] == "too_many"
    held.go.set()
    crowd.wait()
    assert ("other", 200) in crowd.answers
    assert sorted(s for _n, s in crowd.answers) == [200, 200, 200, 429]


def test_those_refused_together_are_told_different_times(held: Held) -> None:
    door, crowd = full(held)
    times = {ask(door, environ())[1]["Retry-After"] for _ in range(40)}
    assert len(times) > 5
    held.go.set()
    crowd.wait()


def test_health_figures_and_assets_come_in_beside_a_full_house(held: Held) -> None:
    door, crowd = full(held)
    for path in ("/healthz", "/metrics", f"{settings.STATIC_URL}ui/lianfang.css"):
        crowd.send(path, environ(path))
    for _ in range(2 + 3):
        assert held.inside.acquire(timeout=30)
    assert door._gate.door.inside == 2 and door._gate.door.waiting == 1
    held.go.set()
    crowd.wait()
    assert all(status == 200 for _n, status in crowd.answers)


def test_who_waited_long_enough_is_refused(held: Held) -> None:
    door, crowd = full(held, patience=0.05)
    until(lambda: len(crowd.answers) == 1)
    assert crowd.answers[0][1] == 503 and door._gate.door.waiting == 0
    held.go.set()
    crowd.wait()


class Slow(io.RawIOBase):
    """A body whose sender takes their time."""

    def __init__(self, go: threading.Event) -> None:
        self.go = go

    def read(self, size: int = -1) -> bytes:
        assert self.go.wait(30)
        return b"x" * size


def test_slow_senders_hold_no_place_and_are_few(held: Held) -> None:
    door = Overload(held, places=2, room=1)
    go = threading.Event()
    crowd = Crowd(door)
    body: dict[str, Any] = {"CONTENT_LENGTH": str(SMALL + 1), "wsgi.input": Slow(go)}
    for number in range(READING_EACH):
        crowd.send(f"slow{number}", {**environ(), **body})
    until(lambda: door._reading.taken == READING_EACH)
    assert ask(door, {**environ(), **body})[0] == 429
    assert door._gate.door.inside == 0
    held.go.set()
    assert ask(door, environ())[0] == 200  # without a body: at once
    assert ask(door, {**environ(REMOTE_ADDR=OTHER, CONTENT_LENGTH="3"), "wsgi.input": io.BytesIO(b"abc")})[0] == 200
    go.set()
    crowd.wait()
    assert door._reading.taken == 0


def test_a_schools_phones_that_come_at_once_are_not_refused_for_sending(held: Held) -> None:
    door = Overload(held)
    go = threading.Event()
    crowd = Crowd(door)
    body: dict[str, Any] = {"CONTENT_LENGTH": "300", "wsgi.input": Slow(go)}
    for number in range(READING_SMALL_EACH):
        crowd.send(f"phone{number}", {**environ(), **body})
    until(lambda: door._reading_small.taken == READING_SMALL_EACH)
    assert ask(door, {**environ(), **body})[0] == 429
    held.go.set()
    go.set()
    crowd.wait()
    assert door._reading_small.taken == 0


@pytest.mark.parametrize(
    "length, sent, status",
    [
        ("3", b"abc", 200),
        ("3", b"ab", 400),  # the sender broke off: nothing half comes in
        ("0", b"", 200),
        ("", b"", 200),
        ("2000000", b"y" * 2_000_000, 200),
        ("2000000", b"y" * 1_999_999, 400),
        (str(33 * 1024 * 1024), b"", 413),
    ],
)
def test_bodies(length: str, sent: bytes, status: int) -> None:
    got: list[bytes] = []

    def app(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        got.append(environ["wsgi.input"].read())
        start("200 OK", [])
        return []

    asked = {**environ("/api/x", CONTENT_LENGTH=length), "wsgi.input": io.BytesIO(sent)}
    found, headers, body = ask(Overload(app), asked)
    assert found == status
    assert got == ([sent] if status == 200 else [])
    if status != 200:
        assert json.loads(body)["message"] and "Retry-After" not in headers


def test_an_error_outside_django_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        raise ValueError("13800138000")

    status, _headers, body = ask(Overload(app), environ("/api/x"))
    assert status == 500 and json.loads(body)["code"] == "fault"
    assert ask(Overload(lambda e, s: s("200 OK", []) or []), environ())[0] == 200


@pytest.mark.django_db(transaction=True)
def test_a_place_brings_its_connection(held: Held) -> None:
    """However many threads come one after the other, there are as many connections as were needed at once."""
    used: list[int] = []

    def app(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        used.append(id(connections["default"]))
        start("200 OK", [])
        return []

    door = Overload(app)
    for _ in range(5):
        thread = threading.Thread(target=ask, args=(door, environ()))
        thread.start()
        thread.join()
    assert len(used) == 5 and len(set(used)) == 1
    (kept,) = door._connections._idle
    kept.close()


@pytest.mark.parametrize(
    "address, network",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8::5", "2001:db8:0:0"),
        ("::1", "0:0:0:0"),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_source(address: str, network: str) -> None:
    assert sources.key_of({"REMOTE_ADDR": address}) == f"address:{network}"


def test_the_cookie_holds_for_its_session_only() -> None:
    value = f"7.{sources.signature(7, 'abc')}"

    def key(cookie: str) -> str:
        return sources.key_of({"HTTP_COOKIE": cookie, "REMOTE_ADDR": ADDRESS})

    assert key(f"csrftoken=x; sessionid=abc; {sources.COOKIE}={value}") == "unit:7"
    for wrong in (
        f"sessionid=abd; {sources.COOKIE}={value}",
        f"{sources.COOKIE}={value}",
        f"sessionid=abc; {sources.COOKIE}=8.{value[2:]}",
        f"sessionid=abc; {sources.COOKIE}=7.",
        f"sessionid=abc; {sources.COOKIE}=学.{value[2:]}",
        f"sessionid=abc; {sources.COOKIE}=7.学",
        ";;=;",
    ):
        assert key(wrong) == f"address:{ADDRESS}", wrong


def test_the_short_way_is_asked_first_behind_a_gate_of_its_own_and_without_a_connection() -> None:
    class Short(ShortWay):
        def may_take(self, environ: Environ, source: str) -> bool:
            return environ["PATH_INFO"].startswith("/api/")

        def knows(self, environ: Environ) -> bool:
            return True

        def answer(self, environ: Environ, start: Any, source: str, busy: Any) -> list[bytes] | None:
            seen.append((source, door._short_gate.door.inside, door._gate.door.inside, len(door._connections._idle)))
            if environ["PATH_INFO"] != "/api/short":
                return None
            start("200 OK", [])
            return [b"short"]

    def app(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        seen.append(("app", door._short_gate.door.inside, door._gate.door.inside, len(door._connections._idle)))
        start("200 OK", [])
        return [b"ordinary"]

    seen: list[tuple[str, int, int, int]] = []
    door = Overload(app, short=Short({}))
    key = f"address:{ADDRESS}"
    assert ask(door, environ("/api/short")) == (200, {}, b"short")
    assert ask(door, environ("/api/other")) == (200, {}, b"ordinary")
    assert ask(door, environ("/daily/")) == (200, {}, b"ordinary")
    assert seen == [(key, 1, 0, 0), (key, 1, 0, 0), ("app", 0, 1, 0), ("app", 0, 1, 0)]
    assert door._short_gate.door.inside == door._gate.door.inside == 0 and len(door._connections._idle) == 1


def test_a_full_short_way_refuses_like_the_ordinary_one(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go = threading.Semaphore(0), threading.Event()

    class Short(ShortWay):
        def may_take(self, environ: Environ, source: str) -> bool:
            return True

        def knows(self, environ: Environ) -> bool:
            return True

        def answer(self, environ: Environ, start: Any, source: str, busy: Any) -> list[bytes] | None:
            inside.release()
            assert go.wait(30)
            start("200 OK", [])
            return [b"short"]

    monkeypatch.setattr(overload, "SHORT_PLACES", 1)
    monkeypatch.setattr(overload, "SHORT_ROOM", 0)
    door = Overload(lambda e, s: [], short=Short({}))
    crowd = Crowd(door)
    crowd.send("first", environ("/api/short"))
    assert inside.acquire(timeout=30)
    status, headers, _body = ask(door, environ("/api/short"))
    assert status == 503 and "Retry-After" in headers
    go.set()
    crowd.wait()
    assert crowd.answers == [("first", 200)] and ask(door, environ("/api/short"))[0] == 200


def test_a_crowd_at_a_process_that_has_just_started_asks_one_after_another_until_one_was_answered(held: Held) -> None:
    """More than places and room of the ordinary way: the first teaches, the others are answered the short way."""

    class Short(ShortWay):
        known = False

        def may_take(self, environ: Environ, source: str) -> bool:
            return True

        def knows(self, environ: Environ) -> bool:
            return self.known

        def answer(self, environ: Environ, start: Any, source: str, busy: Any) -> list[bytes] | None:
            assert self.known
            start("201 Created", [])
            return [b"short"]

    short = Short({})

    def app(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        answer = held(environ, start)
        short.known = True
        return answer

    door = Overload(app, short=short, places=1, room=0, patience=60.0)
    crowd = Crowd(door)
    for number in range(6):
        crowd.send(f"phone{number}", environ("/api/short"))
    until(lambda: door._short_gate.door.inside == 6)
    held.go.set()
    crowd.wait()
    assert sorted(status for _name, status in crowd.answers) == [200, 201, 201, 201, 201, 201]
