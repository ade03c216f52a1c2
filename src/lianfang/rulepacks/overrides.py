"""Values that a province, city, county or institution puts in place of a pack's, and how they are laid over."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lianfang.kernel.clock import as_utc
from lianfang.kernel.codes.divisions import DivisionLevel, ancestors, division_level
from lianfang.kernel.labels import Label
from lianfang.kernel.periods import Period
from lianfang.rulepacks.errors import PackError

INSTITUTION = "institution"
_DEPTH = {DivisionLevel.NATION: 0, DivisionLevel.PROVINCE: 1, DivisionLevel.CITY: 2, DivisionLevel.COUNTY: 3}
_INSTITUTION_DEPTH = 4


@dataclass(frozen=True, eq=True)
class Override:
    """One value in place of another.

    ``rule_id`` is ``catalogue.entry.field…`` (``clusters.mumps.cases``). ``jurisdiction`` is a six-digit division code,
    or ``institution`` for an institution's own. ``valid_from``/``valid_to`` are the days on which it holds (the last
    not included); ``known_at`` is the instant at which it was recorded (None: always known).
    """

    rule_id: str
    value: Any
    jurisdiction: str = INSTITUTION
    source: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    known_at: datetime | None = None
    needs_review: bool = False
    note: Label | None = None

    def __post_init__(self) -> None:
        Period(self.valid_from or date.min, self.valid_to)
        if self.jurisdiction != INSTITUTION:
            division_level(self.jurisdiction)
        if self.known_at is not None:
            as_utc(self.known_at)

    def __hash__(self) -> int:
        return hash((self.rule_id, self.jurisdiction, self.valid_from, self.known_at, repr(self.value)))

    @property
    def depth(self) -> int:
        """0 nation, 1 province, 2 city, 3 county, 4 institution: the deeper one wins."""
        if self.jurisdiction == INSTITUTION:
            return _INSTITUTION_DEPTH
        return _DEPTH[division_level(self.jurisdiction)]

    @property
    def validity(self) -> Period:
        return Period(self.valid_from or date.min, self.valid_to)


def split_rule_id(rule_id: str) -> tuple[str, str, tuple[str, ...]]:
    """``clusters.mumps.cases`` as (``clusters``, ``mumps``, (``cases``,)). Raises ``PackError``."""
    parts = rule_id.split(".")
    if len(parts) < 2 or not all(parts):
        raise PackError(rule_id, "a rule id is catalogue.entry.field")
    return parts[0], parts[1], tuple(parts[2:])


def applicable(
    overrides: Iterable[Override], divisions: Iterable[str], on: date | None, known_at: datetime | None
) -> list[Override]:
    """Those that hold in these divisions (or are the institution's own) on a day, as known at an instant.

    In the order in which they are laid over each other: nation, province, city, county, institution; within one level
    by the beginning of validity, then by when it was recorded. ``on`` or ``known_at`` None: not filtered by it.
    """
    places = {code for division in divisions for code in ancestors(division)} | {INSTITUTION, "000000"}
    instant = as_utc(known_at) if known_at is not None else None
    chosen = [
        item
        for item in overrides
        if item.jurisdiction in places
        and (on is None or item.validity.contains(on))
        and (instant is None or item.known_at is None or item.known_at <= instant)
    ]
    return sorted(chosen, key=_order)


def _order(item: Override) -> tuple[int, date, float]:
    recorded = item.known_at.timestamp() if item.known_at is not None else float("-inf")
    return item.depth, item.valid_from or date.min, recorded


def lay_over(entry: Mapping[str, Any], path: tuple[str, ...], value: Any, where: str) -> dict[str, Any]:
    """A copy of a raw entry with the value at ``path`` replaced; list items are reached by their index.

    A leaf that carries its unit and source (``{value: 24, unit: h}``) keeps its unit. Raises ``PackError`` where the
    path leads nowhere.
    """
    changed = copy.deepcopy(dict(entry))
    if not path:
        if not isinstance(value, Mapping):
            raise PackError(where, "a whole entry is replaced by a mapping")
        changed.update(copy.deepcopy(dict(value)))
        return changed
    node: Any = changed
    for step in path[:-1]:
        node = _child(node, step, where)
    last = path[-1]
    if isinstance(node, list):
        node[_index(node, last, where)] = value
    elif isinstance(node, dict):
        old = node.get(last)
        if isinstance(old, dict) and "value" in old and not (isinstance(value, dict) and "value" in value):
            node[last] = {"value": value, **({"unit": old["unit"]} if "unit" in old else {})}
        else:
            node[last] = copy.deepcopy(value)
    else:
        raise PackError(where, f"{last!r} leads nowhere")
    return changed


def _child(node: Any, step: str, where: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, step, where)]
    if isinstance(node, dict) and step in node:
        return node[step]
    raise PackError(where, f"{step!r} leads nowhere")


def _index(node: list[Any], step: str, where: str) -> int:
    if step.isdigit() and int(step) < len(node):
        return int(step)
    raise PackError(where, f"{step!r} is no position in a list of {len(node)}")
