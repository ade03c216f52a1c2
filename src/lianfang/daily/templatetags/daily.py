"""What the templates of the morning ask beside their context."""

from __future__ import annotations

from typing import Any

from django import template

from lianfang.daily.perms import LEAVE_RECORD, ROLL_VIEW
from lianfang.daily.reach import reach_of

register = template.Library()


@register.inclusion_tag("daily/_links.html", takes_context=True)
def related(context: template.Context, unit: Any, day: Any) -> dict[str, Any]:
    """Links to the other pages about a unit and day, as far as the reader may open them."""
    actor = context["request"].actor
    return {
        "unit": unit,
        "day": day,
        "may_see": reach_of(actor, ROLL_VIEW).covers(unit.path, unit.level),
        "may_record": reach_of(actor, LEAVE_RECORD).covers(unit.path, unit.level),
    }
