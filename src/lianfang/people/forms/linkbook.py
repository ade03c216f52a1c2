"""Form of an entry of the link book."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.people.linkbook import KINDS


class LinkForm(forms.Form):
    """An entry. When it is mended, an empty number stays as it is."""

    kind = forms.ChoiceField(label=_("类别"), choices=lambda: list(KINDS.items()))
    name = forms.CharField(label=_("单位或岗位"), max_length=60, help_text=_("例如：区疾控中心传防科。"))
    contact = forms.CharField(label=_("联系人"), max_length=60, required=False)
    phone = forms.CharField(label=_("电话"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    private = forms.BooleanField(
        label=_("个人号码"), required=False, help_text=_("只有需要打电话的人能看到全号，其他人看到的是打星号的。")
    )
    note = forms.CharField(label=_("备注"), max_length=200, required=False)

    def __init__(self, *args: Any, mending: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mending:
            self.fields["phone"].required = False
            self.fields["phone"].help_text = _("不改就留空。")
