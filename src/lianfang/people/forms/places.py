"""Forms of school buses and seat plans, and where a place lies."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.foundation.models import Unit
from lianfang.people.actions import NewSeat
from lianfang.people.forms import PlaceForm, day_field
from lianfang.people.models import Membership, Person, Place


class PlaceEditForm(PlaceForm):
    """A place with where it lies and until when it is used."""

    closed_from = day_field(_("从哪天起停用"), required=False, help_text=_("留空表示在用。里面的场所一起停用。"))

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        names = ("name", "kind", "parent", "used_by", "area_m2", "capacity", "taps", "closed_from")
        super().__init__(*args, unit=place.unit, initial={n: getattr(place, n) for n in names}, **kwargs)


class VehicleForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("例如“1号校车”。"))
    plate = forms.CharField(label=_("车牌号"), max_length=20)
    seats = forms.IntegerField(label=_("乘客座位数"), min_value=1, max_value=100)
    route = forms.CharField(label=_("路线"), max_length=200, required=False)


class RiderForm(forms.Form):
    """Somebody of the institution begins to ride a bus."""

    person = forms.ModelChoiceField(label=_("乘车学生"), queryset=Person.objects.none())
    begins = day_field(_("从哪天起"))

    def __init__(self, *args: Any, home: Unit, on: date, bus: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inside = Membership.objects.in_force(on).filter(unit__path__startswith=home.path)
        riding = inside.filter(unit=bus, kind="rider").values("person_id")
        people = Person.objects.filter(pk__in=inside.filter(kind="student").values("person_id")).exclude(pk__in=riding)
        field = self.fields["person"]
        field.queryset = people.order_by("name_key", "pk")  # type: ignore[attr-defined]
        classes = dict(inside.filter(kind="student").values_list("person_id", "unit__name"))
        field.label_from_instance = lambda p: f"{p.name}（{classes.get(p.pk, '')}）"  # type: ignore[attr-defined]


class SeatsForm(forms.Form):
    """The grid, and the seats as the page's script or selects give them: [[row, column, person], …]."""

    rows = forms.IntegerField(label=_("行数"), min_value=1, max_value=20)
    columns = forms.IntegerField(label=_("列数"), min_value=1, max_value=20)
    aisles = forms.CharField(
        label=_("过道在第几列之后"), required=False, max_length=60, help_text=_("用逗号分开，例如“2,4”。")
    )
    begins = day_field(_("从哪天起"))

    def clean_aisles(self) -> list[int]:
        text = str(self.cleaned_data["aisles"]).replace("，", ",").replace("、", ",")
        try:
            return [int(part) for part in text.split(",") if part.strip()]
        except ValueError:
            raise forms.ValidationError(_("请写列号，用逗号分开，例如“2,4”。")) from None

    def seats(self) -> list[NewSeat]:
        """Every select `s<row>-<column>` with somebody in it. Call after `is_valid`."""
        found = []
        for name, value in self.data.items():
            row, dash, column = name.removeprefix("s").partition("-")
            if name.startswith("s") and dash and row.isdecimal() and column.isdecimal() and str(value).isdecimal():
                found.append(NewSeat(int(row), int(column), int(value[:18])))
        return [s for s in found if s.row <= self.cleaned_data["rows"] and s.column <= self.cleaned_data["columns"]]


__all__ = ["PlaceEditForm", "RiderForm", "SeatsForm", "VehicleForm"]
