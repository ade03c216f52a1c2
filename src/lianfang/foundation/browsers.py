"""Middleware that only browsers need. Programs are passed by: they send a token of their own below /api/, no cookie speaks
for them (`config.api.AccountSession` refuses a session beside a token), and they neither keep messages nor run scripts.

A personal report spends about a quarter of its processor time in these (bench `reports`).
"""

from __future__ import annotations

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware


def is_program(request: HttpRequest) -> bool:
    """Whether the request comes from a program: below /api/, with a bearer token."""
    return request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer " and request.path_info.startswith("/api/")


class ForBrowsers:
    """Stands before a middleware class and passes programs by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_program(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


# The gate's scanner needs the camera; nothing here needs anything else of a phone.
FEATURES = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"


class Policy(ForBrowsers, CSPMiddleware):
    """Content-Security-Policy of pages, what they may use of the device, and that no other site embeds what they answer."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        response.headers.setdefault("Permissions-Policy", FEATURES)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return super().process_response(request, response)


class Session(ForBrowsers, SessionMiddleware):
    """The session cookie."""


class Csrf(ForBrowsers, CsrfViewMiddleware):
    """The CSRF cookie and its check."""


class Authentication(ForBrowsers, AuthenticationMiddleware):
    """The account of the session. For programs the token's is set later, and nobody is until then."""


class Messages(ForBrowsers, MessageMiddleware):
    """One-time messages on the next page."""


class Htmx(ForBrowsers, HtmxMiddleware):
    """Whether htmx asks."""
