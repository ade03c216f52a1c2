"""Forms of the duty roster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.duties.forms import DAY
from lianfang.duties.rules.shifts import Slot

_SLOT = re.compile(r"(.{1,20}?)\s*([01]?\d|2[0-3])[:：]([0-5]\d)\s*[-–—~至到]\s*([01]?\d|2[0-4])[:：]([0-5]\d)")


def read_slots(text: str) -> tuple[Slot, ...]:
    """Slots as typed, one a line: "白班 07:00-19:00". Raises ValidationError naming the line."""
    slots = []
    for line in text.splitlines():
        if not line.strip():
            continue
        found = _SLOT.fullmatch(line.strip())
        if found is None or (found[4] == "24" and found[5] != "00"):
            raise forms.ValidationError(_("看不懂“%(line)s”，请写成：白班 07:00-19:00"), params={"line": line[:40]})
        last = time(0, 0) if found[4] == "24" else time(int(found[4]), int(found[5]))
        slots.append(Slot(found[1].strip(), time(int(found[2]), int(found[3])), last))
    return tuple(slots)


class PlanForm(forms.Form):
    """A roster by rotation."""

    role = forms.ChoiceField(label=_("岗位"))
    begins = forms.DateField(label=_("第一天"), widget=DAY)
    last = forms.DateField(label=_("最后一天"), widget=DAY)
    days = forms.ChoiceField(
        label=_("哪些日子"),
        choices=lambda: [("school", _("上课日")), ("free", _("休息日和假期")), ("every", _("每天"))],
        help_text=_("按校历；校历改了，以后的班次自动跟着改。"),
    )
    slots = forms.CharField(
        label=_("班次"),
        max_length=400,
        initial=_("白班 07:00-19:00"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("一行一个，例如：夜班 19:00-07:00。"),
    )
    turn = forms.ChoiceField(
        label=_("怎样轮换"),
        choices=lambda: [("day", _("每天换人")), ("week", _("每周换人")), ("shift", _("每班换人"))],
    )
    people = forms.MultipleChoiceField(label=_("值班人员"), widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, roles: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = list(roles)  # type: ignore[attr-defined]
        self.fields["people"].choices = list(people)  # type: ignore[attr-defined]

    def clean_slots(self) -> tuple[Slot, ...]:
        return read_slots(self.cleaned_data["slots"])


class ChangeForm(forms.Form):
    """Who takes a shift: in return for one of theirs, or without."""

    other = forms.ChoiceField(label=_("和哪一班对调"), required=False)
    to = forms.ChoiceField(label=_("或者请谁代班"), required=False)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)

    def __init__(
        self, *args: Any, others: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        none = ("", str(_("不选")))
        self.fields["other"].choices = [none, *others]  # type: ignore[attr-defined]
        self.fields["to"].choices = [none, *people]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """What the action takes; the other shift counts first."""
        other, to = self.cleaned_data["other"], self.cleaned_data["to"]
        return {
            "other_id": int(other) if other else None,
            "to_account_id": int(to) if to and not other else None,
            "reason": self.cleaned_data["reason"],
        }


class NoteForm(forms.Form):
    """What the next one has to know."""

    text = forms.CharField(label=_("交接记录"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
