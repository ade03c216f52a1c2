"""The JSON API under /api/: the routers of the rooms, sign-in of requests, and one shape for every error.

An operation declares its access like a page (`foundation.access`); one that does not is refused when the API is built.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.responses import NinjaJSONEncoder
from ninja.security import HttpBearer, SessionAuth

from lianfang.config.shortway import Operation as ShortOperation
from lianfang.foundation.access import public
from lianfang.foundation.actor import load_actor
from lianfang.foundation.clock import now_in
from lianfang.foundation.errors import ActionError, Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.permissions import Permission
from lianfang.foundation.realm import REAL, enter_realm
from lianfang.foundation.signin import held_up
from lianfang.foundation.tokens import account_of_token
from lianfang.ui.account import account_key

# In the order in which addresses are compared: what the morning asks most comes first.
ROOMS = ("daily", "foundation", "people", "comms", "duties", "reporting", "exchange", "web")
POLICY = "default-src 'none'; frame-ancestors 'none'"


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …`; sets the actor, the instant and the realm like the session does."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        account = account_of_token(token, request.now)  # type: ignore[attr-defined]
        if account is None:
            return None
        enter_realm(account.home_realm_id or REAL)
        request.now = now_in(account.home_realm_id or REAL)  # type: ignore[attr-defined]
        request.actor = load_actor(account, request.now, request.request_id)  # type: ignore[attr-defined]
        request.user = account
        return account


class AccountSession(SessionAuth):
    """The session cookie, with CSRF check. Nobody signed in, or a token that does not hold: 401, not a CSRF error."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.headers.get("Authorization") or getattr(request, "actor", None) is None:
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if getattr(request, "actor", None) is not None else None


class Csrf(Schema):
    """A fresh token for the outbox, and the key of the account that is signed in ("" for none)."""

    csrf_token: str
    account: str


class Json(BaseRenderer):
    """orjson; what it does not know is written as the framework would."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=NinjaJSONEncoder().default, option=orjson.OPT_NON_STR_KEYS)


class Body(Parser):
    """JSON whose texts can be stored and sent on: half of a surrogate pair, which JSON can escape, is not text."""

    def parse_body(self, request: HttpRequest) -> Any:
        found = super().parse_body(request)
        if b"\\ud" in request.body.lower():
            json.dumps(found, ensure_ascii=False).encode()  # UnicodeEncodeError: the framework answers 400
        return found


class Api(NinjaAPI):
    """Answers are data and never a page: nothing in them may be loaded or framed, and no browser keeps them."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        return _as_data(super().create_temporal_response(request))

    def create_response(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return _as_data(super().create_response(*args, **kwargs))


def _as_data(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers.setdefault("Cache-Control", "no-store")
    return response


api = Api(
    renderer=Json(),
    parser=Body(),
    title="Lianfang",
    version="1",
    auth=[TokenAuth(), AccountSession()],
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
root = Router()


@root.get("/csrf", response=Csrf, auth=None)
@public
def csrf(request: HttpRequest) -> dict[str, str]:
    """A CSRF token for the session, for pages that were opened long ago."""
    return {"csrf_token": get_token(request), "account": account_key(request.user)}


def _answer(
    request: HttpRequest, status: int, code: str, message: str, errors: list[dict[str, str]] | None = None
) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": message, "errors": errors or []}, status=status)


@api.exception_handler(ActionError)
def on_action_error(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, Invalid):
        fields = [{"field": e.field, "code": e.code, "message": str(e.message)} for e in error.errors]
        return _answer(request, 422, "invalid", _("有内容需要改正，已填的内容没有丢失。"), fields)
    if isinstance(error, Conflict):
        return _answer(request, 409, "conflict", error.message)
    if isinstance(error, NotFound):
        return _answer(request, 404, "not_found", _("没有找到，或不在您的范围内。"))
    if isinstance(error, Forbidden):
        return _answer(request, 403, "forbidden", _("您的岗位没有这项权限。"))
    return _answer(request, getattr(error, "status", 400), "refused", str(error))


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {
            "field": ".".join(str(p) for p in e["loc"][1:]) or str(e["loc"][-1]),
            "code": str(e["type"]),
            "message": str(e["msg"]),
        }
        for e in error.errors
    ]
    return _answer(request, 422, "invalid", _("有内容需要改正，已填的内容没有丢失。"), fields)


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: Exception) -> HttpResponse:
    return _answer(request, 401, "login", _("请先登录。"))


@api.exception_handler(SuspiciousOperation)
def on_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, RequestDataTooBig):
        return _answer(request, 413, "too_large", _("内容太大，没有保存。请分几次提交。"))
    return _answer(request, 400, "unreadable", _("看不懂提交的内容，没有保存。"))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, "refused", error.message)


def _guard(operation: Operation, path: str) -> None:
    """Check the declared access after the request is authenticated and before its input is read."""
    declared = getattr(operation.view_func, "access", None)
    if declared is None:
        raise ImproperlyConfigured(f"API operation {operation.methods} {path} declares no access")
    checks = operation._run_checks

    def run_checks(request: HttpRequest) -> HttpResponse | None:
        refused = checks(request)
        settles = getattr(operation.view_func, "settles_sign_in", False)
        if refused is None and declared != "public" and not settles and held_up(request):
            return _answer(request, 403, "sign_in", _("请先在网页上更换一次性密码，或设置第二种登录方式。"))
        if refused is None and isinstance(declared, Permission) and not request.actor.can(declared):  # type: ignore[attr-defined]
            return api.on_exception(request, Forbidden(declared.name))
        return refused

    operation._run_checks = run_checks  # type: ignore[method-assign]


def _assemble() -> None:
    api.add_router("", root)
    for room in ROOMS:
        try:
            module = importlib.import_module(f"lianfang.{room}.api")
        except ModuleNotFoundError as missing:
            if missing.name != f"lianfang.{room}.api":
                raise
            continue
        api.add_router(f"/{room}", module.router)
    for router in api._get_bound_routers():  # the API serves copies of the rooms' operations: these are guarded
        for path, view in router.path_operations.items():
            for operation in view.operations:
                _guard(operation, path)


_assemble()


@public
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address below /api/ that is none: the same answer as for a thing that does not exist."""
    return _answer(request, 404, "not_found", _("没有找到，或不在您的范围内。"))


def short_operations() -> dict[str, ShortOperation]:
    """Operations that declare a short way, by their address; each with the permission that its route declares."""
    found = {}
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                short = getattr(operation.view_func, "short", None)
                if short is None:
                    continue
                declared = operation.view_func.access  # type: ignore[attr-defined]
                address = f"/api{router.prefix}{path}"
                if operation.methods != ["POST"] or not isinstance(declared, Permission) or "{" in address:
                    raise ImproperlyConfigured(f"{operation.methods} {address} cannot come the short way")
                found[address] = ShortOperation(address, declared, short)
    return found


def routes() -> Any:
    """What `config/urls.py` mounts. The operations guard themselves, so the middleware lets their views pass."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback.access = "api"  # type: ignore[union-attr]
    return patterns, app_name, namespace
