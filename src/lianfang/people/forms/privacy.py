"""Forms of the data protection pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.people.actions.privacy import REASON_LIMIT, TEXT_LIMIT
from lianfang.people.privacywords import DECISION, REQUEST_KIND


class RequestForm(forms.Form):
    kind = forms.ChoiceField(label=_("要做什么"), choices=lambda: list(REQUEST_KIND.items()))
    text = forms.CharField(
        label=_("请写明哪里不对、希望怎样处理"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    decision = forms.ChoiceField(label=_("处理结果"), choices=lambda: list(DECISION.items()))
    answer = forms.CharField(
        label=_("怎样处理的、为什么"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )


class EraseForm(forms.Form):
    reason = forms.CharField(label=_("理由（不要写姓名）"), max_length=REASON_LIMIT)
    sure = forms.BooleanField(label=_("我知道删除后不能恢复"))


class TermForm(forms.Form):
    item = forms.CharField(max_length=60, widget=forms.HiddenInput)
    days = forms.IntegerField(label=_("保存天数"), required=False, min_value=0)
