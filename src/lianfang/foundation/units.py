"""Reading the tree: time zones, institutions, paths to the top."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from lianfang.foundation.models import Unit


def ancestors(unit: Unit) -> list[Unit]:
    """From the root down to `unit` itself."""
    by_id = Unit.objects.in_bulk(unit.ancestor_ids)
    return [by_id[i] for i in unit.ancestor_ids]


def institution_of(unit: Unit) -> Unit | None:
    """The institution that a unit belongs to (itself, if it is one); None above institutions."""
    for candidate in reversed(ancestors(unit)):
        if candidate.level == "institution":
            return candidate
    return None


def time_zone_of(unit: Unit) -> str:
    """IANA name of the unit's zone, inherited; the installation's where none is set."""
    return time_zones([unit])[unit.pk]


def time_zones(units: Iterable[Unit]) -> dict[int, str]:
    """`time_zone_of` for many units in one query, by unit id."""
    units = list(units)
    wanted = {i for unit in units for i in unit.ancestor_ids}
    own = dict(Unit.objects.filter(pk__in=wanted).exclude(time_zone="").values_list("pk", "time_zone"))
    return {u.pk: next((own[i] for i in reversed(u.ancestor_ids) if i in own), settings.TIME_ZONE) for u in units}
