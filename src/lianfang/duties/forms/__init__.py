"""Forms of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ExcuseForm(forms.Form):
    """Why a duty need not be done."""

    reason = forms.CharField(label=_("免办原因"), max_length=200, help_text=_("例如：全班外出春游。会记入记录。"))


class DelegationForm(forms.Form):
    """Who stands in, for which post, from which day to which (both included)."""

    post = forms.ChoiceField(label=_("哪个岗位"), help_text=_("谁离岗：单位、岗位和姓名。"))
    deputy = forms.ChoiceField(label=_("由谁代班"))
    first = forms.DateField(label=_("第一天"), widget=DAY)
    last = forms.DateField(label=_("最后一天"), widget=DAY)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False, help_text=_("例如：外出培训。"))

    def __init__(
        self, *args: Any, posts: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = ("", str(_("请选择")))
        self.fields["post"].choices = [chosen, *posts]  # type: ignore[attr-defined]
        self.fields["deputy"].choices = [chosen, *people]  # type: ignore[attr-defined]
