"""The form of an upload; whether the file can be read is decided by the action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.models import Unit


class UploadForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("导入到"), queryset=Unit.objects.none(), empty_label=None)
    file = forms.FileField(
        label=_("名册文件"),
        help_text=_("XLSX 或 CSV，最多 20 MB、2 万行。学生表至少有“姓名”和“班级”，教职工表至少有“姓名”和“岗位”。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    effective = forms.DateField(
        label=_("从哪天起算"),
        required=False,
        help_text=_("新增和换班从这一天开始；不填就是今天。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
