"""Joining by invitation: the newcomer's two pages. The code travels in a form, never in an address that is logged."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lianfang.foundation.access import public
from lianfang.foundation.errors import Conflict, Invalid
from lianfang.foundation.policy import policy_for
from lianfang.foundation.signin import held_up
from lianfang.people import actions, queries
from lianfang.people.forms import carried_out
from lianfang.people.forms.joining import AcceptForm, CodeForm
from lianfang.people.models import Invitation

KEY = "people.invitation"


@public
@never_cache
@sensitive_post_parameters("code")
def join(request: Any) -> HttpResponse:
    """The code: typed, or put in by the page's script from behind the # of a scanned address."""
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        source = request.META.get("REMOTE_ADDR", "")
        code = form.cleaned_data["code"]
        try:
            row = carried_out(form, lambda: actions.find_invitation(request.now, code=code, source=source))
        except actions.TooManyCodes as refused:
            form.add_error("code", str(refused))
            status = 429
        else:
            if row is not None:
                request.session[KEY] = row.pk
                return redirect("joining:accept")
    status = 422 if form.errors and status == 200 else status
    return render(request, "people/joining/join.html", {"form": form}, status=status)


@public
@never_cache
@sensitive_post_parameters("password")
def accept(request: Any) -> HttpResponse:
    """Who am I, whose guardian or which colleague; a new account, or the one that is signed in."""
    row = Invitation.objects.select_related("unit", "child").filter(pk=request.session.get(KEY, 0)).first()
    if row is None:
        return redirect("joining:join")
    if held_up(request):
        return redirect("web:account")
    staff = row.kind == Invitation.Kind.STAFF
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        staff=staff,
        signed_in=request.actor is not None,
        policy=policy_for(None, request.now, row.unit),
    )
    if request.method == "POST" and form.is_valid():
        joined = _carried_out(request, row, form, staff)
        if joined is not None:
            request.session.pop(KEY, None)
            done = "joining:done"
            if joined.is_new:
                response: HttpResponse = perform_login(request, joined.account, redirect_url="/join/done/")
                return response
            return redirect(done)
    context = {"form": form, "row": row, "staff": staff, "where": queries.where(row)}
    return render(request, "people/joining/accept.html", context, status=422 if form.errors else 200)


def _carried_out(request: Any, row: Invitation, form: AcceptForm, staff: bool) -> actions.Joined | None:
    given = form.cleaned_data
    sign_in = None
    if request.actor is None:
        sign_in = actions.NewSignIn(given["username"], given["password"])
    common = {"invitation": row, "name": given.get("name", ""), "sign_in": sign_in}
    try:
        if staff:
            joined = actions.accept_as_staff(request.actor, request.now, **common)
        else:
            joined = actions.accept_as_guardian(
                request.actor, request.now, child_name=given["child"], relation=given["relation"], **common
            )
    except Invalid as refused:
        for error in refused.errors:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    except Conflict as refused:
        form.add_error(None, refused.message)
        return None
    return joined


@public
@never_cache
def done(request: Any) -> HttpResponse:
    """What happens next."""
    if request.actor is None:
        return redirect("web:sign_in")
    waiting = [claim for claim in queries.own_claims(request.actor) if claim.decided_at is None]
    return render(request, "people/joining/done.html", {"waiting": waiting, "title": _("已经收到")})
