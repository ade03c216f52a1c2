"""Words for the codes that people's rows hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lianfang.kernel.codes.identity import ID_TYPE_LABELS, IdType
from lianfang.kernel.labels import Label
from lianfang.rulepacks import packs

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SEX: dict[str, StrOrPromise] = {"female": _("女"), "male": _("男"), "unknown": _("未填")}
MEMBER_KIND: dict[str, StrOrPromise] = {
    "student": _("学生"),
    "staff": _("教职工"),
    "resident": _("住宿"),
    "rider": _("乘车"),
}
RELATION: dict[str, StrOrPromise] = {
    "mother": _("母亲"),
    "father": _("父亲"),
    "grandparent": _("祖父母/外祖父母"),
    "guardian": _("监护人"),
    "other": _("其他"),
}
DAY_KIND: dict[str, StrOrPromise] = {
    "holiday": _("放假"),
    "makeup": _("补课（上学）"),
    "suspension": _("停课"),
    "school": _("上学"),
    "withdrawn": _("取消原来的安排"),
}
ALL: StrOrPromise = _("全部")
WEEKDAYS: tuple[StrOrPromise, ...] = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))


def text_of(label: Label) -> str:
    """A rule pack's label in the language in force."""
    return label.text(get_language() or "zh-hans")


def role_words(role: str) -> str:
    """The name of a role; the code itself for one that is no longer in the rule pack."""
    known = packs().roles.get(role)
    return text_of(known.label) if known else role


def unit_kind_words(kind: str) -> str:
    """The name of a kind of unit."""
    known = packs().unit_kinds.get(kind)
    return text_of(known.label) if known else kind


def place_kind_words(kind: str) -> str:
    """The name of a kind of place."""
    known = packs().place_kinds.get(kind)
    return text_of(known.label) if known else kind


def place_kind_choices() -> list[tuple[str, str]]:
    """Every kind of place with its name, in the order of the rule pack."""
    return [(kind.id, text_of(kind.label)) for kind in packs().place_kinds.values()]


def id_type_words(id_type: str) -> str:
    """The name of a kind of document; "" for none."""
    return text_of(ID_TYPE_LABELS[IdType(id_type)]) if id_type else ""


def group_kind_words(kind: str) -> str:
    """The name of a kind of group."""
    known = packs().group_kinds.get(kind)
    return text_of(known.label) if known else kind
