"""Routes for the operator's own machines: figures, never people. Open to this machine, or to who has the operator's token.

This machine means: called from the loopback address, under a loopback name, with nothing that a proxy adds, while no proxy
is configured. Behind a proxy everybody calls from the loopback address, so there only the token opens.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpResponse

V = TypeVar("V")
LOOPBACK = ("127.0.0.1", "::1")
NAMES = ("localhost", "127.0.0.1", "[::1]")
PROXIED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP", "HTTP_VIA")


def for_operator(view: V) -> V:
    """Declare a route that only the operator's machines may ask."""
    view.access = "operator"  # type: ignore[attr-defined]
    return view


def opens(environ: Mapping[str, Any], token: str, proxied: bool) -> bool:
    """Whether a request comes from the operator. `token` is theirs ("" for none made); `proxied` when a reverse proxy or
    https in front of us is configured."""
    given = str(environ.get("HTTP_AUTHORIZATION", ""))
    if given:
        return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if proxied or environ.get("REMOTE_ADDR") not in LOOPBACK or any(environ.get(name) for name in PROXIED):
        return False
    host = str(environ.get("HTTP_HOST", ""))
    return (host if host.endswith("]") else host.rpartition(":")[0] or host) in NAMES


def is_operator(request: Any) -> bool:
    """`opens` with this installation's settings. https promised but not spoken here means that a proxy speaks it."""
    proxied = bool(settings.CSRF_TRUSTED_ORIGINS) or (settings.SECURE_COOKIES and not request.is_secure())
    return opens(request.META, settings.OPERATOR_TOKEN, proxied)


def refuse_operator() -> HttpResponse:
    """401: what a scraper lacks. It is read by an operator, not by a user."""
    words = "open to this machine, or with the operator's token: Authorization: Bearer ...\n"
    return HttpResponse(words, status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
