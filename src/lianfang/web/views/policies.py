"""Which sign-in profile a unit has chosen: what each asks, where its numbers come from, and the choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.foundation.access import access, unit_for
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Unit
from lianfang.foundation.passwords import asked
from lianfang.foundation.perms import SETTING_MANAGE
from lianfang.foundation.policy import DEFAULT, PROFILE, Policy, strictest
from lianfang.foundation.unitsettings import setting_for
from lianfang.kernel.clock import local_date
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.signin import SignInProfile
from lianfang.web.forms import ProfileForm


@dataclass(frozen=True, slots=True)
class Shown:
    """A profile in words: (what, how much) line by line, and its sources."""

    id: str
    label: str
    text: str
    note: str
    lines: tuple[tuple[str, str], ...]
    sources: str
    needs_review: bool


def length(time: timedelta) -> str:
    """A duration in the largest unit that divides it."""
    minutes = int(time.total_seconds()) // 60
    if minutes % 1440 == 0:
        return _("%(n)d 天") % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return _("%(n)d 小时") % {"n": minutes // 60}
    return _("%(n)d 分钟") % {"n": minutes}


def _session(policy: Policy) -> str:
    return _("不用 %(idle)s、最长 %(longest)s后退出") % {
        "idle": length(policy.idle),
        "longest": length(policy.longest),
    }


def shown(profile: SignInProfile) -> Shown:
    """A profile for the page."""
    language = get_language() or ""
    plain = strictest([(profile, frozenset())])
    lines = [
        (_("密码"), asked(plain)),
        (_("输错"), _("%(n)d 次后停 %(time)s") % {"n": plain.tries, "time": length(plain.wait)}),
        (_("保持登录"), _session(plain)),
    ]
    for limit in profile.sessions:
        if limit.roles:
            names = _("、").join(sorted(packs().roles[role].label.text(language) for role in limit.roles))
            lines.append((names, _session(strictest([(profile, limit.roles)]))))
    factor = _("、").join(sorted(packs().roles[role].label.text(language) for role in profile.second_factor_roles))
    lines.append((_("必须用第二种登录方式"), factor or _("按岗位另行设置")))
    lines.append((_("一次性密码"), _("%(time)s内有效") % {"time": length(plain.one_time)}))
    note = profile.note.text(language) if profile.note else ""
    sources = _("、").join(source for source in profile.source if not source.startswith("OK-"))
    text = profile.text.text(language)
    label = profile.label.text(language)
    return Shown(profile.id, label, text, note, tuple(lines), sources, profile.needs_review)


@access(SETTING_MANAGE)
def sign_in_rules(request: Any, unit_id: int) -> HttpResponse:
    """The profiles, which of them is in force here and why, and the choice of another one."""
    unit = unit_for(request.actor, SETTING_MANAGE, unit_id)
    today = local_date(request.now, settings.TIME_ZONE)
    here = setting_for(unit, PROFILE, today, request.now)
    form = ProfileForm(request.POST or None, initial={"profile": here.value})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            set_unit_setting(
                request.actor,
                request.now,
                unit=unit,
                key=PROFILE,
                value=given["profile"],
                begins=today,
                reason=given["reason"],
            )
        except Invalid as refused:
            for error in refused.errors:
                form.add_error("profile" if error.field == "value" else "reason", error.message)
        else:
            messages.success(request, _("登录规则已更改。"))
            return redirect("web:sign_in_rules", unit.pk)
    given_by = Unit.objects.filter(pk=here.unit_id).first() if here.unit_id else None
    profiles = [shown(profile) for profile in packs().sign_in_profiles.values()]
    context = {"unit": unit, "form": form, "profiles": profiles, "here": here.value or DEFAULT, "given_by": given_by}
    return render(request, "web/sign_in_rules.html", context, status=422 if form.errors else 200)
