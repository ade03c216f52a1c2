"""The forms of an upload and of a rollover; whether a file can be read is decided by the action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.exchange.tables import class_table
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


class RolloverForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("学校"), queryset=Unit.objects.none(), empty_label=None)
    effective = forms.DateField(
        label=_("新学年从哪天开始"),
        help_text=_("可以是将来的日子；到那天为止，班级名单仍按原来的。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last_grade = forms.TypedChoiceField(
        label=_("读完哪个年级毕业"), required=False, coerce=int, empty_value=None, choices=[]
    )
    first_classes = forms.IntegerField(
        label=_("起始年级设几个空班"),
        required=False,
        min_value=0,
        max_value=40,
        help_text=_("不填就与现在的起始年级一样多。新生名单以后再导入。"),
    )
    reshuffle = forms.MultipleChoiceField(
        label=_("重新分班的年级（按新学年算）"),
        required=False,
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("系统按性别均衡给出建议；也可以上传分班表。不选的年级整班升上去。"),
    )
    teachers = forms.BooleanField(label=_("班主任和任课教师跟班升级"), required=False)
    file = forms.FileField(
        label=_("分班表"),
        required=False,
        help_text=_("XLSX 或 CSV：姓名、学号和新班级。表中没有的学生按上面的设置。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        grades = [(str(grade), name) for grade, name in class_table().grade_names.items()]
        self.fields["last_grade"].choices = [("", _("按学段自动判断")), *grades]  # type: ignore[attr-defined]
        self.fields["reshuffle"].choices = grades  # type: ignore[attr-defined]
