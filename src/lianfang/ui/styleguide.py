"""The component page: every component in all its states. Only reachable while DEBUG is on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianfang.ui import status

SHOWN_AT = datetime(2026, 3, 4, 0, 35, tzinfo=UTC)  # 08:35 in China


class SampleForm(forms.Form):
    """A form as the pages write them, to show fields with and without errors."""

    name = forms.CharField(label=gettext_lazy("姓名"), help_text=gettext_lazy("与身份证件一致"))
    phone = forms.CharField(label=gettext_lazy("手机号"), required=False, max_length=11)
    cause = forms.ChoiceField(
        label=gettext_lazy("缺勤原因"),
        choices=[("", gettext_lazy("请选择")), ("ill", gettext_lazy("因病")), ("leave", gettext_lazy("事假"))],
    )
    note = forms.CharField(label=gettext_lazy("说明"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.MultipleChoiceField(
        label=gettext_lazy("通知谁"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("head", gettext_lazy("校长")), ("nurse", gettext_lazy("校医"))],
    )


def _choices(*rows: tuple[str, str] | tuple[str, str, str]) -> list[dict[str, str]]:
    return [dict(zip(("value", "label", "icon"), row, strict=False)) for row in rows]


def _navigation() -> list[dict[str, Any]]:
    rows = (
        (_("今日"), "home", 3),
        (_("晨检"), "clipboard-check", 0),
        (_("上报"), "report", 1),
        (_("通知"), "bell", 12),
        (_("人员"), "users", 0),
        (_("统计"), "chart-bar", 0),
    )
    return [
        {"label": label, "url": "#", "icon": icon, "active": index == 0, "count": count}
        for index, (label, icon, count) in enumerate(rows)
    ]


def _deadlines() -> list[dict[str, datetime | None]]:
    minutes = timedelta(minutes=1)
    return [
        {"at": SHOWN_AT + 145 * minutes, "done_at": None},
        {"at": SHOWN_AT + 25 * minutes, "done_at": None},
        {"at": SHOWN_AT - 95 * minutes, "done_at": None},
        {"at": SHOWN_AT + 1600 * minutes, "done_at": None},
        {"at": SHOWN_AT - 30 * minutes, "done_at": SHOWN_AT - 41 * minutes},
        {"at": SHOWN_AT - 60 * minutes, "done_at": SHOWN_AT - 12 * minutes},
    ]


def context() -> dict[str, Any]:
    """Sample data of the page; invented people of one class."""
    wrong = SampleForm({"name": "", "phone": "13800000000", "cause": "ill", "note": _("已电话联系家长")})
    wrong.is_valid()
    return {
        "now": SHOWN_AT,
        "groups": status.groups(),
        "roles": status.ROLES,
        "nav_items": _navigation(),
        "account_label": _("周敏老师"),
        "logout_url": "/logout",
        "form": SampleForm(initial={"name": _("王一诺")}),
        "wrong_form": wrong,
        "deadlines": _deadlines(),
        "unit_path": [
            {"label": _("青溪县"), "url": "#"},
            {"label": _("实验小学"), "url": "#"},
            {"label": _("三年级"), "url": "#"},
            {"label": _("三年二班"), "url": "#"},
        ],
        "tabs": [
            {"label": _("未报"), "url": "#", "active": True, "count": 4},
            {"label": _("已报"), "url": "#", "count": 32},
            {"label": _("免报"), "url": "#", "count": 0},
            {"label": _("全部"), "url": "#", "count": None},
        ],
        "symptoms": _choices(
            ("fever", _("发热"), "temperature"),
            ("cough", _("咳嗽")),
            ("sore_throat", _("咽痛")),
            ("vomiting", _("呕吐")),
            ("diarrhoea", _("腹泻")),
            ("rash", _("皮疹")),
            ("red_eye", _("眼结膜充血")),
        ),
        "sites": _choices(("ear", _("耳温")), ("forehead", _("额温")), ("armpit", _("腋温"))),
        "attendance": _choices(
            ("present", _("到校"), "user-check"), ("ill", _("病假"), "bed"), ("leave", _("事假"), "user-off")
        ),
        "page": Paginator(range(1, 240), 20).page(5),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in all states, in the language and theme of the reader."""
    return render(request, "ui/styleguide.html", context())
