"""Words of rules and actions in the language of whoever reads them, also when another thread made them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import lazy
from django.utils.translation import get_language

from lianfang.daily.rules import Contradiction, Fault, Statement
from lianfang.foundation.errors import FieldError, Invalid
from lianfang.kernel.labels import Label


def _say(label: Label) -> str:
    return label.text(get_language() or "zh")


_later = lazy(_say, str)


def said(label: Label) -> str:
    """The text of a label, chosen when it is shown."""
    return _later(label)


def refused(faults: Iterable[Fault]) -> Invalid:
    """The error of an action from the faults that the rules found."""
    return Invalid([FieldError(fault.field, fault.code, said(fault.label)) for fault in faults])


_WHO = {
    "self": Label("本人", "the person"),
    "guardian": Label("家长", "a guardian"),
    "class": Label("老师代报", "the class"),
}
_WHAT = {
    "fever": Label("发热", "fever"),
    "symptoms": Label("有症状", "symptoms"),
    "absence": Label("请假不到校", "absence"),
}


def contradiction_words(template: Label, name: str, open_: Contradiction, report: Statement) -> Label:
    """The sentence for a report that a check would cover, in both languages, e.g. 林小雨：家长今天报告发热 38.2 ℃。"""
    who = _WHO[open_.channel]
    degrees = f" {report.temperature} ℃" if report.temperature is not None and "fever" in open_.kinds else ""
    zh = "、".join(_WHAT[kind].zh + (degrees if kind == "fever" else "") for kind in open_.kinds)
    en = ", ".join(_WHAT[kind].en + (degrees if kind == "fever" else "") for kind in open_.kinds)
    return Label(template.zh.format(name=name, who=who.zh, what=zh), template.en.format(name=name, who=who.en, what=en))
