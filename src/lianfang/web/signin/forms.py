"""Forms of the second step, in our words."""

from __future__ import annotations

from allauth.account.forms import ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "form-control"}


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """Second step of signing in: the code of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("验证码"),
        help_text=_("验证器应用现在显示的 6 位数字，或一个没用过的恢复码。"),
        max_length=20,
        widget=forms.TextInput(attrs=DIGITS),
    )


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    code = forms.CharField(label=_("验证器显示的 6 位数字"), max_length=10, widget=forms.TextInput(attrs=DIGITS))


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey; it always verifies its user, so that it opens the account without a password."""

    name = forms.CharField(label=_("名称"), help_text=_("例如“我的手机”。"), max_length=40, required=False)
    passwordless = forms.BooleanField(initial="on", widget=forms.HiddenInput)


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The own password once more, before a way of signing in is changed."""

    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
