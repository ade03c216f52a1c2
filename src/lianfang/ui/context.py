"""What every page of the shell needs to know about the installation and the signed-in account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from lianfang.foundation.realm import REAL, current_realm
from lianfang.ui.account import account_key
from lianfang.ui.script_texts import script_texts


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the base templates: account key for outbox and drafts, texts for scripts, marks of demo and exercise,
    languages.
    """
    return {
        "ui_account": account_key(getattr(request, "user", None)),
        "ui_texts": script_texts(),
        "ui_demo": bool(getattr(settings, "DEMO", False)),
        "ui_exercise": current_realm() != REAL,
        "ui_login_url": resolve_url(settings.LOGIN_URL),
        "ui_languages": getattr(settings, "LANGUAGES", ()),
    }
