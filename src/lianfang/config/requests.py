"""Each request: one line, its figures, and what is learned of where it comes from. The outermost middleware.

Kept cheap: it is on the way of every report of a morning (bench `overload` prints what it costs).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse

from lianfang.config.logs import LineRecord
from lianfang.foundation import measures
from lianfang.foundation.sources import learn

log = logging.getLogger("lianfang.request")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNSAID = frozenset({"web:healthz", "metrics"})  # asked every few seconds by machines: a line only when they fail
SLOW = 2.0  # seconds
_marks: dict[int, str] = {}
_classes: dict[str, str] = {}
_counted: dict[tuple[str, str, int], Any] = {}
_timed: dict[str, Any] = {}


def account_mark(account_id: int) -> str:
    """A keyed digest that stands for an account in the log: the same every time, and of no use without the keys."""
    mark = _marks.get(account_id)
    if mark is None:
        if len(_marks) >= 50_000:
            _marks.clear()
        mark = _marks[account_id] = settings.KEYRING.digest("index", f"log\0{account_id}".encode())[:12]
    return mark


def class_of(match: Any) -> str:
    """The class of a route in the figures, e.g. "api daily" or "page daily"; "none" for an address that is none."""
    if match is None:
        return "none"
    found = _classes.get(match.route)
    if found is None:
        parts = match.route.split("/")
        kind, room = ("api", parts[1]) if parts[0] == "api" and len(parts) > 1 else ("page", match.namespace)
        found = _classes[match.route] = f"{kind} {room or 'web'}" if "<" not in room else "none"
    return found


def _of_operation(route: str) -> str:
    return f"api {route.split('/')[2]}"


class Requests:
    """Says and counts every answered request, those for static files left out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        began = perf_counter()
        response = self.get_response(request)
        try:
            unit = learn(request, response)
        except Error:  # the database went away after the answer was made, which stands; the next request teaches it
            unit = None
        self._note(request, response.status_code, perf_counter() - began, unit)
        return response

    def _note(self, request: Any, status: int, seconds: float, unit: int | None) -> None:
        match = request.resolver_match
        actor = getattr(request, "actor", None)
        line = Line(
            request.method if request.method in METHODS else "OTHER",
            f"/{match.route}" if match is not None else "",
            status,
            seconds,
            getattr(request, "request_id", ""),
            actor.account_id if actor is not None else None,
            unit,
        )
        note(line, class_of(match), unsaid=match is not None and match.view_name in UNSAID)


@dataclass(slots=True)
class Line:
    """What is said of an answered request. `route` is its pattern, with the slash at its beginning; "" for none."""

    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    account_id: int | None
    unit: int | None


def note(said: Line, group: str = "", *, unsaid: bool = False) -> None:
    """Count an answered request and write its line; of one that is `unsaid` only when it failed or took long. `group` is
    its class of route, by default that of an operation of the API."""
    status, seconds = said.status, said.seconds
    group = group or _of_operation(said.route)
    key = (group, said.method, status)
    counter = _counted.get(key)
    if counter is None:
        counter = _counted[key] = measures.requests.labels(group, said.method, str(status))
    counter.inc()
    timed = _timed.get(group)
    if timed is None:
        timed = _timed[group] = measures.request_seconds.labels(group)
    timed.observe(seconds)
    level = logging.INFO
    if status >= 500:
        level = logging.WARNING if status == 503 else logging.ERROR
        measures.faults.labels("busy" if status == 503 else "request").inc()
    elif seconds >= SLOW:
        level = logging.WARNING
    elif unsaid:
        return
    if log.isEnabledFor(level):
        line = {
            "event": "request",
            "method": said.method,
            "route": said.route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "request_id": said.request_id,
            "account": account_mark(said.account_id) if said.account_id is not None else None,
            "unit": said.unit,
        }
        log.handle(LineRecord(log.name, level, line))
