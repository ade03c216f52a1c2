"""What allauth asks us: words, encryption, and who may come in. Nobody signs up here."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianfang.foundation.crypto import decrypt, encrypt
from lianfang.foundation.models import Account
from lianfang.foundation.signin import note_owed

BACKEND = "django.contrib.auth.backends.ModelBackend"
SECRET_LABEL = "mfa.Authenticator.data"


def sent_back(request: Any, words: str) -> HttpResponse:
    """To the sign-in page (to one's own account when signed in), with a sentence that says why."""
    messages.error(request, words)
    return redirect("web:account" if request.user.is_authenticated else "web:sign_in")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sessions are opened by our own backend; sentences are ours."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": gettext_lazy("密码不对，请再试一次。"),
        "too_many_login_attempts": gettext_lazy("输错太多次了，请过 5 分钟再试。"),
        "rate_limited": gettext_lazy("输错太多次了，请过 5 分钟再试。"),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def login(self, request: Any, user: Account) -> None:
        login(request, user, backend=BACKEND)

    def post_login(self, request: Any, user: Account, **kwargs: Any) -> HttpResponse:
        note_owed(request, user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def reauthenticate(self, user: Account, password: str) -> bool:
        return user.check_password(password)

    def respond_user_inactive(self, request: Any, user: Account) -> HttpResponse:
        return sent_back(request, _("这个账号已停用。如有疑问请联系本校管理员。"))

    def add_message(self, request: Any, level: int, *args: Any, message: str | None = None, **kwargs: Any) -> None:
        """Only sentences handed over; allauth's own templates say nothing here."""
        if message:
            messages.add_message(request, level, message)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        if not user.is_authenticated or not user.has_usable_password():
            return []
        return [{"id": "reauthenticate", "description": _("密码"), "url": reverse("account_reauthenticate")}]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes are encrypted like other encrypted columns."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("验证码不对，或已经用过。请看验证器上新显示的数字再试一次。"),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(encrypt(text, SECRET_LABEL)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(base64.b64decode(encrypted_text), SECRET_LABEL)

    def get_totp_label(self, user: Account) -> str:
        return user.username

    def generate_authenticator_name(self, user: Account, type: Any) -> str:
        return _("通行密钥")

    def get_public_key_credential_user_entity(self, user: Account) -> dict[str, Any]:
        return {
            "id": user_pk_to_url_str(user).encode(),
            "display_name": user.display_name or user.username,
            "name": user.username,
        }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Lianfang"}


class IdentityAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The school's identity provider opens accounts that exist; it never makes one."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        """A known identity passes. An unknown one is linked by the claim that the operator chose, or by its owner."""
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        claim = sociallogin.provider.app.settings.get("claim", "")
        told = sociallogin.account.extra_data
        said = (told.get("userinfo") or {}).get(claim) or (told.get("id_token") or {}).get(claim) if claim else None
        account = Account.objects.filter(username=said, is_active=True).first() if isinstance(said, str) else None
        if account is None:
            words = _("这个身份还没有与本系统的账号关联。请先用登录名和密码登录，再在“我的账号”里关联一次。")
            raise ImmediateHttpResponse(sent_back(request, words))
        sociallogin.connect(request, account)

    def get_connect_redirect_url(self, request: Any, socialaccount: Any) -> str:
        return reverse("web:account")

    def on_authentication_error(self, request: Any, provider: Any, **kwargs: Any) -> None:
        words = _("没有从身份平台得到确认，没有登录。请再试一次，或用密码登录。")
        raise ImmediateHttpResponse(sent_back(request, words))
