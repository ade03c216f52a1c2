"""An institution shortens a retention term, or takes that back."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from lianfang.foundation.access import unit_for
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.models import UnitSetting
from lianfang.foundation.retention import items, of_units, setting_key
from lianfang.kernel.clock import local_date
from lianfang.people import perms


def shorten_term(actor: Actor, now: datetime, *, unit_id: int, item: str, days: int | None) -> UnitSetting:
    """Keep a thing for fewer days at a unit and below from today (None: as inherited). Raises Forbidden, NotFound;
    Invalid for an unknown thing and for a term that would be longer, or shorter than a duty to keep."""
    unit = unit_for(actor, perms.PRIVACY_MANAGE, unit_id)
    known = items().get(item)
    if known is None or known[1].days is None or not of_units(item):
        raise invalid("item", "unknown", _("没有这一项。"))
    today = local_date(now, settings.TIME_ZONE)
    return set_unit_setting(actor, now, unit=unit, key=setting_key(item), value=days, begins=today)
