"""The Today page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lianfang.foundation.access import public
from lianfang.foundation.signin import held_up
from lianfang.web import perms
from lianfang.web.today import today as make_today
from lianfang.web.views.welcome import is_first_visit


@public
def today(request: Any) -> HttpResponse:
    """What I owe now, what is late below me, what changed. Nobody signed in: sign-in, or the first visit."""
    if request.actor is None:
        return redirect("/welcome" if not settings.DEMO and is_first_visit() else "/login")
    if held_up(request):
        return redirect(settings.OWN_ACCOUNT_URL)
    page = make_today(request.actor, request.now)
    return render(request, "web/today.html", {"page": page, "overview": request.actor.can(perms.OVERVIEW)})
