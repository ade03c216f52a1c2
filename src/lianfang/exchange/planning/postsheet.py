"""A sheet of posts: who holds which role where, from when to when."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.colleagues import Colleagues
from lianfang.exchange.planning.people import check_cells, fault_of
from lianfang.exchange.planning.state import State, UnitRef
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rules import Words, class_lists, parse_day, plain
from lianfang.people.models import Post
from lianfang.people.roster import Holding, ends_before_it_begins
from lianfang.rulepacks import packs

LEVELS = ("class", "division", "department", "dormitory", "campus")


class Posts:
    """Reads the rows. A post that only one person can hold is handed over; nothing ends because it is not listed."""

    def __init__(self, state: State, finder: UnitFinder, words: Words, colleagues: Colleagues, effective: date) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self.colleagues = colleagues
        self.effective = effective
        self._single: dict[tuple[str, str], tuple[int, Holding]] = {}
        self._known: dict[tuple[int, str, int], list[Post]] = {}

    def read(self, rows: list[Row]) -> list[Change]:
        if rows:
            for post in Post.objects.filter(unit_id__in=list(self.state.units), void_at=None):
                self._known.setdefault((post.person_id, post.role, post.unit_id), []).append(post)
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Change:
        change = Change("", row.sheet, row.number, row.get("name"), raw=dict(row.cells), subject="post")
        check_cells(change, row)
        person, code = self.colleagues.find(row.get("name"), row.get("number"))
        if not row.get("name"):
            fault_of(change, row, "name", "name.required")
        elif person is None:
            fault_of(change, row, "number" if code.startswith("number") else "name", code, name=row.get("name")[:40])
        roles = self.words.positions(row.get("position"))
        if not roles:
            fault_of(change, row, "position", "position.unknown", name=row.get("position")[:40])
        places = self._places(change, row)
        begins, ends = self._day(change, row, "begins"), self._day(change, row, "ends")
        if begins is None and ends is not None and ends <= self.effective:
            begins = ends
        begins = begins or self.effective
        if ends_before_it_begins(begins, ends):
            fault_of(change, row, "ends", "post.ends_before_it_begins")
        change.where = places[0].label if len(places) == 1 else ""
        found = []
        for role in roles:
            for place in places:
                if not self._fits(role, place):
                    fault_of(change, row, "held_at", "position.unit", unit=place.label, role=role)
                elif not change.errors and self._alone(change, row, role, place, Holding(begins, ends)):
                    found.append((role, place))
        if change.errors:
            change.kind = "error"
            return change
        wanted = []
        for role, place in found:
            said: dict[str, Any] = {"role": role, "unit": place.as_json(), "begins": begins.isoformat()}
            said["ends"] = ends.isoformat() if ends else ""
            kept = self._kept((person or {}).get("id"), role, place, Holding(begins, ends))
            if kept is None:
                change.differ("post", "", place.label, role=role)
                wanted.append({**said, "id": None})
            elif ends is not None and kept.ends != ends:
                change.differ("post_ends", str(kept.ends or ""), ends.isoformat())
                wanted.append({**said, "id": kept.pk})
        new = any(item["id"] is None for item in wanted)
        change.kind = "create" if new else "update" if wanted else "same"
        change.proposed = {"post": {"person": person, "posts": wanted}}
        change.person_id = (person or {}).get("id")
        return change

    def _places(self, change: Change, row: Row) -> list[UnitRef]:
        found: list[UnitRef] = []
        for part in class_lists(row.get("held_at")):
            institution = self.state.institution
            unit: UnitRef | None = None
            if plain(part) == plain(institution.name) or re.fullmatch("全校|学校|本校", plain(part)):
                unit = UnitRef(institution.name, institution.pk)
            else:
                unit = next((ref for level in LEVELS if (ref := self.finder.named(level, part))), None)
            if unit is None:
                fault_of(change, row, "held_at", "unit.unknown", name=part[:40])
            else:
                found.append(unit)
        if not found and not change.errors:
            fault_of(change, row, "held_at", "place.required")
        return found

    def _day(self, change: Change, row: Row, name: str) -> date | None:
        try:
            return parse_day(row.get(name))
        except ValueError:
            fault_of(change, row, name, "day.format")
            return None

    def _fits(self, role: str, place: UnitRef) -> bool:
        known = packs().roles.get(role)
        unit = self.state.units.get(place.unit_id or 0)
        kind = unit.kind if unit is not None else place.key.split(":", 1)[0]
        return known is not None and kind in known.unit_kinds

    def _alone(self, change: Change, row: Row, role: str, place: UnitRef, holding: Holding) -> bool:
        known = packs().roles.get(role)
        if known is None or not known.single:
            return True
        first, kept = self._single.setdefault((role, place.key or str(place.unit_id)), (row.number, holding))
        if first != row.number and kept.meets(holding):
            fault_of(change, row, "position", "position.double", row=first, unit=place.label, role=role)
            return False
        return True

    def _kept(self, person_id: int | None, role: str, place: UnitRef, holding: Holding) -> Post | None:
        if person_id is None or place.unit_id is None:
            return None
        posts = self._known.get((person_id, role, place.unit_id), [])
        return next((p for p in posts if Holding(p.begins, p.ends).meets(holding)
                     or (p.begins, p.ends) == (holding.begins, holding.ends)), None)  # fmt: skip
