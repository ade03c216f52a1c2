"""A sheet of places: campus, building, floor and room, with area, capacity, taps and who uses it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.people import check_cells, fault_of
from lianfang.exchange.planning.state import State
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rules import Words, plain
from lianfang.kernel.trees import ids_of_path
from lianfang.people.models import Place
from lianfang.rulepacks import packs

ABOVE = ("campus", "building", "floor")
NAME = 60
_NUMBER = re.compile(r"(\d{1,7}(?:\.\d+)?)(?:平方米|平米|㎡|m2|个|人|座|张)?")

Path = tuple[str, ...]


class Rooms:
    """Places are compared by their way from the top (plain names); what a cell does not say stays as it is."""

    def __init__(self, state: State, finder: UnitFinder, words: Words) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self.known: dict[Path, Place] = {}
        self.by_name: dict[str, list[Path]] = {}
        self._first: dict[Path, int] = {}
        self._planned: dict[Path, Change] = {}
        self._changes: list[Change] = []
        self._load()

    def _load(self) -> None:
        rows = {place.pk: place for place in Place.objects.filter(unit=self.state.institution)}
        for place in rows.values():
            ids = ids_of_path(place.path)
            path = tuple(plain(rows[pk].name) for pk in ids if pk in rows)
            self.known[path] = place
            self.by_name.setdefault(path[-1] if path else "", []).append(path)

    def read(self, row: Row) -> None:
        name = row.get("room")
        change = Change("", row.sheet, row.number, name, raw=dict(row.cells), subject="place")
        self._changes.append(change)
        check_cells(change, row)
        kind = self.words.place_kind.get(plain(row.get("room_kind")), "")
        path: Path = ()
        steps = [(above, row.get(above)) for above in ABOVE if row.get(above)]
        change.where = " ".join(step for _kind, step in steps)[:60]
        if name:
            path = self.path_of([*(step for _kind, step in steps), name])
        else:
            fault_of(change, row, "room", "room.required")
        if any(len(step) > NAME for _kind, step in [*steps, ("", name)]):
            fault_of(change, row, "room", "room.too_long")
        if not kind:
            fault_of(change, row, "room_kind", "room.kind", name=row.get("room_kind")[:40])
        elif path and self.known.get(path) is None:
            self._check_order(change, row, [*(step for step, _text in steps), kind])
        figures = {field: self._number(change, row, field) for field in ("area", "capacity", "taps")}
        used_by = self._used_by(change, row)
        first = self._first.setdefault(path, row.number)
        if path and first != row.number:
            fault_of(change, row, "room", "room.double", row=first)
        if change.errors:
            change.kind = "error"
            return
        self._planned[path] = change
        known = self.known.get(path)
        self._compare(change, known, kind, name, figures, used_by)
        change.kind = "create" if known is None else "update" if change.differences else "same"
        change.proposed = {
            "place": {
                "id": known.pk if known else None,
                "above": [list(step) for step in steps],
                "kind": kind,
                "name": name,
                **{field: str(value) if value is not None else "" for field, value in figures.items()},
                "used_by": used_by.as_json() if used_by else None,
            }
        }

    def plan(self) -> list[Change]:
        return self._changes

    def path_of(self, names: list[str]) -> Path:
        """The way that a row means: what it says, or the only place of that name where it says no more than a name."""
        path = tuple(plain(name) for name in names)
        if len(path) == 1 and path not in self.known:
            same = self.by_name.get(path[0], [])
            return same[0] if len(same) == 1 else path
        return path

    def find(self, text: str) -> dict[str, Any] | None:
        """The place that a cell of another sheet means, by name or by its way ("实验楼 301"); made by this import or known."""
        typed = plain(text)
        found = {
            path for path in (*self.known, *self._planned) if typed in (path[-1], "".join(path), "".join(path[-2:]))
        }
        if len(found) != 1:
            return None
        path = found.pop()
        known = self.known.get(path)
        return {"id": known.pk if known else None, "path": list(path), "label": text}

    def _check_order(self, change: Change, row: Row, kinds: list[str]) -> None:
        """Every place lies in one in which its kind can lie, or stands alone where it may."""
        above: str | None = None
        for kind in kinds:
            known = packs().place_kinds.get(kind)
            if known is None or not (known.top if above is None else above in known.under):
                fault_of(change, row, "room_kind", "room.order")
                return
            above = kind

    def _number(self, change: Change, row: Row, name: str) -> Decimal | None:
        text = unicodedata.normalize("NFKC", row.get(name)).replace(" ", "")
        if not text:
            return None
        match = _NUMBER.fullmatch(text)
        value = Decimal(match[1]) if match else Decimal(0)
        good = value > 0 if name == "area" else match is not None and value == value.to_integral()
        if not good or value > 100_000:
            fault_of(change, row, name, "number.format", text=row.get(name)[:20])
            return None
        return value.quantize(Decimal("0.1")) if name == "area" else value.to_integral()

    def _used_by(self, change: Change, row: Row) -> Any:
        text = row.get("used_by")
        if not text:
            return None
        levels = ("class", "department", "division", "dormitory")
        found = next((ref for level in levels if (ref := self.finder.named(level, text))), None)
        if found is None:
            fault_of(change, row, "used_by", "unit.unknown", name=text[:40])
        return found

    def _compare(
        self,
        change: Change,
        known: Place | None,
        kind: str,
        name: str,
        figures: dict[str, Decimal | None],
        used_by: Any,
    ) -> None:
        if known is None:
            return
        if kind != known.kind:
            change.differ("room_kind", known.kind, kind)
        for field, column in (("area", "area_m2"), ("capacity", "capacity"), ("taps", "taps")):
            value, old = figures[field], getattr(known, column)
            if value is not None and (old is None or Decimal(old) != value):
                change.differ(field, str(old) if old is not None else "", str(value))
        if used_by is not None and used_by.unit_id != known.used_by_id:
            old_unit = self.state.units.get(known.used_by_id or 0)
            change.differ("used_by", old_unit.name if old_unit else "", used_by.label)
