"""Sign-in and out, one's own password."""

from __future__ import annotations

from typing import Any

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
from lianfang.web.forms import OwnPasswordForm, SignInForm

sign_in = public(
    LoginView.as_view(
        template_name="web/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
    )
)
sign_out = public(LogoutView.as_view(next_page="/login"))


def locked_out(request: HttpRequest, credentials: Any = None, *args: object, **kwargs: object) -> HttpResponse:
    """After too many wrong passwords: wait, in words."""
    return render(request, "web/locked_out.html", status=429)


@signed_in
def own_account(request: Any) -> HttpResponse:
    """Who am I here, and a new password."""
    form = OwnPasswordForm(request.POST or None)
    account: Account = request.user
    if request.method == "POST" and form.is_valid():
        if not account.check_password(form.cleaned_data["current"]):
            form.add_error("current", _("现在的密码不对。"))
        else:
            try:
                set_password(request.actor, request.now, account, form.cleaned_data["password"])
            except Invalid as error:
                for problem in error.errors:
                    form.add_error("password", problem.message)
            else:
                update_session_auth_hash(request, account)
                messages.success(request, _("密码已更新。"))
                return redirect("/")
    return render(request, "web/account.html", {"form": form, "account": account}, status=422 if form.errors else 200)
