"""The short way: one submission of a program, past Django's handler and the API framework (ADR 0018).

A city's pupils answer within ninety minutes; of a report's processor time more than half went into what browsers and pages
need. A request comes this way when all of this holds, else it takes the ordinary way from its beginning:

- POST to an operation that declares it (`foundation.shortway`), JSON, a bearer token, no cookie, no query;
- the source is known here, and the ordinary way has answered this operation under this name before: its headers are given
  again, so that they are the same because they are the same, and a name that Django refuses is never answered here;
- the body is one submission that reads without a fault and has its own id;
- the batch that stores it finds the token good, the account not held up, the permission reaching something, and stores it.

What is refused for any other reason left nothing behind and is asked again the ordinary way, which has the words for it.
A database that is away answers 503 at once: asking again would double the load when it can least be borne.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

import orjson

from lianfang.config.problems import BUSY, count_busy
from lianfang.config.requests import Line, note
from lianfang.foundation.clock import system_now
from lianfang.foundation.permissions import Permission
from lianfang.foundation.shortway import Body, Short
from lianfang.foundation.tokens import Presented
from lianfang.kernel.clock import instant_from

Environ = dict[str, Any]
Start = Callable[..., Any]
Busy = Callable[[Environ, Start, int], list[bytes]]
MOST_NAMES = 64


class Operation:
    """An operation of the API: its path, the permission of its route, and how a submission is read and taken."""

    def __init__(self, route: str, permission: Permission, short: Short) -> None:
        self.route, self.permission, self.short = route, permission, short
        self.headers: dict[tuple[str, str], list[tuple[str, str]]] = {}  # by scheme and host

    def learn(self, name: tuple[str, str], headers: Iterable[tuple[str, str]]) -> None:
        """Keep what the ordinary way said; not what it says to one reader alone."""
        kept = [(field, value) for field, value in headers if field.lower() != "content-length"]
        if len(self.headers) < MOST_NAMES and not any(field.lower() == "set-cookie" for field, _ in kept):
            self.headers[name] = kept


class ShortWay:
    """`operations` by path ("/api/daily/reports")."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    def may_take(self, environ: Environ, source: str) -> bool:
        """Whether the request looks like one for this way; `source` as the door knows it."""
        return environ["PATH_INFO"] in self._operations and source.startswith("unit:") and _plain(environ)

    def knows(self, environ: Environ) -> bool:
        """Whether the ordinary way has answered the operation under this name before, of a request that it `may_take`."""
        return _name(environ) in self._operations[environ["PATH_INFO"]].headers

    def answer(self, environ: Environ, start: Start, source: str, busy: Busy) -> list[bytes] | None:
        """Take the submission of a request that it `may_take` and answer, or None: the ordinary way."""
        operation = self._operations[environ["PATH_INFO"]]
        headers = operation.headers.get(_name(environ))
        body = _body(operation, environ["wsgi.input"]) if headers is not None else None
        if headers is None or body is None or body.client_id is None:
            return None
        began = perf_counter()
        presented = self._presented(operation, environ, body, body.client_id)
        try:
            taken = operation.short.submit(presented)
        except BUSY as error:
            count_busy(error, presented.request_id)
            self._note(operation, source, presented, 503, began)
            return busy(environ, start, 503)
        except Exception:  # refused, or a fault: the ordinary way says which
            return None
        said = orjson.dumps(taken.as_json())
        start("200 OK", [*headers, ("Content-Length", str(len(said)))])
        self._note(operation, source, presented, 200, began)
        return [said]

    def watch(self, environ: Environ, start: Start) -> Start:
        """The ordinary way's `start`, listened to while it answers a submission that could have come the short way."""
        operation = self._operations.get(environ.get("PATH_INFO", ""))
        if operation is None or not _plain(environ) or _name(environ) in operation.headers:
            return start

        def listening(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if status.startswith("200 "):
                operation.learn(_name(environ), headers)
            return start(status, headers, *more)

        return listening

    @staticmethod
    def _presented(operation: Operation, environ: Environ, body: Body, client_id: uuid.UUID) -> Presented[Any]:
        client_now = instant_from(environ.get("HTTP_X_CLIENT_NOW", ""))
        return Presented(
            secret=environ["HTTP_AUTHORIZATION"][7:],
            now=system_now(),
            request_id=uuid.uuid4().hex,
            permission=operation.permission,
            item=lambda actor: body.item(actor, client_id, client_now),
        )

    @staticmethod
    def _note(operation: Operation, source: str, presented: Presented[Any], status: int, began: float) -> None:
        account = presented.actor.account_id if presented.actor is not None else None
        unit = int(source.removeprefix("unit:"))
        note(Line("POST", operation.route, status, perf_counter() - began, presented.request_id, account, unit))


def _plain(environ: Environ) -> bool:
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        and environ.get("CONTENT_TYPE") == "application/json"
        and not environ.get("QUERY_STRING")
        and "HTTP_COOKIE" not in environ
    )


def _name(environ: Environ) -> tuple[str, str]:
    return environ.get("wsgi.url_scheme", ""), environ.get("HTTP_HOST", "")


def _body(operation: Operation, source: Any) -> Body | None:
    """The submission, read as the API reads it; None when anything about it is not plain."""
    if not isinstance(source, io.BytesIO):  # large, or of no stated length
        return None
    content = source.getvalue()
    if b"\\u" in content:  # half of a surrogate pair would be no text: the API's parser looks closely
        return None
    try:
        said = json.loads(content)
        return operation.short.read(said) if isinstance(said, dict) else None
    except (ValueError, RecursionError):
        return None
