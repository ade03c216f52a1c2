"""The door of each web process: how many requests are worked on, how many wait, and who is told to come back later.

A WSGI layer around Django, because a refusal must cost next to nothing. The queue itself is `kernel.admission`; here are the
lock, the threads and the answers. A place brings its database connection with it, so that a process has as many connections
as places, however many threads wait (ADR 0014).
"""

from __future__ import annotations

import io
import logging
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from typing import IO, Any

import orjson
from django.conf import settings
from django.db import connections
from django.utils import translation

from lianfang.config.processes import (
    PLACES,
    PLACES_SET,
    READING,
    READING_EACH,
    READING_SMALL,
    READING_SMALL_EACH,
    ROOM,
    SHORT_PLACES,
    SHORT_ROOM,
)
from lianfang.config.shortway import ShortWay
from lianfang.foundation import measures
from lianfang.foundation.sources import KNOWN, key_of
from lianfang.kernel.admission import Door, Slots, State, Ticket
from lianfang.ui.views import ERRORS, plain_error

log = logging.getLogger("lianfang.overload")

PATIENCE = 5.0  # seconds
MOST_BYTES = 32 * 1024 * 1024  # of a body; sheets of rosters are at most 20 MiB
IN_MEMORY = 1024 * 1024
SMALL = 64 * 1024
SOONEST, LATEST = 3, 12  # Retry-After in seconds, drawn evenly, so that those refused together do not return together
FREE = ("/healthz", "/metrics")

Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]


class Refused(Exception):
    """Not let in. `status` is 429 where one source asks for more than its part while others are there, 503 where all is
    full, 413 and 400 for a body that is too large or broke off; `why` is the label of the figure."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status)
        self.status, self.why = status, why


class Connections:
    """Database connections that go with the places. Last used, first used again: a quiet process keeps few of them warm."""

    def __init__(self) -> None:
        self._idle: list[Any] = []

    def borrow(self) -> Any:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connections.create_connection("default")
            connection.inc_thread_sharing()
        connections["default"] = connection
        return connection

    def give_back(self, connection: Any) -> None:
        del connections["default"]
        self._idle.append(connection)


class Gate:
    """A `kernel.admission.Door` with its lock, and a call for each thread that waits. Nobody waits longer than `patience`."""

    def __init__(self, places: int, room: int, patience: float) -> None:
        self.door = Door(places, room)
        self._patience = patience
        self._lock = threading.Lock()
        self._calls: dict[int, threading.Event] = {}

    def enter(self, key: str) -> Ticket:
        """Take a place, waiting for it if need be. Raises Refused."""
        with self._lock:
            ticket, pushed = self.door.arrive(key)
            if ticket.state is State.WAITING:
                call = self._calls[ticket.number] = threading.Event()
            if pushed is not None:
                self._calls.pop(pushed.number).set()
        if ticket.state is State.WAITING:
            self._wait(ticket, call)
        if ticket.state is State.REFUSED:
            raise Refused(429, "share") if ticket.own_fault else Refused(503, "full")
        measures.inside.inc()
        return ticket

    def _wait(self, ticket: Ticket, call: threading.Event) -> None:
        measures.waiting.inc()
        began = time.monotonic()
        if not call.wait(self._patience):
            with self._lock:
                self._calls.pop(ticket.number, None)
                self.door.give_up(ticket)
        measures.waiting.dec()
        measures.wait_seconds.observe(time.monotonic() - began)

    def leave(self, ticket: Ticket) -> None:
        """Give the place to the one whose turn it is."""
        with self._lock:
            turn = self.door.leave(ticket)
            if turn is not None:
                self._calls.pop(turn.number).set()
        measures.inside.dec()


class Overload:
    """`app` behind the door. `short` takes what may come the short way, behind a wider gate, since it needs no connection
    of a place; `patience` in seconds; `chance` draws when to come back."""

    def __init__(
        self,
        app: App,
        *,
        short: ShortWay | None = None,
        places: int | None = None,
        room: int = ROOM,
        patience: float = PATIENCE,
        chance: random.Random | None = None,
    ) -> None:
        self.app = app
        self._short = short or ShortWay({})
        self._static = settings.STATIC_URL
        self._gate = Gate(places or int(os.environ.get(PLACES_SET, PLACES)), room, patience)
        self._short_gate = Gate(SHORT_PLACES, SHORT_ROOM, patience)
        self._first = threading.Lock()
        self._patience = patience
        self._reading = Slots(READING, READING_EACH)
        self._reading_small = Slots(READING_SMALL, READING_SMALL_EACH)
        self._lock = threading.Lock()
        self._connections = Connections()
        self._answers = Answers(chance or random.Random())
        self._refusals = Refusals()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(self._static):
            return self.app(environ, start)
        if path in FREE:
            return self._run(environ, start)
        key = environ[KNOWN] = key_of(environ)
        try:
            self._read(environ, key)
            answer = self._answer_shortly(environ, start, key)
            return self._answer(environ, start, key) if answer is None else answer
        except Refused as refused:
            self._refusals.count(refused)
            return self._answers.give(environ, start, refused.status)

    def _answer_shortly(self, environ: Environ, start: Start, key: str) -> Iterable[bytes] | None:
        if not self._short.may_take(environ, key):
            return None
        ticket = self._short_gate.enter(key)
        try:
            if not self._short.knows(environ) and self._first.acquire(timeout=self._patience):
                # A crowd at a process that has just started: one after another, until one was answered the ordinary way.
                try:
                    if not self._short.knows(environ):
                        return self._answer(environ, start, key)
                finally:
                    self._first.release()
            return self._short.answer(environ, start, key, self._answers.give)
        finally:
            self._short_gate.leave(ticket)

    def _answer(self, environ: Environ, start: Start, key: str) -> Iterable[bytes]:
        ticket = self._gate.enter(key)
        try:
            return self._run(environ, self._short.watch(environ, start))
        finally:
            self._gate.leave(ticket)

    def _run(self, environ: Environ, start: Start) -> Iterable[bytes]:
        connection = self._connections.borrow()
        try:
            return self.app(environ, start)
        except Exception:  # granian would print it with its values
            log.exception("an error outside the application")
            measures.faults.labels("server").inc()
            return self._answers.give(environ, start, 500)
        finally:
            self._connections.give_back(connection)

    def _read(self, environ: Environ, key: str) -> None:
        """Take in the whole body before a place is taken: a slow sender holds a thread of few, never a place."""
        stated = environ.get("CONTENT_LENGTH") or "0"
        if stated == "0":  # without a length Django reads nothing either
            return
        length = int(stated) if stated.isdigit() else 0
        if length > MOST_BYTES:
            raise Refused(413, "size")
        slots = self._reading if length > SMALL else self._reading_small
        with self._lock:
            taken, all_taken = slots.take(key), slots.taken >= slots.total
        if not taken:
            raise Refused(503 if all_taken else 429, "reading")
        try:
            environ["wsgi.input"] = _body(environ["wsgi.input"], length)
        finally:
            with self._lock:
                slots.give(key)


def _body(source: Any, length: int) -> IO[bytes]:
    """The body as a file; what is large goes to the disk. Raises Refused when the sender broke off."""
    if length <= IN_MEMORY:
        content = source.read(length)
        if len(content) < length:
            raise Refused(400, "broken")
        return io.BytesIO(content)
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - ends with the request
    left = length
    while left and (piece := source.read(min(left, 65536))):
        spool.write(piece)
        left -= len(piece)
    if left:
        raise Refused(400, "broken")
    spool.seek(0)
    return spool


class Answers:
    """Refusals, written once for each status, language and kind of reader."""

    REASONS = {
        400: "Bad Request",
        413: "Content Too Large",
        429: "Too Many Requests",
        500: "Internal Server Error",
        503: "Service Unavailable",
    }
    CODES = {400: "unreadable", 413: "too_large", 429: "too_many", 500: "fault", 503: "busy"}

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        self._policy = "; ".join(" ".join([name, *values]) for name, values in directives.items())
        self._written: dict[tuple[int, str, bool], tuple[bytes, str]] = {}

    def give(self, environ: Environ, start: Start, status: int) -> list[bytes]:
        """Answer with `status`; below /api/ and for scripts in JSON, else as a page, in the language of the cookie."""
        data = environ.get("PATH_INFO", "").startswith("/api/") or "text/html" not in environ.get(
            "HTTP_ACCEPT", "text/html"
        )
        english = f"{settings.LANGUAGE_COOKIE_NAME}=en" in environ.get("HTTP_COOKIE", "")
        language = "en" if english else settings.LANGUAGE_CODE
        try:
            body, kind = self._written[status, language, data]
        except KeyError:
            body, kind = self._written[status, language, data] = self._write(status, language, data)
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Language", language),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" if data else self._policy),
        ]
        if status in (429, 503):
            headers.append(("Retry-After", str(self._chance.randint(SOONEST, LATEST))))
        start(f"{status} {self.REASONS[status]}", headers)
        return [body]

    def _write(self, status: int, language: str, data: bool) -> tuple[bytes, str]:
        with translation.override(language):
            if not data:
                return plain_error(status).content, "text/html; charset=utf-8"
            text = ERRORS[status]
            body = {"code": self.CODES[status], "message": f"{text.what}{text.kept}{text.next}", "errors": []}
            return orjson.dumps(body), "application/json; charset=utf-8"


class Refusals:
    """Counts each; writes at most one line a second, because a flood must not become a flood of lines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[tuple[int, str], int] = {}
        self._said = 0.0

    def count(self, refused: Refused) -> None:
        measures.refused.labels(str(refused.status), refused.why).inc()
        with self._lock:
            self._since[refused.status, refused.why] = self._since.get((refused.status, refused.why), 0) + 1
            if time.monotonic() - self._said < 1.0:
                return
            self._said, counted, self._since = time.monotonic(), self._since, {}
        for (status, why), number in counted.items():
            log.warning("refused", extra={"status": status, "why": why, "number": number})
