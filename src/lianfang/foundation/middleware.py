"""Who, when, which realm and which language: settled once per request, before any view."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import get_resolver
from django.utils import translation

from lianfang.foundation.actor import load_actor
from lianfang.foundation.clock import now_in, system_now
from lianfang.foundation.errors import ActionError, Forbidden, NotFound
from lianfang.foundation.operator import is_operator, refuse_operator
from lianfang.foundation.permissions import Permission
from lianfang.foundation.realm import REAL, in_realm
from lianfang.foundation.signin import GO_ON_KEY, held_up

Answer = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """The language that the reader chose (cookie), Chinese otherwise; browsers' lists are not asked."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


class ActorMiddleware:
    """Sets `request.actor` (None when nobody is signed in), `request.now` and the realm; refuses undeclared routes."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.request_id = uuid.uuid4().hex
        if not hasattr(request, "user"):
            request.user = AnonymousUser()  # a program: its token is looked at by the API
        account = request.user if request.user.is_authenticated else None
        if account is None:
            request.actor, request.now = None, system_now()
            with in_realm(REAL):
                return self._answered(request)
        request.now = now_in(account.home_realm_id)
        with in_realm(account.home_realm_id):
            request.actor = load_actor(account, request.now, request.request_id)
            return self._answered(request)

    def _answered(self, request: Any) -> HttpResponse:
        """What somebody signed in was answered (a token's account is known only now) stays in no cache on the way and
        in no browser's own: the next person at a shared computer must not find it with the back button."""
        response = self.get_response(request)
        if request.actor is not None:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Pages need a declaration (`access`, `public`, `signed_in`); the API declares per operation (`config/api.py`)."""
        declared = getattr(view, "access", None)
        if declared is None:
            raise RuntimeError(f"{view.__module__}.{view.__name__} declares no access")
        if declared in ("public", "api"):
            return None
        if declared == "operator":
            return None if is_operator(request) else refuse_operator()
        if request.actor is None:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if not getattr(view, "settles_sign_in", False) and held_up(request):
            if request.method == "GET" and not request.htmx:  # the first: later ones may be pages kept for offline use
                request.session.setdefault(GO_ON_KEY, request.get_full_path())
            return redirect(settings.OWN_ACCOUNT_URL)
        if isinstance(declared, Permission) and not request.actor.can(declared):
            raise PermissionDenied(declared.name)
        return None

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        if not isinstance(error, ActionError):
            return None
        status = error.status if isinstance(error, NotFound | Forbidden) else 400
        handler: Any = get_resolver().resolve_error_handler(status)
        response: HttpResponse = handler(request, exception=error)
        response.status_code = error.status
        return response
