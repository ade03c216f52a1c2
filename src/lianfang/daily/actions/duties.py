"""A saved check fulfils the duty that its unit owed for the session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from lianfang.daily.models import RollCheck
from lianfang.duties.actions import DutyKey, fulfil
from lianfang.duties.templates import packs_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.rulepacks.catalogs.reporting import DutyTemplate


def duty_kinds(session: str, unit_kind: str, templates: Iterable[DutyTemplate]) -> tuple[str, ...]:
    """Ids of those templates that a check of such a unit at the session fulfils (class-morning-check …)."""
    return tuple(
        template.id
        for template in templates
        if template.kind in ("class_check", "roll_check")
        and template.session == session
        and unit_kind in template.holder.unit_kinds
    )


def fulfil_class_checks(saved: Sequence[tuple[Actor, datetime, Unit, RollCheck]]) -> None:
    """Mark the duties of these checks as done when we received them: one call for each actor and instant."""
    keys: dict[tuple[str, datetime], tuple[Actor, list[DutyKey]]] = {}
    at_units = {
        day: packs_for({unit.pk: unit for _a, _r, unit, check in saved if check.day == day}.values(), day)
        for day in {check.day for _a, _r, _u, check in saved}
    }
    for actor, received_at, unit, check in saved:
        owed = at_units[check.day][unit.pk].duty_templates.values()
        _, mine = keys.setdefault((actor.agent, received_at), (actor, []))
        mine += [DutyKey(kind, unit.pk, check.day.isoformat()) for kind in duty_kinds(check.session, unit.kind, owed)]
    for (_agent, received_at), (actor, mine) in keys.items():
        if mine:
            fulfil(actor, received_at, keys=mine)
