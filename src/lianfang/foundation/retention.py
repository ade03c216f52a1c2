"""What each room keeps about people, for which purpose and how long, and how it is removed.

A room declares its `Holding`s in `retention.py` and registers them when it is loaded. The terms are the rule pack's
(`purposes`); a unit may shorten one by the setting `retention.<purpose>.<thing>`, for itself and all below, and nobody
can lengthen it. Removing is in `actions/retention.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from lianfang.foundation.models import Unit, UnitSetting
from lianfang.foundation.unitsettings import declare_setting, settings_for
from lianfang.kernel.clock import local_date
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.purposes import Kept, Purpose

Remover = Callable[[Sequence[int], datetime], int]


@dataclass(frozen=True)
class Holding:
    """Rows of one table that hold something of one purpose's thing (`item` = "<purpose>.<thing>").

    `rows` gives those that still hold it, in every realm, and may annotate. `start` is the column or annotation where
    the term begins; `dated` says that it is a day, not an instant. `unit` leads to the path of the unit, `person` to the
    id of the person it is about ("" where it leads nowhere). `shown` are the columns of a copy of one's own data with
    their headings. `remove` takes ids inside a transaction and returns how many it removed.
    """

    item: str
    rows: Callable[[], QuerySet[Any]]
    start: str
    remove: Remover
    dated: bool = False
    unit: str = "unit__path"
    person: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)

    def of_person(self, person_id: int) -> QuerySet[Any]:
        """The rows about one person; none where rows are not about single persons."""
        rows = self.rows()
        return rows.filter(**{self.person: person_id}) if self.person else rows.none()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a request to erase concerns, with the texts by which others may have written about them."""

    person_id: int
    account_id: int | None
    texts: tuple[str, ...]

    def mentioned_in(self, text: str | None) -> bool:
        return bool(text) and any(known in str(text) for known in self.texts)


Scrubber = Callable[[Subject, datetime], Mapping[str, int]]
_holdings: list[Holding] = []
_scrubbers: list[Scrubber] = []


def register_holdings(*holdings: Holding) -> None:
    """Called by a room when it is loaded. Raises KeyError for a thing that no purpose keeps."""
    for holding in holdings:
        kept_of(holding.item)
        if holding not in _holdings:
            _holdings.append(holding)


def register_scrubber(scrub: Scrubber) -> None:
    """A room's way to take one person out of free texts and files that are not rows about that person."""
    if scrub not in _scrubbers:
        _scrubbers.append(scrub)


def holdings(item: str | None = None) -> list[Holding]:
    """Every holding, or those of one thing, the upper rooms' first: what points goes before what is pointed at."""
    return [h for h in reversed(_holdings) if item is None or h.item == item]


def of_units(item: str) -> bool:
    """Whether the rows of a thing belong to units, so that a unit may shorten its term (accounts and sign-ins do not)."""
    return any(holding.unit for holding in holdings(item))


def scrubbers() -> list[Scrubber]:
    return list(_scrubbers)


def kept_of(item: str) -> Kept:
    """The rule pack's word about "<purpose>.<thing>". Raises KeyError."""
    purpose, _dot, thing = item.partition(".")
    return packs().purposes[purpose].kept[thing]


def items() -> dict[str, tuple[Purpose, Kept]]:
    """Everything that the purposes keep, by "<purpose>.<thing>", in the pack's order."""
    return {f"{p.id}.{name}": (p, kept) for p in packs().purposes.values() for name, kept in p.kept.items()}


def setting_key(item: str) -> str:
    return f"retention.{item}"


def _checker(kept: Kept) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        if type(value) is int and kept.at_least <= value <= (kept.days or 0):
            return None
        return _("保存天数只能缩短：请填 %(least)d 到 %(most)d 之间的整数。") % {
            "least": kept.at_least,
            "most": kept.days or 0,
        }

    return check


def declare_terms() -> None:
    """Declare the setting of every term that can be shortened."""
    for item, (_purpose, kept) in items().items():
        if kept.days is not None:
            declare_setting(setting_key(item), None, _checker(kept))


def term_days(unit: Unit | None, item: str, on: date) -> int | None:
    """How many days a thing is kept at a unit: the shortest that the unit or one above it set, else the rule pack's."""
    kept = kept_of(item)
    if kept.days is None or unit is None:
        return kept.days
    above = list(Unit.objects.filter(pk__in=unit.ancestor_ids))
    own = [v.value for v in settings_for(above, setting_key(item), on).values() if v.value is not None]
    return int(max(kept.at_least, min([kept.days, *own])))


def shortened(item: str, on: date) -> list[tuple[str, int]]:
    """(path, days) of every unit with a shorter term of its own in force on a day."""
    kept = kept_of(item)
    latest: dict[int, UnitSetting] = {}
    rows = UnitSetting.objects.filter(key=setting_key(item), begins__lte=on).select_related("unit")
    for row in rows.order_by("begins", "known_at", "id"):
        latest[row.unit_id] = row
    found = ((row.unit.path or "", row.value) for row in latest.values() if row.value is not None)
    return [(path, max(kept.at_least, int(days))) for path, days in found if path and int(days) < (kept.days or 0)]


def past_term(holding: Holding, now: datetime) -> QuerySet[Any]:
    """The rows of a holding whose term is over at `now`."""
    kept = kept_of(holding.item)
    rows = holding.rows()
    if kept.days is None:
        return rows.none()
    today = local_date(now, settings.TIME_ZONE)

    def before(days: int) -> Q:
        edge: date | datetime = (today if holding.dated else now) - timedelta(days=days)
        return Q(**{f"{holding.start}__lt": edge})

    over = before(kept.days)
    if holding.unit:
        for path, days in shortened(holding.item, today):
            over |= Q(**{f"{holding.unit}__startswith": path}) & before(days)
    return rows.filter(over)


def clearing(model: type[Model], **empty: Any) -> Remover:
    """A remover that empties columns and keeps the row."""

    def remove(ids: Sequence[int], now: datetime) -> int:
        return int(_all(model).filter(pk__in=ids).update(**empty))

    return remove


def dropping(model: type[Model], *links: str) -> Remover:
    """A remover that deletes rows; `links` are columns of the same table that may point at them and are emptied first."""

    def remove(ids: Sequence[int], now: datetime) -> int:
        for link in links:
            _all(model).filter(**{f"{link}__in": ids}).update(**{link: None})
        rows = _all(model).filter(pk__in=ids)
        if links:
            return int(rows._raw_delete(rows.db))
        return int(rows.delete()[1].get(model._meta.label, 0))

    return remove


def _all(model: type[Model]) -> Any:
    return getattr(model, "all_realms", model._default_manager).all()


def unheld(known: Iterable[Holding]) -> list[str]:
    """Things with a term that no room holds: the rule pack and the rooms disagree."""
    held = {h.item for h in known}
    return [item for item, (_p, kept) in items().items() if kept.days is not None and item not in held]
