"""Forms of leading groups and special teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.models import Unit
from lianfang.people import words
from lianfang.people.forms import day_field
from lianfang.people.models import GroupMember, Person
from lianfang.rulepacks import packs

PARTS = {
    GroupMember.Part.HEAD.value: _("组长"),
    GroupMember.Part.DEPUTY.value: _("副组长"),
    GroupMember.Part.MEMBER.value: _("组员"),
}
AREA = forms.Textarea(attrs={"rows": 3})


class GroupForm(forms.Form):
    """A new group."""

    kind = forms.ChoiceField(label=_("类型"))
    name = forms.CharField(label=_("名称"), max_length=60, required=False, help_text=_("不填就用类型的名称。"))
    task = forms.CharField(label=_("职责"), max_length=500, required=False, widget=AREA)
    begins = day_field(_("从哪天起"))

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [k for k in packs().group_kinds.values() if unit.kind in k.unit_kinds]
        self.fields["kind"].choices = [(k.id, words.text_of(k.label)) for k in kinds]  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    """Somebody joins a group."""

    person = forms.ModelChoiceField(label=_("姓名"), queryset=Person.objects.none(), empty_label=_("请选择"))
    part = forms.ChoiceField(label=_("角色"), choices=lambda: [(k, PARTS[k]) for k in ("member", "deputy", "head")])
    task = forms.CharField(label=_("分工"), max_length=200, required=False)
    begins = day_field(_("从哪天起"))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["person"].label_from_instance = lambda person: person.name  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    """The first day on which it no longer holds."""

    ends = day_field(_("从哪天起结束"))
