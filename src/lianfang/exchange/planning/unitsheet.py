"""A sheet of units: campuses, grades, classes, departments, dormitories and what each stands under."""

from __future__ import annotations

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.people import check_cells, fault_of
from lianfang.exchange.planning.state import State, UnitRef
from lianfang.exchange.planning.units import MAX_NAME, UnitFinder
from lianfang.exchange.rules import Words, ancestors_that_loop, plain
from lianfang.rulepacks import packs

LEVELS = ("campus", "division", "class", "department", "dormitory")


class Units:
    """Reads the rows, then puts parents before children. A tree that bites its tail is a fault at each of its rows."""

    def __init__(self, state: State, finder: UnitFinder, words: Words) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self._rows: dict[str, tuple[Row, Change, str]] = {}
        self._changes: list[Change] = []
        self._done: dict[str, UnitRef | None] = {}

    def read(self, row: Row) -> None:
        name = row.get("unit")
        change = Change(
            "", row.sheet, row.number, name, raw=dict(row.cells), subject="unit", where=row.get("parent")[:60]
        )
        self._changes.append(change)
        check_cells(change, row)
        level = self.words.unit_kind.get(plain(row.get("unit_kind")), "")
        if not name:
            fault_of(change, row, "unit", "unit.required")
        elif len(name) > MAX_NAME:
            fault_of(change, row, "unit", "unit.too_long")
        if not level:
            fault_of(change, row, "unit_kind", "unit.kind")
        first = self._rows.get(plain(name))
        if first is not None and name:
            fault_of(change, row, "unit", "unit.double", row=first[0].number)
        elif name:
            self._rows[plain(name)] = (row, change, level)

    def plan(self) -> list[Change]:
        parents = {key: plain(row.get("parent")) for key, (row, _change, _level) in self._rows.items()}
        for key in ancestors_that_loop(parents):
            row, change, _level = self._rows[key]
            fault_of(change, row, "parent", "unit.own_ancestor", name=row.get("unit"))
        for key in self._rows:
            self._settle(key)
        for change in self._changes:
            if change.errors:
                change.kind = "error"
        return self._changes

    def _settle(self, key: str) -> UnitRef | None:
        """The unit of a row, its parent first; None where the row has a fault. A loop was broken by its faults."""
        if key in self._done:
            return self._done[key]
        self._done[key] = None
        row, change, level = self._rows[key]
        above = plain(row.get("parent"))
        if change.errors:
            return None
        parent: UnitRef | None = None
        if above and above != plain(self.state.institution.name):
            if above in self._rows:
                parent = self._settle(above)
                if parent is None:
                    fault_of(change, row, "parent", "unit.below_faulty", name=row.get("parent"))
                    return None
            else:
                parent = next((ref for lv in LEVELS if (ref := self.finder.named(lv, row.get("parent")))), None)
                if parent is None:
                    fault_of(change, row, "parent", "unit.parent", name=row.get("parent")[:40])
                    return None
        if not self._fits(level, parent):
            over = parent.label if parent else self.state.institution.name
            fault_of(change, row, "parent", "unit.parent_kind", name=over, kind=row.get("unit_kind"))
            return None
        known = self.finder.named(level, row.get("unit"))
        if known is not None and known.unit_id is not None:
            change.kind = "same"
        else:
            known = self.finder.make_unit(level, row.get("unit"), parent)
            change.kind = "create"
            change.proposed = {"units": [known.as_json()]}
        self._done[key] = known
        return known

    def _fits(self, level: str, parent: UnitRef | None) -> bool:
        if parent is None:
            kind = self.state.institution.kind
        elif parent.unit_id is not None:
            kind = self.state.units[parent.unit_id].kind
        else:
            kind = parent.key.split(":", 1)[0]
        known = packs().unit_kinds.get(level)
        return known is not None and kind in known.parents
