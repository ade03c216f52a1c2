"""Words for the states of an import and the kinds of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

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
    "move": _("换班，待确认"),
    "leave": _("名册中没有，待确认"),
    "second": _("已在其他单位"),
    "create": _("新增"),
    "update": _("更新"),
    "same": _("没有变化"),
}
TONE: dict[str, str] = {
    "error": "danger",
    "move": "attention",
    "leave": "attention",
    "second": "info",
    "create": "ok",
    "update": "info",
    "same": "muted",
}
ICON: dict[str, str] = {
    "error": "alert-circle",
    "move": "arrow-right",
    "leave": "user-x",
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
}
OUTCOME: dict[str, StrOrPromise] = {
    "created": _("新建人员"),
    "updated": _("更新人员"),
    "begun": _("新的归属"),
    "moved": _("换班"),
    "ended": _("离开"),
    "guardians": _("登记监护人"),
    "posts": _("任命岗位"),
}
