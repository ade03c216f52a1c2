"""Words for the states of an import and the kinds of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lianfang.exchange.tables import sheet_kinds
from lianfang.people import words as people_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ERROR_COLUMN = _("错误")
STATE: dict[str, StrOrPromise] = {
    "uploaded": _("已上传"),
    "preview": _("待确认"),
    "queued": _("等待导入"),
    "committing": _("正在导入"),
    "committed": _("已导入"),
    "cancelled": _("已取消"),
}
KIND: dict[str, StrOrPromise] = {
    "error": _("有错误"),
    "doubt": _("证件号码待核对"),
    "merge": _("可能是同一人，待确认"),
    "move": _("换班，待确认"),
    "leave": _("名册中没有，待确认"),
    "graduate": _("毕业"),
    "promote": _("升级"),
    "second": _("已在其他单位"),
    "create": _("新增"),
    "update": _("更新"),
    "same": _("没有变化"),
}
TONE: dict[str, str] = {
    "error": "danger",
    "doubt": "attention",
    "merge": "attention",
    "move": "attention",
    "leave": "attention",
    "graduate": "info",
    "promote": "ok",
    "second": "info",
    "create": "ok",
    "update": "info",
    "same": "muted",
}
ICON: dict[str, str] = {
    "error": "alert-circle",
    "doubt": "help-circle",
    "merge": "users",
    "move": "arrow-right",
    "leave": "user-x",
    "graduate": "school",
    "promote": "arrow-right",
    "second": "building",
    "create": "plus",
    "update": "pencil",
    "same": "minus",
}
LEVEL: dict[str, StrOrPromise] = {
    "class": _("班级"),
    "division": _("年级"),
    "department": _("部门"),
    "dormitory": _("宿舍"),
    "campus": _("校区"),
}
SUBJECT: dict[str, StrOrPromise] = {
    "student": _("学生"),
    "staff": _("教职工"),
    "unit": _("单位"),
    "place": _("场所"),
    "lesson": _("课表"),
    "post": _("任职"),
}
FIELD: dict[str, StrOrPromise] = {
    "name": _("姓名"),
    "sex": _("性别"),
    "birth_date": _("出生日期"),
    "id_number": _("证件号码"),
    "phone": _("手机号"),
    "number": _("编号"),
    "class": _("班级"),
    "status": _("学籍状态"),
    "dormitory": _("宿舍"),
    "department": _("部门"),
    "post": _("岗位"),
    "post_ends": _("任职结束"),
    "guardian": _("监护人"),
    "guardian_phone": _("监护人电话"),
    "guardian_relation": _("监护人关系"),
    "rounded": _("证件号码末三位是 000，可能被表格软件改过，请对照证件"),
    "merge": _("生日和电话与系统中一人相同，姓名相近"),
    "merge_row": _("生日和电话与表中另一行相同，姓名相近"),
    "room_kind": _("类型"),
    "area": _("面积"),
    "capacity": _("容量"),
    "taps": _("水龙头数"),
    "used_by": _("使用班级或部门"),
    "hours": _("时间"),
    "subject": _("科目"),
    "teacher": _("任课教师"),
    "place": _("上课地点"),
    "slot": _("表中没有的课"),
}
FAILURE: dict[str, StrOrPromise] = {
    "stale": _("预览之后名册又有改动，没有导入任何内容。请重新预览，再确认。"),
    "rows": _("有的行与名册现在的内容冲突，没有导入任何内容。请重新预览，按错误改正。"),
    "forbidden": _("上传人的岗位已没有导入名册的权限，没有导入任何内容。"),
    "unfinished": _("导入没有完成，没有改动任何内容。请重新预览后再试。"),
}
SHEET_KIND: dict[str, StrOrPromise] = {
    "students": _("学生名册"),
    "staff": _("教职工名册"),
    "posts": _("任职表"),
    "rooms": _("场所表"),
    "lessons": _("课表"),
    "units": _("单位表"),
    "none": _("不是名册，跳过"),
}
OUTCOME: dict[str, StrOrPromise] = {
    "created": _("新建人员"),
    "updated": _("更新人员"),
    "begun": _("新的归属"),
    "moved": _("换班"),
    "ended": _("离开"),
    "units": _("新建班级和部门"),
    "classes_ended": _("结束的班级"),
    "guardians": _("登记监护人"),
    "posts": _("任命岗位"),
    "places": _("新建场所"),
    "places_changed": _("更新场所"),
    "timetables": _("更新课表的班级"),
}


def difference_words(found: Mapping[str, Any]) -> dict[str, str]:
    """A stored difference in the language in force: field, old, new."""
    field, old, new = str(found["field"]), str(found["old"]), str(found["new"])
    if found.get("known"):
        old = f"{old} {_('已登记')}".strip()
    if field == "sex":
        old, new = str(people_words.SEX.get(old, old)), str(people_words.SEX.get(new, new))
    elif field == "guardian_relation":
        old, new = (str(people_words.RELATION.get(code, code)) for code in (old, new))
        old = f"{found.get('name', '')} {old}".strip()
    elif field == "room_kind":
        old, new = people_words.place_kind_words(old), people_words.place_kind_words(new)
    elif field == "slot":
        weekday, period = old.split()
        old, new = f"{people_words.WEEKDAYS[int(weekday)]} {period}", str(_("去掉"))
    elif field == "merge_row":
        old = f"{_('第 %(row)s 行') % {'row': old}} {found.get('name', '')}"
    elif field == "class" and not new:
        new = str(_("毕业"))
    if found.get("role"):
        new = f"{new} {people_words.role_words(str(found['role']))}"
    return {"field": str(FIELD.get(field, field)), "old": old, "new": new}


def failure_words(code: str) -> str:
    """Why a commit by the worker was refused, in the language in force; "" where it was not."""
    return str(FAILURE.get(code, code)) if code else ""


def field_words(field: str) -> str:
    """The header that the template has for a field; fields are named as the sheets of schools name them."""
    for kind in sheet_kinds():
        if field in kind.columns:
            return kind.header_of(field)
    return field
