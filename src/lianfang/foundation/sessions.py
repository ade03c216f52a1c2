"""How long a browser stays signed in: as its account's policy says, without being used and at most.

The two limits stand in the session, so that a request costs no look-up; they are looked up again every hour. "Last used"
is written at most twelve times within the idle time (a write per page would make every look a commit), so a session may
end up to a twelfth of that time early, never late. Times are the installation's, not an exercise's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from lianfang.foundation.browsers import is_program
from lianfang.foundation.clock import now_in, system_now
from lianfang.foundation.models import Account
from lianfang.foundation.policy import policy_for
from lianfang.foundation.realm import REAL
from lianfang.foundation.signin import OVER_KEY

KEY = "limits"
LOOKED_UP_EVERY = 3600


class SessionLimits:
    """Signs a browser out whose time is over; the page then asks for a sign-in and leads back to where it was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if not is_program(request) and request.user.is_authenticated and over(request, system_now()):
            end(request)
            if not request.path_info.startswith("/api/"):
                messages.info(request, _("登录时间到了，为了安全已退出。登录后回到刚才的页面。"))
        return self.get_response(request)


def over(request: Any, now: datetime) -> bool:
    """Whether the session is past one of its limits; if not, it counts as used at `now`."""
    at = int(now.timestamp())
    kept = request.session.get(KEY)
    if kept is None:
        request.session[KEY] = _fresh(request.user, now, begun=at)
        return False
    if at - kept["begun"] >= kept["longest"] or at - kept["seen"] >= kept["idle"]:
        return True
    if at - kept["looked"] >= LOOKED_UP_EVERY:
        request.session[KEY] = _fresh(request.user, now, begun=kept["begun"])
    elif at - kept["seen"] >= kept["idle"] // 12:
        request.session[KEY] = {**kept, "seen": at}
    return False


def _fresh(account: Account, now: datetime, begun: int) -> dict[str, int]:
    policy, at = policy_for(account, now_in(account.home_realm_id or REAL)), int(now.timestamp())
    idle, longest = int(policy.idle.total_seconds()), int(policy.longest.total_seconds())
    return {"begun": begun, "seen": at, "looked": at, "idle": idle, "longest": longest}


def begin(sender: Any, request: Any, user: Account, **kwargs: Any) -> None:
    """Somebody signed in: the time of this browser begins now (signal of django.contrib.auth)."""
    if request is not None and hasattr(request, "session"):
        now = system_now()
        request.session[KEY] = _fresh(user, now, begun=int(now.timestamp()))


def end(request: Any) -> None:
    """Sign this browser out, with its row in the list of sessions."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)


def end_all() -> None:
    """Everybody is signed out, everywhere."""
    Session.objects.all().delete()
    UserSession.objects.all().delete()


def keep(request: Any, account: Account) -> None:
    """Stay signed in here after a new password (elsewhere it ends); the session's entry follows its new key."""
    before = request.session.session_key
    update_session_auth_hash(request, account)
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key or before)
    request.session.pop(OVER_KEY, None)
