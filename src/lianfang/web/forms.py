"""Sign-in, own password, first visit."""

from __future__ import annotations

from datetime import date

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.clock import system_now
from lianfang.foundation.models import Account
from lianfang.foundation.passwords import asked, one_time_is_over
from lianfang.foundation.policy import Policy, policy_for
from lianfang.rulepacks import packs


class SignInForm(AuthenticationForm):
    """Name and password. Says the same whatever was wrong."""

    error_messages = {
        "invalid_login": _("登录名或密码不对，请再试一次。忘记密码请联系本校管理员。"),
        "inactive": _("登录名或密码不对，请再试一次。忘记密码请联系本校管理员。"),
        "one_time_over": _("这个一次性密码已经过期。请找发给您的人（班主任或本校管理员）重新要一个。"),
    }
    username = forms.CharField(
        label=_("登录名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def confirm_login_allowed(self, user: Account) -> None:
        """A one-time password that lay about for too long opens no more."""
        super().confirm_login_allowed(user)
        now = system_now()
        if not settings.DEMO and one_time_is_over(user, policy_for(user, now), now):
            raise ValidationError(self.error_messages["one_time_over"], code="one_time_over")


class OwnPasswordForm(forms.Form):
    """Change of one's own password."""

    current = forms.CharField(
        label=_("现在的密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("新密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: object, policy: Policy, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["password"].help_text = asked(policy)


class ProfileForm(forms.Form):
    """Which sign-in profile a unit chooses, and why."""

    profile = forms.ChoiceField(label=_("使用哪一种"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        language = get_language() or ""
        profiles = packs().sign_in_profiles.values()
        self.fields["profile"].choices = [(p.id, p.label.text(language)) for p in profiles]  # type: ignore[attr-defined]


class FirstVisitForm(forms.Form):
    """The institution and its first administrator, for an installation without any account."""

    key = forms.CharField(label=_("启动口令"), help_text=_("启动时显示在服务器窗口里。"), max_length=60)
    kind = forms.ChoiceField(label=_("机构类型"))
    name = forms.CharField(label=_("机构名称"), max_length=100)
    region = forms.RegexField(
        label=_("行政区划代码"),
        regex=r"^[1-9]\d{5}$",
        help_text=_("六位数字，例如 330106。"),
        required=False,
        error_messages={"invalid": _("请填六位行政区划代码，或留空。")},
    )
    term_begins = forms.DateField(label=_("本学期开学日期"), widget=forms.DateInput(attrs={"type": "date"}))
    term_ends = forms.DateField(label=_("本学期结束日期"), widget=forms.DateInput(attrs={"type": "date"}))
    person = forms.CharField(label=_("您的姓名"), max_length=60)
    username = forms.CharField(
        label=_("登录名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: object, policy: Policy, language: str = "zh", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["password"].help_text = asked(policy)
        kinds = [k for k in packs().unit_kinds.values() if k.level == "institution"]
        self.fields["kind"].choices = [(k.id, k.label.text(language)) for k in kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        begins, ends = data.get("term_begins"), data.get("term_ends")
        if isinstance(begins, date) and isinstance(ends, date) and ends <= begins:
            self.add_error("term_ends", _("结束日期必须在开学日期之后。"))
        return data
