"""Settings of units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from lianfang.foundation import perms
from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.lengths import check_lengths
from lianfang.foundation.models import Unit, UnitSetting
from lianfang.foundation.unitsettings import setting_spec


@transaction.atomic
def set_unit_setting(
    actor: Actor, now: datetime, *, unit: Unit, key: str, value: Any, begins: date, reason: str = ""
) -> UnitSetting:
    """Give a unit its own value from a day on (None: inherit again). Raises Forbidden, NotFound, Invalid."""
    unit_for(actor, perms.SETTING_MANAGE, unit.pk)
    problem = None if value is None else setting_spec(key).check(value)
    if problem:
        raise invalid("value", "invalid", problem)
    row = UnitSetting(
        unit=unit, key=key, value=value, begins=begins, known_at=now, set_by_id=actor.account_id, reason=reason.strip()
    )
    check_lengths(row)
    row.save()
    body = {"key": key, "value": value, "begins": begins, "reason": reason}
    write(actor, [Event("foundation.setting.changed", "unit_setting", row.pk, unit.pk, now, body)], now)
    return row
