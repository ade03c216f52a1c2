"""What the notices about duties say. No names of pupils, no health."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lianfang.comms.texts import declare_text

REMINDER = declare_text(
    "duties.reminder",
    subject=_("待办：%(unit)s %(what)s"),
    body=_("请在 %(due)s 前完成。%(text)s"),
)
OVERDUE = declare_text(
    "duties.overdue",
    subject=_("已过时间：%(unit)s %(what)s"),
    body=_("应在 %(due)s 前完成，现在还没有收到，请尽快补上。%(text)s"),
)
ESCALATED = declare_text(
    "duties.escalated",
    subject=_("尚未完成：%(unit)s %(what)s"),
    body=_("应在 %(due)s 前完成，现在还没有收到。请联系负责人，或安排人代办。"),
)
BY_HAND = declare_text(
    "duties.by_hand",
    subject=_("催办：%(unit)s %(what)s"),
    body=_("%(by)s 请您尽快完成，截止时间 %(due)s。"),
)
DELEGATED = declare_text(
    "duties.delegated",
    subject=_("请您代班：%(unit)s %(role)s"),
    body=_("从 %(begins)s 到 %(last)s，这个岗位的待办由您代为完成。"),
)
SHIFT_ASKED = declare_text(
    "duties.shift_asked",
    subject=_("%(by)s 想请您换班或代班"),
    body=_("%(role)s，%(when)s。请打开查看，同意或不同意。"),
)
SHIFT_ACCEPTED = declare_text(
    "duties.shift_accepted",
    subject=_("%(by)s 已同意换班"),
    body=_("%(role)s，%(when)s 的班次已经调整。"),
)
SHIFT_DECLINED = declare_text(
    "duties.shift_declined",
    subject=_("%(by)s 没有同意换班"),
    body=_("%(role)s，%(when)s 仍由您值班，请另找人或联系管理员。"),
)
SHIFT_ORDERED = declare_text(
    "duties.shift_ordered",
    subject=_("班次有调整：%(role)s"),
    body=_("%(by)s 调整了 %(when)s 的班次，请打开查看。"),
)
