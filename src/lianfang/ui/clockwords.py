"""A deadline in words: how long is left or how long it is over, seen from a given instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.ui.status import Role

SOON = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class DueWords:
    """What a clock shows. `when` is the deadline in local time, `words` the distance to it."""

    words: str
    when: str
    role: Role
    icon: str


def duration_words(span: timedelta) -> str:
    """A length of time in the two largest units, rounded down; under a minute is said as such."""
    minutes = int(abs(span).total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts: list[str] = []
    if days:
        parts.append(ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours})
    if rest and not days:
        parts.append(ngettext("%(n)d 分钟", "%(n)d 分钟", rest) % {"n": rest})
    return " ".join(parts) or _("不到 1 分钟")


def clock_text(at: datetime, now: datetime) -> str:
    """The local hour, with the date when it is another day than `now`."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return f"{date_format(local, _('n月j日'))} {local:%H:%M}"


def due_words(at: datetime, now: datetime | None, done_at: datetime | None = None) -> DueWords:
    """Words for the deadline `at`. With `done_at`: whether it was kept. Without `now` only the hour is said.

    All instants are aware; raises ValueError for a naive one.
    """
    for instant in (at, now, done_at):
        if instant is not None and timezone.is_naive(instant):
            raise ValueError("deadlines need aware instants")
    if done_at is not None:
        when = clock_text(at, now or done_at)
        if done_at <= at:
            return DueWords(_("按时完成"), when, "ok", "circle-check")
        return DueWords(_("晚了 %(span)s") % {"span": duration_words(done_at - at)}, when, "late", "clock-exclamation")
    if now is None:
        return DueWords("", clock_text(at, at), "muted", "clock")
    when = clock_text(at, now)
    if now > at:
        return DueWords(_("已过 %(span)s") % {"span": duration_words(now - at)}, when, "late", "clock-exclamation")
    words = _("还剩 %(span)s") % {"span": duration_words(at - now)}
    if at - now <= SOON:
        return DueWords(words, when, "attention", "clock-exclamation")
    return DueWords(words, when, "muted", "clock")
