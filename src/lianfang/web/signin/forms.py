"""Forms of the second step, in our words."""

from __future__ import annotations

from allauth.account.forms import ReauthenticateForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.clock import system_now
from lianfang.web.signin.codes import secret_of, spend, step_of

DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "form-control"}


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """Second step of signing in: the code of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("验证码"),
        help_text=_("验证器应用现在显示的 6 位数字，或一个没用过的恢复码。"),
        max_length=20,
        widget=forms.TextInput(attrs=DIGITS),
    )

    def clean_code(self) -> str:
        """The code, spent. Tries count for the account, wherever they come from; a right one forgets them."""
        forget = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        ways = {row.type: row for row in Authenticator.objects.filter(user_id=self.user.pk)}
        app, kept = ways.get(Authenticator.Type.TOTP), ways.get(Authenticator.Type.RECOVERY_CODES)
        # The phone shows the world's time, also to an account whose own clock stands in an exercise.
        step = None if app is None else step_of(secret_of(app), code, system_now())
        if app is not None and step is not None and spend(app, step):
            self.authenticator = app
        elif kept is not None and kept.wrap().validate_code(code):
            self.authenticator = kept
        else:
            raise get_adapter().validation_error("incorrect_code")
        forget()
        self.authenticator.user = self.user
        return code


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app; it is spent with that."""

    code = forms.CharField(label=_("验证器显示的 6 位数字"), max_length=10, widget=forms.TextInput(attrs=DIGITS))
    step: int | None = None

    def clean_code(self) -> str:
        """The code, with its step noted for the view that keeps the app."""
        validate_can_add_authenticator(self.user)
        forget = check_rate_limit(self.user, error_key="rate_limited")
        code: str = self.cleaned_data["code"]
        self.step = step_of(self.secret, code, system_now())
        if self.step is None:
            raise get_adapter().validation_error("incorrect_code")
        forget()
        return code


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey; it always verifies its user, so that it opens the account without a password."""

    name = forms.CharField(label=_("名称"), help_text=_("例如“我的手机”。"), max_length=40, required=False)
    passwordless = forms.BooleanField(initial="on", widget=forms.HiddenInput)


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The own password once more, before a way of signing in is changed."""

    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
