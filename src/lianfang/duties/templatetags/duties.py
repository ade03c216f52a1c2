"""Words for duties in templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.duties.wording import REASONS, STEP_OUTCOMES
from lianfang.kernel.labels import Label
from lianfang.rulepacks import packs

register = template.Library()


@register.filter
def said(label: Label | str) -> str:
    """A label of the rule packs in the reader's language; other text as it is."""
    return label.text(get_language() or "") if isinstance(label, Label) else str(label)


@register.filter
def role_name(role: str) -> str:
    """The name of a role in the reader's language; the id of one that is no longer in the rule packs."""
    known = packs().roles.get(role)
    return said(known.label) if known else role


@register.filter
def outcome_name(outcome: str) -> str:
    """What became of a step, in words."""
    return str(STEP_OUTCOMES[outcome])


@register.filter
def reason_words(reason: Any) -> str:
    """The sentence of a reason."""
    facts = {name: _fact(value) for name, value in reason.facts.items()}
    return str(REASONS[reason.text_key]) % facts


@register.simple_tag
def moment(at: datetime, now: datetime) -> str:
    """Time of day; with the date when it is another day than `now`."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return f"{date_format(local, 'MONTH_DAY_FORMAT')} {local:%H:%M}"


@register.simple_tag
def chase_query(**filters: Any) -> str:
    """A query string of those filters that are set."""
    return "?" + urlencode({name: value for name, value in filters.items() if value})


def _fact(value: Any) -> str:
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{date_format(local, 'MONTH_DAY_FORMAT')} {local:%H:%M}"
    return str(value) if value else _("未注明")
