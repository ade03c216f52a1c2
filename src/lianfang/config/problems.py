"""Answers to what no view answered: a busy database says 503 and when to come back, and below /api/ every error is JSON."""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import translation

from lianfang.foundation import measures
from lianfang.ui.views import ERRORS, unavailable

CODES = {
    400: "unreadable",
    403: "forbidden",
    404: "not_found",
    405: "method",
    413: "too_large",
    429: "too_many",
    503: "busy",
}
# The database is away, or a writer waited too long for its turn.
BUSY = (OperationalError, InterfaceError, TimeoutError)
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
REFUSED = ("TRACE", "TRACK", "CONNECT")  # they would only tell what a request looked like on its way
log = logging.getLogger("lianfang.problems")


class Problems:
    """The outermost middleware. A writer that waited too long for its turn, or a database that is away, answers 503 with
    Retry-After; below /api/ what Django answers as HTML becomes a `Problem` with the request's id and no detail."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = request.method in REFUSED
        response = HttpResponseNotAllowed(["GET", "POST"]) if refused else self.get_response(request)
        if response.status_code < 400 or not request.path.startswith("/api/"):
            return response
        ours = response.headers.get("Content-Type", "").startswith("application/json") and response.status_code != 405
        return response if ours else self._problem(request, response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, BUSY) and not _no_room(error):
            return None
        count_busy(error, _id(request))
        return unavailable(request, error)

    def _problem(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        status, found = response.status_code, _id(request)
        if status >= 500:
            log.error("answered %s: %s", status, found)
        text = ERRORS.get(status) or ERRORS[500 if status >= 500 else 400]
        with translation.override(response.headers.get("Content-Language") or None):
            message = f"{text.what}{text.kept}{text.next}"
        code = CODES.get(status, "fault" if status >= 500 else "refused")
        body = {"code": code, "message": message, "errors": [], "request_id": found}
        answer = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
        for name in KEPT_HEADERS:
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        answer.headers["Cache-Control"] = "no-store"
        return answer


def count_busy(error: Exception, request_id: str) -> None:
    """Note that a request is answered with 503 because of this."""
    measures.database_errors.labels(type(error).__name__).inc()
    log.warning("busy: %s %s", type(error).__name__, request_id)


def _no_room(error: Exception) -> bool:
    """The disk took no more of an uploaded file."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _id(request: Any) -> str:
    """The request's id; one of its own where no middleware gave it any."""
    return str(getattr(request, "request_id", "") or uuid.uuid4().hex)
