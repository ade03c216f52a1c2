"""A saved check fulfils the duty that its unit owed for the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from lianfang.daily.models import RollCheck
from lianfang.duties.actions import DutyKey, fulfil
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.rulepacks import packs


@lru_cache(maxsize=256)
def duty_kinds(session: str, unit_kind: str) -> tuple[str, ...]:
    """Ids of the duty templates that a check of such a unit at the session fulfils (class-morning-check …)."""
    return tuple(
        template.id
        for template in packs().duty_templates.values()
        if template.kind in ("class_check", "roll_check")
        and template.session == session
        and unit_kind in template.holder.unit_kinds
    )


def fulfil_class_checks(saved: Sequence[tuple[Actor, datetime, Unit, RollCheck]]) -> None:
    """Mark the duties of these checks as done when we received them: one call for each actor and instant."""
    keys: dict[tuple[str, datetime], tuple[Actor, list[DutyKey]]] = {}
    for actor, received_at, unit, check in saved:
        _, mine = keys.setdefault((actor.agent, received_at), (actor, []))
        mine += [DutyKey(kind, unit.pk, check.day.isoformat()) for kind in duty_kinds(check.session, unit.kind)]
    for (_agent, received_at), (actor, mine) in keys.items():
        if mine:
            fulfil(actor, received_at, keys=mine)
