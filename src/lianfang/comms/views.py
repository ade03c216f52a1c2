"""Pages of notices: the inbox, opening one, marking as read."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lianfang.comms import actions, perms, queries
from lianfang.foundation.access import access

PAGE = 20


def _inbox(request: Any) -> dict[str, Any]:
    unread_only = request.GET.get("show") == "unread"
    page = Paginator(queries.inbox(request.actor, unread_only=unread_only), PAGE).get_page(request.GET.get("page"))
    unread = queries.unread_count(request.actor)
    home = reverse("comms:inbox")
    return {
        "page": page,
        "items": queries.items(page.object_list, get_language() or ""),
        "unread": unread,
        "unread_only": unread_only,
        "tabs": [
            {"label": _("全部"), "url": home, "active": not unread_only},
            {"label": _("未读"), "url": f"{home}?show=unread", "active": unread_only, "count": unread},
        ],
        "now": request.now,
    }


@require_GET
@access(perms.OWN_NOTICES)
def inbox(request: HttpRequest) -> HttpResponse:
    """One's own notices, newest first."""
    return render(request, "comms/inbox.html", _inbox(request))


@require_GET
@access(perms.OWN_NOTICES)
def open_notice(request: Any, notice_id: int) -> HttpResponse:
    """Where an e-mail leads: the notice is read, and what it is about is shown."""
    notice = queries.notice_for(request.actor, notice_id)
    actions.mark_read(request.actor, request.now, notice_ids=[notice_id])
    return redirect(notice.link or f"{reverse('comms:inbox')}#notice-{notice_id}")


@require_POST
@access(perms.OWN_NOTICES)
def read_one(request: Any, notice_id: int) -> HttpResponse:
    """Mark one notice as read."""
    queries.notice_for(request.actor, notice_id)
    actions.mark_read(request.actor, request.now, notice_ids=[notice_id])
    return _after(request)


@require_POST
@access(perms.OWN_NOTICES)
def read_all(request: Any) -> HttpResponse:
    """Mark everything as read."""
    actions.mark_read(request.actor, request.now)
    return _after(request)


def _after(request: Any) -> HttpResponse:
    if getattr(request, "htmx", False):
        return render(request, "comms/inbox.html#inbox", _inbox(request))
    return redirect("comms:inbox")
