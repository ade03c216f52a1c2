from __future__ import annotations

from dataclasses import dataclass

from lianfang.kernel.labels import Label

PRESENCE = Label("请选择到校情况。", "Please choose whether the person is here.")
CAUSE_REQUIRED = Label(
    "请选择缺勤原因；还不知道就选“原因不明”。", "Please choose the cause; choose “not yet known” if so."
)
CAUSE_UNKNOWN = Label(
    "没有“{value}”这个缺勤原因，请从列表里选。", "There is no cause “{value}”; please choose from the list."
)
CAUSE_WHILE_HERE = Label(
    "标为到校的人不能同时有缺勤原因，请二选一。",
    "Somebody who is here cannot have a cause of absence; please choose one.",
)
SYMPTOM_UNKNOWN = Label(
    "没有“{value}”这个症状，请从列表里选。", "There is no symptom “{value}”; please choose from the list."
)
SITE = Label("没有“{value}”这个测温部位。", "There is no site of measurement “{value}”.")
INSTRUMENT = Label("没有“{value}”这种体温计。", "There is no instrument “{value}”.")
ONSET_AFTER = Label("发病日期不能晚于 {day}。", "The onset cannot be after {day}.")
ONSET_OLD = Label("发病日期早于一年前，请核对。", "The onset is more than a year ago; please check it.")
TOO_LONG = Label("内容太长，最多 {limit} 个字。", "This is too long; at most {limit} characters.")
NOT_ON_ROLL = Label(
    "编号 {person} 的人当天不在这个名单里，请刷新名单后再报。",
    "Person {person} is not on this roll on that day; please reload the roll and send again.",
)
LEFT = Label(
    "{name}已于 {day} 离开，当天不在名单里。请从本次检查中去掉。",
    "{name} left on {day} and is not on the roll of that day. Please take the person out of this check.",
)
TWICE = Label("{name}出现了两次，请只留一条。", "{name} is given twice; please keep one.")
ALL_WELL = Label(
    "选了“全部到校且健康”，但名单里还有异常，请核对后再报。",
    "“All present and well” was chosen, but there are exceptions; please check and send again.",
)
CONTRADICTED = Label(
    "{name}：{who}今天报告{what}。请逐个核实后再确认。",
    "{name}: {who} reported {what} today. Please check each before confirming.",
)
SESSION = Label("没有“{value}”这个检查时段。", "There is no session “{value}”.")
FUTURE_DAY = Label("不能提前检查 {day}，还没有到这一天。", "{day} has not come yet and cannot be checked in advance.")
OTHER_DAY = Label(
    "填写的时间是 {told}，与检查日期 {day} 不是同一天，请核对。",
    "The time given is on {told}, which is not the day {day}; please check.",
)
NOBODY = Label(
    "当天名单里没有人，不需要检查。请联系学校管理员核对名单。",
    "The roll of that day is empty. Please ask the school administrator.",
)
OTHER_SHEET = Label(
    "这张名单不是为这一天、这一时段打印的，没有保存。请核对纸上的日期和单位。",
    "This sheet was not printed for that day and session, so nothing was saved. Please check the day and unit on the paper.",
)
NOT_A_MEMBER = Label(
    "{day} 当天不在任何班级、部门或宿舍的名单里（可能已离校或转出），没有保存。如有疑问请联系学校管理员。",
    "On {day} this person is on no roll (they may have left or moved), so nothing was saved. Please ask the school administrator.",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what came in: a dotted field, a stable code, and words in both languages."""

    field: str
    code: str
    label: Label

    def under(self, prefix: str) -> Fault:
        """The same fault with its field inside another, e.g. "marks.3.temperature"."""
        return Fault(f"{prefix}.{self.field}" if self.field else prefix, self.code, self.label)
