"""Guards the owner of kept entries: what one account wrote is never received in the name of another."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from lianfang.ui.account import account_key

HEADER = "X-Lianfang-Account"


class OutboxAccountMiddleware:
    """Answers 401 when the account that wrote an entry is not the one of the session. Stands after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        claimed = request.headers.get(HEADER)
        if claimed and claimed != account_key(getattr(request, "user", None)):
            return self._refuse()
        return self.get_response(request)

    @staticmethod
    def _refuse() -> HttpResponse:
        detail = _("登录已过期或已换了账号。内容保存在本机，请用原来的账号登录。")
        return JsonResponse({"code": "other_account", "detail": detail}, status=401)
