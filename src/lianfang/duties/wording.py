"""Sentences of the room, by key: reasons of states, outcomes of steps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

REASONS = {
    "duty.open": _("截止时间 %(due_at)s，时间还充裕。"),
    "duty.due_soon": _("截止时间 %(due_at)s，已经很近。"),
    "duty.overdue": _("截止时间 %(due_at)s 已过，我们还没有收到。"),
    "duty.done": _("我们在 %(received_at)s 收到，没有超过截止时间 %(due_at)s。"),
    "duty.done_late": _("我们在 %(received_at)s 收到，晚于截止时间 %(due_at)s。"),
    "duty.excused": _("已批准免办：%(reason)s"),
    "duty.excused_by_calendar": _("按校历，%(day)s 不是上课日，不需要办。"),
}
STEP_OUTCOMES = {
    "planned": _("尚未到时间"),
    "sent": _("已发送"),
    "skipped": _("已略过"),
    "nobody": _("无人在岗"),
}
