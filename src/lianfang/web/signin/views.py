"""Pages of the ways to sign in: allauth's own, declared and drawn as ours."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, one, public, signed_in
from lianfang.foundation.actions import end_sessions
from lianfang.foundation.perms import OWN_ACCOUNT as OWN_ACCOUNT_PERM
from lianfang.foundation.signin import settles_sign_in
from lianfang.web.signin.codes import spend
from lianfang.web.signin.forms import PasswordAgainForm

OWN_ACCOUNT = reverse_lazy("web:account")


class Activate(ActivateTOTPView):  # type: ignore[misc]
    template_name = "web/signin/authenticator.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that made the app known does not open the account as well."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            spend(Authenticator.objects.get(user_id=self.request.user.pk, type=Authenticator.Type.TOTP), form.step)
        return response


class Deactivate(DeactivateTOTPView):  # type: ignore[misc]
    template_name = "web/signin/authenticator_remove.html"
    success_url = OWN_ACCOUNT

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists():
            return redirect("web:account")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class Codes(ViewRecoveryCodesView):  # type: ignore[misc]
    template_name = "web/signin/recovery_codes.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.RECOVERY_CODES).exists():
            return redirect("web:account")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    template_name = "web/signin/recovery_codes_new.html"


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    template_name = "web/signin/passkey.html"


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    template_name = "web/signin/passkey_remove.html"
    success_url = OWN_ACCOUNT


class Again(ReauthenticateView):  # type: ignore[misc]
    template_name = "web/signin/again.html"
    form_class = PasswordAgainForm


class SecondStep(AuthenticateView):  # type: ignore[misc]
    template_name = "web/signin/second_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        mine = Authenticator.objects.filter(user_id=self.stage.login.user.pk)
        types = set(mine.values_list("type", flat=True))
        return {**found, "by_code": "totp" in types, "by_passkey": "webauthn" in types}


def _own(view: Any) -> Any:
    """A page about one's own ways to sign in: never kept by a browser, open to who is held up."""
    return settles_sign_in(signed_in(never_cache(view)))


second_step = public(SecondStep.as_view())
by_passkey = public(LoginWebAuthnView.as_view())
by_identity = public(openid.login)
from_identity = public(openid.callback)
again = _own(Again.as_view())
activate = _own(Activate.as_view())
deactivate = _own(Deactivate.as_view())
codes = _own(Codes.as_view())
new_codes = _own(NewCodes.as_view())
add_passkey = _own(AddPasskey.as_view())


@access(OWN_ACCOUNT_PERM)
@never_cache
def remove_passkey(request: Any, pk: int) -> HttpResponse:
    """One of one's own passkeys no longer opens the account."""
    one(Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN), pk=pk)
    response: HttpResponse = RemovePasskey.as_view()(request, pk=pk)
    return response


@signed_in
@require_POST
def sign_out_elsewhere(request: Any) -> HttpResponse:
    """End every other session of one's own, or the one that is named."""
    only = request.POST.get("session", "")
    ended = end_sessions(
        request.actor,
        request.now,
        request.user,
        keep=request.session.session_key or "",
        only=int(only) if only.isdecimal() and len(only) < 19 else None,
    )
    messages.success(request, _("已退出 %(n)d 处登录。") % {"n": ended})
    return redirect("web:account")


@access(OWN_ACCOUNT_PERM)
@require_POST
def unlink_identity(request: Any, identity_id: int) -> HttpResponse:
    """One's own identity at the school's provider no longer opens the account."""
    row = one(SocialAccount.objects.filter(user_id=request.user.pk), pk=identity_id)
    row.delete()
    from lianfang.web.signin.noting import identity_removed

    identity_removed(request)
    messages.success(request, _("已取消关联。"))
    return redirect("web:account")
