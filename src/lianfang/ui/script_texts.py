"""The words that scripts show, translated on the server and handed over as one JSON element of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _


def script_texts() -> dict[str, str]:
    """Texts by name in the language of the request; `{n}` and the like are filled in by the scripts."""
    return {
        "waiting": _("{n} 份等待发送"),
        "waiting_offline": _("没有网络，{n} 份已存在本机，联网后自动发送"),
        "sending": _("正在发送 {n} 份…"),
        "login": _("登录已过期，内容已保存（{n} 份）"),
        "attention": _("{n} 份需要修改后再发"),
        "attention_link": _("查看"),
        "offline": _("没有网络。可以继续填写，联网后自动发送。"),
        "all_sent": _("已全部送达"),
        "kept": _("已存在本机，正在发送…"),
        "kept_offline": _("已存在本机，联网后自动发送，可以离开此页。"),
        "accepted": _("已送达 {time}"),
        "needs_attention": _("没有被接受，内容已保留。请改正后再发。"),
        "conflict": _("同一份上报已有不同内容，两份都已保留。请核对后再发。"),
        "not_sent": _("没有送达，也无法保存在本机。请不要关闭此页，检查网络后再发一次。"),
        "forbidden": _("您现在没有权限提交这一份，内容已保留。请联系学校管理员。"),
        "error_generic": _("这一项没有被接受"),
        "correct": _("改正后再发"),
        "discard": _("删除这一份"),
        "discard_confirm": _("删除后无法找回。确定删除这一份吗？"),
        "entry_written": _("写于 {time}"),
        "draft_restored": _("已恢复您上次没有提交的内容。"),
        "draft_clear": _("清空重填"),
        "close": _("关闭"),
        "request_failed": _("没有成功，页面内容没有变。请检查网络后再试。"),
        "fever": _("已达到发热标准（{limit} ℃）"),
        "implausible": _("这个读数不像体温，请再量一次"),
        "kept_pages": _("没有网络时仍可打开："),
    }
