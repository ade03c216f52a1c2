"""Forms of the people pages. They only read what was typed; whether it may be is decided by the actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Unit
from lianfang.kernel.codes.identity import IdType
from lianfang.people import rules, words
from lianfang.people.models import Person, Place
from lianfang.rulepacks import packs


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def carried_out(form: forms.Form, act: Callable[[], Any]) -> Any:
    """The action's result; None with its errors at the form's fields when it refused the content."""
    try:
        return act()
    except Invalid as refused:
        for error in refused.errors:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


class PersonForm(forms.Form):
    """An ID number or phone that is known is not shown; an empty field leaves it as it is."""

    name = forms.CharField(label=_("姓名"), max_length=rules.NAME_LENGTH)
    sex = forms.ChoiceField(label=_("性别"), choices=lambda: list(words.SEX.items()), required=False)
    birth_date = day_field(_("出生日期"), required=False)
    id_type = forms.ChoiceField(
        label=_("证件类型"), required=False, choices=lambda: [(k.value, words.id_type_words(k.value)) for k in IdType]
    )
    id_number = forms.CharField(label=_("证件号码"), required=False, max_length=40)
    phone = forms.CharField(label=_("手机号"), required=False, max_length=30)

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        if person is not None:
            kwargs["initial"] = {
                "name": person.name,
                "sex": person.sex,
                "birth_date": person.birth_date,
                "id_type": person.id_type or ("none" if person.pk else "resident_id"),
            }
        super().__init__(*args, **kwargs)
        kept = _("已登记的号码不显示；不改就留空。")
        if person is not None and person.id_index:
            self.fields["id_number"].help_text = kept
        if person is not None and person.phone_index:
            self.fields["phone"].help_text = kept

    def given(self) -> dict[str, Any]:
        """What to change: numbers left empty are not touched."""
        data = dict(self.cleaned_data)
        if not data["id_number"]:
            del data["id_number"], data["id_type"]
        if not data["phone"]:
            del data["phone"]
        data["sex"] = data["sex"] or "unknown"
        return data


class EnrolForm(PersonForm):
    unit = forms.ModelChoiceField(label=_("班级、部门或宿舍"), queryset=Unit.objects.none())
    number = forms.CharField(label=_("学号或工号"), required=False, max_length=40)
    begins = day_field(_("从哪天起"))
    field_order = ("unit", "name", "number", "begins", "sex", "birth_date", "id_type", "id_number", "phone")

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["id_type"].initial = IdType.RESIDENT_ID.value


class MoveForm(forms.Form):
    to_unit = forms.ModelChoiceField(label=_("调到"), queryset=Unit.objects.none())
    on = day_field(_("从哪天起"))

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_unit"].queryset = units  # type: ignore[attr-defined]


class EndForm(forms.Form):
    ends = day_field(_("从哪天起不再属于"))


class PostForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("单位"), queryset=Unit.objects.none())
    role = forms.ChoiceField(label=_("岗位"))
    begins = day_field(_("开始日期"))
    ends = day_field(_("结束日期"), required=False)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        roles = [r for r in packs().roles.values() if r.family not in ("pupil", "guardian", "authority")]
        self.fields["role"].choices = [(r.id, words.text_of(r.label)) for r in roles]  # type: ignore[attr-defined]


class GuardianForm(forms.Form):
    name = forms.CharField(label=_("监护人姓名"), max_length=rules.NAME_LENGTH)
    relation = forms.ChoiceField(label=_("与孩子的关系"), choices=lambda: list(words.RELATION.items()))
    phone = forms.CharField(label=_("手机号"), required=False, max_length=30)


class DayForm(forms.Form):
    day = day_field(_("日期"))
    kind = forms.ChoiceField(
        label=_("安排"), choices=lambda: [(k, v) for k, v in words.DAY_KIND.items() if k != "school"]
    )
    reason = forms.CharField(label=_("原因"), max_length=100, required=False)


class TermForm(forms.Form):
    name = forms.CharField(label=_("学期名称"), max_length=60)
    begins = day_field(_("第一天"))
    last = day_field(_("最后一天"))


class PlaceForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=60)
    kind = forms.ChoiceField(label=_("类型"), choices=words.place_kind_choices)
    parent = forms.ModelChoiceField(label=_("位于"), queryset=Place.objects.none(), required=False)
    used_by = forms.ModelChoiceField(label=_("使用班级或部门"), queryset=Unit.objects.none(), required=False)
    area_m2 = forms.DecimalField(label=_("面积（平方米）"), required=False, max_digits=8, decimal_places=1)
    capacity = forms.IntegerField(label=_("容纳人数"), required=False)
    taps = forms.IntegerField(label=_("水龙头数"), required=False)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        parent.queryset = Place.objects.filter(unit=unit).order_by("path")  # type: ignore[attr-defined]
        parent.label_from_instance = lambda place: place.name  # type: ignore[attr-defined]
        used_by = Unit.objects.within(unit).filter(level__in=("class", "department"), ends=None)
        self.fields["used_by"].queryset = used_by  # type: ignore[attr-defined]
