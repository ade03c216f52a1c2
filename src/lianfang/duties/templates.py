"""Duty templates of the rule packs as they hold for a unit on a day, and the names of duties that other rooms fulfil."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lianfang.foundation.models import Unit
from lianfang.foundation.unitsettings import declare_setting, settings_for
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.reporting import DutyTemplate
from lianfang.rulepacks.errors import PackError, UnknownRule
from lianfang.rulepacks.library import Packs
from lianfang.rulepacks.overrides import Override

_DIVISION = re.compile(r"[1-9]\d{5}")


def check_overrides(value: Any) -> str | None:
    """None for a list of {"rule_id", "value"} that the rule packs accept, else what is wrong in words."""
    if not isinstance(value, list):
        return _("请给出规则编号和取值的列表。")
    for item in value:
        if not isinstance(item, dict) or set(item) != {"rule_id", "value"}:
            return _("每一项都要有规则编号和取值。")
        try:
            packs().check_override(Override(str(item["rule_id"]), item["value"]))
        except (PackError, UnknownRule) as error:
            return _("规则“%(rule)s”不能这样改：%(why)s") % {"rule": item["rule_id"], "why": error}
    return None


OVERRIDES = declare_setting("rules.overrides", [], check_overrides)


def packs_for(units: Iterable[Unit], on: date) -> dict[int, Packs]:
    """The rule packs as they hold at each unit on a day: those of its region, its own changes laid over. One query."""
    listed = list(units)
    own = settings_for(listed, OVERRIDES.key, on)
    answers = {}
    for unit in listed:
        changes = tuple(Override(item["rule_id"], item["value"]) for item in own[unit.pk].value)
        places = (unit.region,) if _DIVISION.fullmatch(unit.region) else ()
        answers[unit.pk] = packs().scoped(places, changes, on)
    return answers


def kinds_for_session(template_kind: str, session: str, templates: Mapping[str, DutyTemplate]) -> tuple[str, ...]:
    """Duty kinds (ids of templates) that a roll of a session fulfils: ("class_check", "morning") → class-morning-check."""
    return tuple(t.id for t in templates.values() if t.kind == template_kind and t.session == session)


def kind_for_report(report_kind: str, level: str, templates: Mapping[str, DutyTemplate]) -> str | None:
    """The duty kind that signing a report of this kind at this level fulfils, or None when none is owed."""
    for template in templates.values():
        if (template.due.report_kind, template.due.level) == (report_kind, level):
            return template.id
    return None


_links: dict[str, str] = {}
_PLACES = {"unit": "1", "day": "2026-01-01", "session": "morning", "report_kind": "k", "level": "class"}


def declare_link(template_kind: str, pattern: str) -> None:
    """Where the holder of a duty goes: an upper room names the path for a template's `kind`, with the places
    {unit} {day} {session} {report_kind} {level}. Raises ValueError for a pattern that is no path of such places."""
    try:
        path = pattern.format(**_PLACES)
    except (KeyError, IndexError) as error:
        raise ValueError(f"unknown place in the link of {template_kind}: {pattern}") from error
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"a duty links to a path of this installation, not {pattern}")
    _links[template_kind] = pattern


def link_for(template: DutyTemplate, unit_id: int, day: date) -> str:
    """The path for a duty of this template; empty where no room named one (the page of the duty itself is used)."""
    return _links.get(template.kind, "").format(
        unit=unit_id,
        day=day.isoformat(),
        session=template.session or "",
        report_kind=template.due.report_kind or "",
        level=template.due.level or "",
    )
