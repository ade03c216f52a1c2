"""Forms of joining: the sheet of slips, an invitation of staff, and what a newcomer fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.models import Unit
from lianfang.foundation.passwords import asked
from lianfang.foundation.policy import Policy
from lianfang.people import joining, rules, words
from lianfang.people.models import Person
from lianfang.rulepacks import packs

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _days() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("有效天数"), min_value=1, max_value=joining.LONGEST_DAYS, initial=joining.DAYS_VALID
    )


class SheetForm(forms.Form):
    """Slips for all pupils of a class, or for one."""

    child = forms.ModelChoiceField(
        label=_("给谁"), queryset=Person.objects.none(), required=False, empty_label=_("全班每个学生")
    )
    copies = forms.IntegerField(
        label=_("每个学生几张"),
        help_text=_("每位监护人用一张；父母分开住的，各给一张。"),
        min_value=1,
        max_value=joining.MOST_COPIES,
        initial=2,
    )
    days = _days()

    def __init__(self, *args: Any, pupils: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["child"].queryset = pupils  # type: ignore[attr-defined]
        self.fields["child"].label_from_instance = lambda person: person.name  # type: ignore[attr-defined]


class ClassCodeForm(forms.Form):
    """One code for the whole class."""

    days = _days()


class StaffInvitationForm(forms.Form):
    """Who, which post, where, from when."""

    name = forms.CharField(label=_("姓名"), max_length=rules.NAME_LENGTH)
    unit = forms.ModelChoiceField(label=_("岗位所在单位"), queryset=Unit.objects.none())
    role = forms.ChoiceField(label=_("岗位"))
    begins = forms.DateField(label=_("最早开始日期"), help_text=_("接受邀请后才开始。"), widget=DAY)
    days = _days()

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        roles = [r for r in packs().roles.values() if r.family not in ("pupil", "guardian")]
        self.fields["role"].choices = [(r.id, words.text_of(r.label)) for r in roles]  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The code of a slip, typed or scanned."""

    code = forms.CharField(
        label=_("邀请码"),
        help_text=_("纸条上的 10 位字母和数字，大小写都可以。"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class AcceptForm(forms.Form):
    """What a newcomer, or who is signed in already, answers. Fields that do not apply are taken out."""

    child = forms.CharField(label=_("孩子的姓名"), max_length=rules.NAME_LENGTH)
    relation = forms.ChoiceField(label=_("您是孩子的"), choices=lambda: list(words.RELATION.items()))
    name = forms.CharField(
        label=_("您的姓名"), max_length=rules.NAME_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    username = forms.CharField(
        label=_("登录名"),
        help_text=_("以后用它登录，例如手机号。"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, staff: bool, signed_in: bool, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = asked(policy)
        left_out = [*(("child", "relation") if staff else ()), *(("name", "username", "password") if signed_in else ())]
        for field in left_out:
            del self.fields[field]


class ConfirmForm(forms.Form):
    """Which pupil a claim is about, where the typed name fitted nobody."""

    child = forms.ModelChoiceField(label=_("这是哪个学生的监护人"), queryset=Person.objects.none(), required=False)

    def __init__(self, *args: Any, pupils: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["child"].queryset = pupils  # type: ignore[attr-defined]
        self.fields["child"].label_from_instance = lambda person: person.name  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("原因"), max_length=200)
