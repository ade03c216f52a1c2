"""What the shell of a signed-in page shows: navigation, account, unread notices."""

from __future__ import annotations

from typing import Any

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from lianfang.comms.queries import unread_count
from lianfang.daily.perms import ROLL_VIEW
from lianfang.duties.perms import CHASE_VIEW
from lianfang.exchange.perms import ROSTER_IMPORT
from lianfang.foundation.actor import Actor
from lianfang.people.perms import ROSTER_VIEW
from lianfang.reporting.perms import REPORT_VIEW
from lianfang.web.perms import OVERVIEW, SEARCH


def navigation(request: Any) -> dict[str, Any]:
    """`nav_items`, account and `now` for the base template; nothing for who is not signed in.

    The entries, and with them the query for unread notices, are made when a page draws them: error pages and parts of
    pages do not."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return {}
    return {
        "nav_items": SimpleLazyObject(lambda: _entries(actor, request.path)),
        "account_label": actor.name,
        "account_url": "/account",
        "logout_url": "/logout",
        "now": request.now,
    }


def _entries(actor: Actor, path: str) -> list[dict[str, Any]]:
    entries = (
        (True, _("今天"), "/", "home", 0),
        (actor.can(ROLL_VIEW), _("点名"), "/daily/", "clipboard-check", 0),
        (True, _("健康上报"), "/daily/report/", "first-aid-kit", 0),
        (actor.can(REPORT_VIEW), _("日报"), "/reports/", "file-check", 0),
        (actor.can(CHASE_VIEW), _("催报"), "/duties/chase/", "clock-exclamation", 0),
        (actor.can(OVERVIEW), _("概览"), "/overview/", "chart-bar", 0),
        (True, _("通知"), "/notices/", "bell", unread_count(actor)),
        (actor.can(ROSTER_VIEW), _("名册"), "/people/", "users", 0),
        (actor.can(ROSTER_IMPORT), _("导入"), "/import/", "file-spreadsheet", 0),
        (actor.can(SEARCH), _("查找"), "/search", "search", 0),
    )
    items: list[dict[str, Any]] = [
        {
            "label": label,
            "url": url,
            "icon": icon,
            "active": path == url or (url != "/" and path.startswith(url)),
            "count": count,
        }
        for shown, label, url, icon, count in entries
        if shown
    ]
    longest = max((len(str(i["url"])) for i in items if i["active"]), default=0)
    for item in items:
        item["active"] = bool(item["active"]) and len(str(item["url"])) == longest
    return items
