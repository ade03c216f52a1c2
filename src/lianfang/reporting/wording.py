"""Reasons and objections of reporting in the reader's words."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lianfang.kernel.clock import zone
from lianfang.kernel.decisions import Reason


def instant_words(at: datetime, time_zone: str = "") -> str:
    """Day and hour of an instant, in a unit's zone or the installation's."""
    local = at.astimezone(zone(time_zone)) if time_zone else timezone.localtime(at)
    return f"{date_format(local.date(), 'MONTH_DAY_FORMAT')} {local:%H:%M}"


def objection_words(code: str) -> tuple[str, str, str]:
    """Field, code and sentence of an objection of `rules.objections`."""
    words = {
        "zero_not_stated": ("states_zero", _("没有病例时也要明确报“零”：请勾选确认。")),
        "zero_against_figures": ("states_zero", _("数据中有病例或异常，不能报“零”。请取消勾选，按有病例签发。")),
        "unanswered_not_listed": (
            "accepted_unanswered",
            _("还有单位没有报，请先催报；确实等不到的，请勾选逐一列为未报。"),
        ),
    }
    field, sentence = words[code]
    return field, code, sentence


def reason_words(reason: Reason, time_zone: str = "") -> str:
    """One sentence for a reason of a state."""
    facts = {
        name: instant_words(value, time_zone) if isinstance(value, datetime) else value
        for name, value in reason.facts.items()
    }
    sentences = {
        "reporting.state.filed_zero": _("已于 %(received_at)s 收到，没有病例（截止 %(due_at)s）。"),
        "reporting.state.filed_cases": _("已于 %(received_at)s 收到，其中有病例或异常（截止 %(due_at)s）。"),
        "reporting.state.no_school_day": _("当日按校历不上课，不需要上报。"),
        "reporting.state.nobody_on_the_roll": _("名单里没有人，不需要上报。"),
        "reporting.state.past_due": _("截止 %(due_at)s，还没有收到。没有收到不等于没有情况。"),
        "reporting.state.not_yet_open": _("%(opens_at)s 开始，%(due_at)s 截止。"),
        "reporting.state.waiting": _("等待上报，%(due_at)s 截止。"),
        "reporting.verdict.zero": _("所有表示病例的数字都是 0。"),
        "reporting.verdict.has_cases": _("至少一个表示病例的数字不是 0。"),
    }
    return sentences[reason.text_key] % facts
