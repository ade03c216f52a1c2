"""Views of the test site: sign-in by name, a page with forms, and a receiver that keeps what it was sent in memory."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from lianfang.ui.account import account_key
from lianfang.ui.views import bad_request, not_found, permission_denied, server_error, unavailable


class Person:
    """Who is signed in: a name from the session instead of a row of a table."""

    def __init__(self, name: str) -> None:
        self.pk = name
        self.is_authenticated = bool(name)


class WhoMiddleware:
    """Sets `request.user` from the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.user = Person(request.session.get("who", ""))  # type: ignore[assignment]
        return self.get_response(request)


@dataclass
class Receiver:
    """What was accepted, every try, and how the next tries are to be answered."""

    accepted: dict[str, Any] = field(default_factory=dict)
    tries: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, answers: list[tuple[int, Any]]) -> None:
        """Forget everything; the next tries get these answers (0: as usual, 299: accept, but lose the answer)."""
        with self.lock:
            self.accepted.clear()
            self.tries.clear()
            self.answers[:] = answers
            self.at_once = self.most_at_once = 0


receiver = Receiver()


def receive(request: HttpRequest) -> HttpResponse:
    """Accept exactly once, like the real API: the same id with another body is a conflict."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "login"}, status=401)
    body = json.loads(request.body)
    key = request.headers["Idempotency-Key"]
    with receiver.lock:
        receiver.at_once += 1
        receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
        headers = {name: request.headers.get(name) for name in ("X-Client-Now", "X-CSRFToken", "X-Lianfang-Account")}
        receiver.tries.append({"id": key, "body": body, "who": request.user.pk, **headers})
        status, answer = receiver.answers.pop(0) if receiver.answers else (0, None)
    try:
        if status == 200:  # a portal in between answers for us
            return HttpResponse("<p>welcome to this network</p>")
        if status >= 300:
            return JsonResponse(answer or {}, status=status)
        with receiver.lock:
            if receiver.accepted.setdefault(key, body) != body:
                return JsonResponse({"code": "conflict"}, status=409)
        if status == 299:
            return HttpResponse("<p>gateway</p>", status=502)
        return JsonResponse({"id": key}, status=201)
    finally:
        with receiver.lock:
            receiver.at_once -= 1


@csrf_exempt
def control(request: HttpRequest) -> JsonResponse:
    """For the tests: POST the next answers, GET what was received."""
    if request.method == "POST":
        receiver.expect([(status, answer) for status, answer in json.loads(request.body)])
    with receiver.lock:
        state = {"accepted": receiver.accepted, "tries": receiver.tries, "most_at_once": receiver.most_at_once}
        return JsonResponse(state)


def csrf(request: HttpRequest) -> JsonResponse:
    """A fresh token and who is signed in."""
    return JsonResponse({"csrf_token": get_token(request), "account": account_key(request.user)})


def enter(request: HttpRequest) -> HttpResponse:
    """Sign in as `?who=`; nobody when empty."""
    request.session["who"] = request.GET.get("who", "")
    return redirect(request.GET.get("next", "/form"))


def login(request: HttpRequest) -> HttpResponse:
    """A sign-in page to look at."""
    return render(request, "site/login.html")


def form(request: HttpRequest) -> HttpResponse:
    """Forms for outbox and drafts; only when signed in."""
    if not request.user.is_authenticated:
        return redirect(f"/login?next={request.path}")
    if request.method == "POST":
        messages.success(request, "ok")
        return redirect("/plain")
    sites = [{"value": "ear", "label": "ear"}, {"value": "armpit", "label": "armpit"}]
    options = [{"value": "fever", "label": "fever"}, {"value": "cough", "label": "cough"}]
    return render(request, "site/form.html", {"sites": sites, "options": options, "logout_url": "/logout"})


def plain(request: HttpRequest) -> HttpResponse:
    """A signed-in page that may not be kept for offline use."""
    return render(request, "site/plain.html", {"logout_url": "/logout"})


def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return redirect("/login")


def error(request: HttpRequest, code: int) -> HttpResponse:
    """An error page as the project's handlers show it."""
    handlers = {400: bad_request, 403: permission_denied, 404: not_found, 500: server_error, 503: unavailable}
    return handlers[code](request)
