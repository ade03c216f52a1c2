"""Sign-in and out, one's own password and ways to sign in."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lianfang.foundation.access import public, signed_in
from lianfang.foundation.actions import change_password
from lianfang.foundation.clock import system_now
from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Account
from lianfang.foundation.perms import SETTING_MANAGE
from lianfang.foundation.policy import policy_for, wait_after
from lianfang.foundation.signin import OVER_KEY, go_on, held_up, second_factor_asked, settles_sign_in
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
    seconds = int(wait_after(request).total_seconds())
    response = render(request, "web/locked_out.html", {"minutes": seconds // 60}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


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
    running = Session.objects.filter(expire_date__gt=system_now()).values("session_key")
    mine = UserSession.objects.filter(user_id=request.user.pk, session_key__in=running)
    sessions = list(mine.order_by("-created_at")[:20])
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
    account: Account = request.user
    policy = policy_for(account, request.now)
    form = OwnPasswordForm(request.POST or None, policy=policy)
    if request.method == "POST" and form.is_valid():
        try:
            change_password(request.actor, request.now, account, request=request, **form.cleaned_data)
        except Invalid as error:
            for problem in error.errors:
                form.add_error(problem.field, problem.message)
        else:
            messages.success(request, _("密码已更新。"))
            return redirect("web:account" if held_up(request) else go_on(request))
    over = policy.rotation_days if request.session.get(OVER_KEY) else None
    managed = request.actor.units_of(*SETTING_MANAGE.roles)
    local = bool(installing.read(settings.INSTALL_DIR))
    context = {
        "form": form,
        "account": account,
        "local_authority": local,
        "over": over,
        "managed": managed[:1],
        **_ways(request),
    }
    return render(request, "web/account.html", context, status=422 if form.errors else 200)
