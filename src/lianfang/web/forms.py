"""Sign-in, own password, first visit."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from lianfang.rulepacks import packs


class SignInForm(AuthenticationForm):
    """Name and password. Says the same whatever was wrong."""

    error_messages = {
        "invalid_login": _("登录名或密码不对，请再试一次。忘记密码请联系本校管理员。"),
        "inactive": _("登录名或密码不对，请再试一次。忘记密码请联系本校管理员。"),
    }
    username = forms.CharField(
        label=_("登录名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class OwnPasswordForm(forms.Form):
    """Change of one's own password."""

    current = forms.CharField(
        label=_("现在的密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("新密码"),
        help_text=_("至少 10 个字符，不要只用数字。"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


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
        label=_("密码"),
        help_text=_("至少 10 个字符，不要只用数字。"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, language: str = "zh", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [k for k in packs().unit_kinds.values() if k.level == "institution"]
        self.fields["kind"].choices = [(k.id, k.label.text(language)) for k in kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        begins, ends = data.get("term_begins"), data.get("term_ends")
        if isinstance(begins, date) and isinstance(ends, date) and ends <= begins:
            self.add_error("term_ends", _("结束日期必须在开学日期之后。"))
        return data
