"""Views of the shell: service worker, manifest, offline page and error pages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lianfang.ui.script_texts import script_texts

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHELL_ASSETS = (
    "ui/vendor/bootstrap.min.css",
    "ui/lianfang.css",
    "ui/components.css",
    "ui/print.css",
    "ui/theme.js",
    "ui/vendor/htmx.min.js",
    "ui/outbox-core.js",
    "ui/outbox.js",
    "ui/outbox-form.js",
    "ui/outbox-bar.js",
    "ui/drafts.js",
    "ui/shell.js",
    "ui/vendor/alpine-csp.min.js",
    "ui/vendor/icons.svg",
    "ui/icons/icon-32.png",
    "ui/icons/icon-180.png",
)


def _assets() -> list[str]:
    """Static names kept on the phone: the shell's and those a room adds in `UI_OFFLINE_ASSETS` (its roll page)."""
    return [*SHELL_ASSETS, *getattr(settings, "UI_OFFLINE_ASSETS", ())]


def _version(names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        found = finders.find(name)
        digest.update(static(name).encode())
        if isinstance(found, str):
            digest.update(Path(found).read_bytes())
    return digest.hexdigest()[:16]


_version_once = lru_cache(maxsize=4)(_version)


@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker for the whole site, with the list of assets of this very version."""
    names = tuple(_assets())
    version = _version(names) if settings.DEBUG else _version_once(names)
    context = {
        "setup": json.dumps(
            {
                "version": version,
                "assets": [static(name) for name in names],
                "core": static("ui/outbox-core.js"),
                "offline": reverse("ui:offline"),
                "fresh": settings.DEBUG,
            }
        )
    }
    response = render(request, "ui/sw.js", context, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, in the language of the request."""
    icons = [
        {"src": static(f"ui/icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"}
        for size in (192, 512)
    ]
    icons.append(
        {"src": static("ui/icons/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"}
    )
    return JsonResponse(
        {
            "id": "/",
            "name": _("联防 · 学校传染病联防联控"),
            "short_name": _("联防"),
            "lang": request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else "zh-hans",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f5f4ef",
            "theme_color": "#173a5e",
            "icons": icons,
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows when a page cannot be reached; the same for everybody, so it may be kept."""
    return render(request, "ui/offline.html", {"ui_account": "", "csrf_token": ""})


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One error page: what happened, what was kept, what to do."""

    code: int
    title: StrOrPromise
    what: StrOrPromise
    kept: StrOrPromise
    next: StrOrPromise


_KEPT = gettext_lazy("没有改动任何数据。已存在本机待发送的内容都还在。")
ERRORS = {
    error.code: error
    for error in (
        ErrorText(
            400,
            gettext_lazy("这个请求无法处理"),
            gettext_lazy("收到的内容不完整或格式不对。"),
            _KEPT,
            gettext_lazy("返回上一页再试一次；仍不行请告诉学校管理员。"),
        ),
        ErrorText(
            403,
            gettext_lazy("您不能打开这一页"),
            gettext_lazy("您现在的职务没有这项权限，或者页面打开得太久了。"),
            _KEPT,
            gettext_lazy("返回上一页刷新再试；需要权限请联系学校管理员。"),
        ),
        ErrorText(
            404,
            gettext_lazy("没有找到这一页"),
            gettext_lazy("地址有误，或者这一页不在您能看到的范围内。"),
            _KEPT,
            gettext_lazy("请检查地址，或从首页进入。"),
        ),
        ErrorText(
            413,
            gettext_lazy("内容太大"),
            gettext_lazy("发送的内容超过了能接收的大小。"),
            _KEPT,
            gettext_lazy("请分几次提交。"),
        ),
        ErrorText(
            429,
            gettext_lazy("现在同时使用的人太多"),
            gettext_lazy("同一所学校或同一处网络来的请求太多，请稍等，很快会轮到您。"),
            gettext_lazy("显示“已送达”的内容都已保存；没有送达的仍在本机，会自动再发。"),
            gettext_lazy("过半分钟返回上一页再提交，填的内容还在；着急的情况请直接打电话报告。"),
        ),
        ErrorText(
            500,
            gettext_lazy("系统出了问题"),
            gettext_lazy("不是您的操作有误，问题已记录。"),
            gettext_lazy("显示“已送达”的内容都已保存；没有送达的仍在本机，会自动再发。"),
            gettext_lazy("过几分钟再试；着急的情况请直接打电话报告。"),
        ),
        ErrorText(
            503,
            gettext_lazy("系统暂时忙或正在维护"),
            gettext_lazy("现在无法打开这一页，很快会恢复。"),
            gettext_lazy("显示“已送达”的内容都已保存；没有送达的仍在本机，会自动再发。"),
            gettext_lazy("过一两分钟返回上一页再提交，填的内容还在；着急的情况请直接打电话报告。"),
        ),
    )
}


def _error(request: HttpRequest, code: int) -> HttpResponse:
    return render(request, "ui/error.html", {"error": ERRORS[code], "ui_account": ""}, status=code)


def plain_error(code: int) -> HttpResponse:
    """An error page that asks nothing of session or database, which may be what failed."""
    context = {"error": ERRORS[code], "ui_texts": script_texts(), "ui_demo": getattr(settings, "DEMO", False)}
    return HttpResponse(render_to_string("ui/error.html", context), status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; also for a failed CSRF check (`CSRF_FAILURE_VIEW`) through `csrf_failure`."""
    return _error(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is too old."""
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; says the same for what does not exist and what may not be seen."""
    return _error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return plain_error(500)


def unavailable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """503 with Retry-After; for the overload and maintenance answers of `config`."""
    response = plain_error(503)
    response["Retry-After"] = "60"
    return response
