"""The one status catalogue: key, words, colour role and icon of every status that a page, sheet or message shows.

Rooms derive a status from facts and hand over its key; words, colours and icons are decided here and nowhere else.
A status is always drawn with its icon and its label, so colour alone never carries the meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Role = Literal["accent", "info", "ok", "attention", "danger", "late", "excused", "muted"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Status:
    """One state as a reader meets it. `meaning` is one sentence that says what the state does and does not claim."""

    key: str
    label: StrOrPromise
    role: Role
    icon: str
    meaning: StrOrPromise


class UnknownStatus(KeyError):
    """A key that is not in the catalogue: a fault of the calling code, never of a person's input."""


_GROUPS: dict[str, dict[str, Status]] = {}


def register(name: str, *statuses: Status) -> None:
    """Add the group `name`; raises ValueError for a group or, within it, a key registered twice."""
    if name in _GROUPS:
        raise ValueError(f"status group registered twice: {name}")
    members = {status.key: status for status in statuses}
    if len(members) != len(statuses):
        raise ValueError(f"status key registered twice in {name}")
    _GROUPS[name] = members


def get(key: str, group: str = "") -> Status:
    """The status called `key`, in `group` when given; `"duty.open"` says both in one word.

    Without a group the first registered group that has the key answers. Raises UnknownStatus.
    """
    wanted = str(key)
    if not group and "." in wanted:
        group, wanted = wanted.split(".", 1)
    for name, members in _GROUPS.items():
        if wanted in members and group in ("", name):
            return members[wanted]
    raise UnknownStatus(key)


def group(name: str) -> tuple[Status, ...]:
    """The statuses of a group in the order in which pages list them; raises UnknownStatus."""
    if name not in _GROUPS:
        raise UnknownStatus(name)
    return tuple(_GROUPS[name].values())


def groups() -> dict[str, tuple[Status, ...]]:
    """All groups by name, in order of registration."""
    return {name: tuple(members.values()) for name, members in _GROUPS.items()}


register(
    "report",
    Status("confirmed_zero", _("零报告已确认"), "ok", "shield-check", _("报告人签字确认：当日没有情况。")),
    Status("has_cases", _("有病例"), "danger", "virus", _("已报告，其中有病例或异常。")),
    Status("missing", _("未报"), "late", "file-off", _("已过截止时间，没有收到报告；不等于没有情况。")),
    Status("excused", _("免报"), "excused", "calendar-off", _("当日按校历或批准不需要报。")),
    Status("open", _("待报"), "info", "hourglass", _("还没有报，截止时间未到。")),
    Status("late", _("迟报"), "late", "clock-exclamation", _("我们收到的时间晚于截止时间。")),
    Status("draft", _("草稿"), "muted", "file-pencil", _("已汇总，尚未签字，上级看不到。")),
    Status("signed", _("已签字"), "ok", "signature", _("已签字并封存，不能再改。")),
    Status("amended", _("已更正"), "attention", "history", _("签字之后有更正，原件和更正件都保留。")),
)
register(
    "check",
    Status("all_well", _("全部到校健康"), "ok", "circle-check", _("检查人确认全班到齐、无异常。")),
    Status("exceptions", _("有异常"), "attention", "alert-triangle", _("已检查，有缺勤或身体不适的人。")),
    Status("not_done", _("未检"), "late", "clipboard-x", _("还没有收到检查结果。")),
)
register(
    "person_day",
    Status("well", _("健康到校"), "ok", "user-check", _("当日在校，没有不适。")),
    Status("ill_present", _("带病在校"), "attention", "mood-sick", _("在校，有症状或发热。")),
    Status("absent_ill", _("因病缺勤"), "danger", "bed", _("因病没有到校。")),
    Status("absent_other", _("其他缺勤"), "excused", "user-off", _("因事或其他原因没有到校。")),
    Status("left_early", _("中途离校"), "attention", "door-exit", _("到校后提前离开。")),
    Status("unanswered", _("未答"), "late", "circle-dashed", _("没有任何人报告此人当日的情况。")),
    Status("contradicted", _("说法不一"), "danger", "arrows-diff", _("两处来源对此人的说法不同，需要核实。")),
)
register(
    "duty",
    Status("open", _("待办"), "info", "clipboard-list", _("需要做，时间还充裕。")),
    Status("due_soon", _("即将到期"), "attention", "clock", _("离截止时间很近。")),
    Status("overdue", _("已逾期"), "late", "clock-exclamation", _("截止时间已过，还没有做。")),
    Status("done", _("已完成"), "ok", "circle-check", _("按时完成。")),
    Status("done_late", _("逾期完成"), "late", "check", _("已经完成，但晚于截止时间。")),
    Status("excused", _("免办"), "excused", "calendar-off", _("经批准或按校历不需要做。")),
)
register(
    "delivery",
    Status("queued", _("待发送"), "muted", "hourglass", _("已排队，尚未发出。")),
    Status("sent", _("已发送"), "info", "send", _("已交给通道，尚不知对方是否看到。")),
    Status("read", _("已读"), "ok", "mail-opened", _("收件人已打开。")),
    Status("failed", _("发送失败"), "danger", "send-off", _("多次发送没有成功，请换一种方式联系。")),
)
