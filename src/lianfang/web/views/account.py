"""Sign-in and out, one's own password and ways to sign in."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lianfang.foundation.access import public, signed_in
from lianfang.foundation.actions import set_password
from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Account
from lianfang.foundation.signin import held_up, second_factor_asked, settles_sign_in
from lianfang.web import installing
from lianfang.web.forms import OwnPasswordForm, SignInForm

ADVISED = frozenset({"system_admin", "principal", "county_officer", "cdc_officer"})


class SignIn(LoginView):
    """Name and password; where a second factor is set up, its step follows before anybody is signed in."""

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "provider": settings.IDENTITY_PROVIDER}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return response


sign_in = public(SignIn.as_view())
sign_out = public(LogoutView.as_view(next_page="/login"))


def locked_out(request: HttpRequest, credentials: Any = None, *args: object, **kwargs: object) -> HttpResponse:
    """After too many wrong passwords: wait, in words."""
    return render(request, "web/locked_out.html", status=429)


# What a browser says of itself, in the order in which it is looked for: most name several.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """Browser and system as a person calls them; what the browser said itself where neither is known."""
    found = [next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or user_agent[:60] or "—"


def _ways(request: Any) -> dict[str, Any]:
    """What the page says about the ways to sign in and the open sessions."""
    rows = list(Authenticator.objects.filter(user_id=request.user.pk).order_by("pk"))
    key = request.session.session_key
    sessions = list(UserSession.objects.filter(user_id=request.user.pk).order_by("-created_at")[:20])
    asked = second_factor_asked(request.user, request.now)
    strong = any(row.type != Authenticator.Type.RECOVERY_CODES for row in rows)
    return {
        "app": next((row for row in rows if row.type == Authenticator.Type.TOTP), None),
        "codes": next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None),
        "passkeys": [row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "provider": settings.IDENTITY_PROVIDER,
        "identities": list(SocialAccount.objects.filter(user_id=request.user.pk).order_by("pk")),
        "sessions": [(row, device(row.user_agent), row.session_key == key) for row in sessions],
        "factor_owed": asked and not strong,
        "factor_advised": not asked and not strong and bool(request.actor.roles & ADVISED),
    }


@settles_sign_in
@signed_in
def own_account(request: Any) -> HttpResponse:
    """Who am I here, a new password, my ways to sign in and where I am signed in."""
    form = OwnPasswordForm(request.POST or None)
    account: Account = request.user
    if request.method == "POST" and form.is_valid():
        if not account.check_password(form.cleaned_data["current"]):
            form.add_error("current", _("现在的密码不对。"))
        elif form.cleaned_data["current"] == form.cleaned_data["password"]:
            form.add_error("password", _("新密码和现在的一样，请换一个。"))
        else:
            try:
                set_password(request.actor, request.now, account, form.cleaned_data["password"])
            except Invalid as error:
                for problem in error.errors:
                    form.add_error("password", problem.message)
            else:
                _keep_session(request, account)
                messages.success(request, _("密码已更新。"))
                return redirect("web:account" if held_up(request) else "/")
    local = bool(installing.read(settings.INSTALL_DIR))
    context = {"form": form, "account": account, "local_authority": local, **_ways(request)}
    return render(request, "web/account.html", context, status=422 if form.errors else 200)


def _keep_session(request: Any, account: Account) -> None:
    """Stay signed in here after a new password (elsewhere it ends); the session's entry follows its new key."""
    before = request.session.session_key
    update_session_auth_hash(request, account)
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key or before)
