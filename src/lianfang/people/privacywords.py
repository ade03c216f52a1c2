"""Words for the codes of data protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BASIS: dict[str, StrOrPromise] = {
    "statutory_duty": _("法定职责"),
    "consent": _("同意"),
    "contract": _("履行职务或合同"),
}
START: dict[str, StrOrPromise] = {
    "recorded": _("从记录之日起"),
    "left": _("从离开学校之日起"),
    "closed": _("从办结之日起"),
    "made": _("从生成之日起"),
}
WORD: dict[str, StrOrPromise] = {"given": _("同意"), "refused": _("不同意"), "withdrawn": _("已撤回")}
REQUEST_KIND: dict[str, StrOrPromise] = {"correct": _("更正"), "erase": _("删除数据"), "ask": _("询问")}
DECISION: dict[str, StrOrPromise] = {"done": _("已办理"), "partly": _("部分办理"), "declined": _("不能办理")}
