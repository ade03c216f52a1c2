"""Forms of meetings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.duties.forms import DAY

AT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class MeetingForm(forms.Form):
    """A meeting and who is asked to it."""

    title = forms.CharField(label=_("会议名称"), max_length=100)
    begins_at = forms.DateTimeField(label=_("时间"), widget=AT, input_formats=["%Y-%m-%dT%H:%M"])
    place = forms.CharField(label=_("地点"), max_length=60, required=False)
    group = forms.ChoiceField(label=_("哪个工作组"), required=False, help_text=_("选了就自动列入组员。"))
    agenda = forms.CharField(label=_("议程"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    people = forms.MultipleChoiceField(label=_("还有谁参加"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, groups: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", str(_("不选"))), *groups]  # type: ignore[attr-defined]
        self.fields["people"].choices = list(people)  # type: ignore[attr-defined]


class MinutesForm(forms.Form):
    """The minutes; a correction says why."""

    text = forms.CharField(label=_("会议纪要"), max_length=20000, widget=forms.Textarea(attrs={"rows": 8}))
    reason = forms.CharField(label=_("更正原因"), max_length=200, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=30000)

    def __init__(self, *args: Any, correcting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not correcting:
            del self.fields["reason"]


class DecisionForm(forms.Form):
    """A decision, who carries it out and by when."""

    text = forms.CharField(label=_("决定"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    post = forms.ChoiceField(label=_("由谁办"), help_text=_("单位、岗位和现在的人。"))
    due_on = forms.DateField(label=_("哪天前办完"), widget=DAY)
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, posts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = [("", str(_("请选择"))), *posts]  # type: ignore[attr-defined]


class OutcomeForm(forms.Form):
    """What was done."""

    outcome = forms.CharField(label=_("办理结果"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class WithdrawForm(forms.Form):
    """Why a decision holds no more."""

    reason = forms.CharField(label=_("撤销原因"), max_length=200)
