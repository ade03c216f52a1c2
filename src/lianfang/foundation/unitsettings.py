"""Settings that a unit inherits from the units above it, each with a declared default.

A room declares its settings with `declare_setting`; `setting_for` answers with the value and where it comes from, for
any day and as known at any instant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lianfang.foundation.models import Unit, UnitSetting


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A declared setting. `check` returns None or an error in words."""

    key: str
    default: Any
    check: Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """The value in force and the unit that set it (None: the default)."""

    value: Any
    unit_id: int | None
    known_at: datetime | None


_specs: dict[str, SettingSpec] = {}


def declare_setting(key: str, default: Any, check: Callable[[Any], str | None]) -> SettingSpec:
    """Register a setting; the name is "<room>.<name>"."""
    return _specs.setdefault(key, SettingSpec(key, default, check))


def setting_spec(key: str) -> SettingSpec:
    """Raises KeyError for an undeclared key."""
    return _specs[key]


def setting_for(unit: Unit, key: str, on: date, known_at: datetime | None = None) -> SettingValue:
    """The value for `unit` on a day: its own, else the nearest ancestor's, else the default."""
    return settings_for([unit], key, on, known_at)[unit.pk]


def settings_for(units: list[Unit], key: str, on: date, known_at: datetime | None = None) -> dict[int, SettingValue]:
    """`setting_for` for many units in one query, by unit id."""
    spec = _specs[key]
    wanted = {i for unit in units for i in unit.ancestor_ids}
    rows = UnitSetting.objects.filter(key=key, unit_id__in=wanted, begins__lte=on)
    if known_at is not None:
        rows = rows.filter(known_at__lte=known_at)
    latest: dict[int, UnitSetting] = {}
    for row in rows.order_by("begins", "known_at", "id"):
        latest[row.unit_id] = row
    answers = {}
    for unit in units:
        answers[unit.pk] = SettingValue(spec.default, None, None)
        for ancestor in reversed(unit.ancestor_ids):
            found = latest.get(ancestor)
            if found is not None and found.value is not None:
                answers[unit.pk] = SettingValue(found.value, ancestor, found.known_at)
                break
    return answers


def all_settings() -> frozenset[str]:
    """Keys of every declared setting."""
    return frozenset(_specs)
