"""A row of the students' sheet: class, guardians, dormitory; created, changed, moved, or said to have left."""

from __future__ import annotations

from datetime import date

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.guardians import Guardian, compare_guardians, read_guardians
from lianfang.exchange.planning.merging import Merges
from lianfang.exchange.planning.people import (
    Doubles,
    Draft,
    compare_person,
    find_person,
    person_json,
    settle_doubts,
    start,
)
from lianfang.exchange.planning.state import Elsewhere, Known, State, UnitRef
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rules import Words, plain
from lianfang.people.roster import moves_within


class Students:
    """Reads the rows one after another; `seen` are the classes and persons that the sheet speaks of."""

    def __init__(self, state: State, finder: UnitFinder, words: Words, today: date) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self.today = today
        self.moving = moves_within(state.institution.kind)
        self.doubles = Doubles()
        self.seen_units: set[int] = set()
        self.seen_memberships: set[int] = set()
        self.seen_persons: set[int] = set()
        self.doubtful: set[str] = set()
        self._orders: dict[str, int] = {}
        self._drafts: list[tuple[Draft, UnitRef | None, list[Guardian]]] = []

    def read(self, row: Row) -> Draft:
        draft = start(row, self.words, self.today)
        unit = self._unit(draft)
        guardians = read_guardians(draft, self.words, self.today)
        self.doubles.check(draft, "" if self.moving else f"\0{plain(row.get('class'))}")
        self._drafts.append((draft, unit, guardians))
        return draft

    def id_indexes(self) -> list[str]:
        """Of persons whom the institution does not know."""
        found = [draft.fields.id_index for draft, _unit, _guardians in self._drafts]
        return [index for index in found if index and index not in self.state.by_document]

    def plan(self, elsewhere: dict[str, Elsewhere]) -> list[Change]:
        for draft, unit, _guardians in self._drafts:
            find_person(draft, self.state, elsewhere, unit.unit_id if unit else None)
        merges = Merges(self.state, [draft for draft, _unit, _guardians in self._drafts])
        for draft, unit, guardians in self._drafts:
            merges.look(draft, guardians)
            self._decide(draft, unit, guardians)
            if draft.change.proposed:
                settle_doubts(draft)
        return [*(draft.change for draft, _unit, _guardians in self._drafts), *self._leavers()]

    def _unit(self, draft: Draft) -> UnitRef | None:
        row = draft.row
        if not row.get("class"):
            draft.fault("class", "class.required")
            return None
        good = not draft.change.errors
        found = self.finder.class_for if good else self.finder.known_class
        unit = found(row.get("class"), row.get("grade"))
        if unit is None and (good or self.finder.class_for(row.get("class"), row.get("grade")) is None):
            draft.fault("class", "class.unknown", name=row.get("class")[:40])
        return unit

    def _decide(self, draft: Draft, unit: UnitRef | None, guardians: list[Guardian]) -> None:
        change, known = draft.change, draft.known
        if unit is not None:
            change.where = unit.label
            if unit.unit_id is not None:
                self.seen_units.add(unit.unit_id)
        if change.errors or unit is None:
            change.kind = "error"
            self.doubtful |= {draft.fields.name_key, draft.row.get("number")} - {""}
            if known is not None:
                self.seen_persons.add(known.person_id)
            return
        if known is not None:
            self.seen_persons.add(known.person_id)
            change.person_id = known.person_id
        if self._gone(draft, known):
            return
        here, elsewhere_here = self._memberships(draft, unit)
        dormitory = self.finder.dormitory_for(draft.row.get("dormitory")) if draft.row.get("dormitory") else None
        change.proposed = {
            **person_json(draft),
            "kind": "student",
            "unit": unit.as_json(),
            "order": 0 if here else self._order(unit),
            "dormitory": dormitory.as_json() if dormitory else None,
            "address": draft.row.get("address"),
            "guardians": [
                {
                    "name": fields.name,
                    "relation": relation,
                    "phone": fields.phone or "",
                    "id_type": fields.id_type,
                    "id_number": fields.id_number or "",
                }
                for fields, relation in guardians
            ],
        }
        if known is None and draft.elsewhere is None:
            change.kind = "create"
            return
        if draft.elsewhere is not None:
            change.kind, change.person_id = "second", draft.elsewhere.person_id
            return
        compare_person(draft)
        compare_guardians(draft, guardians, self.state)
        self._compare_dormitory(draft, dormitory)
        if here is None:
            old = "、".join(self.state.units[k.unit_id].name for k in elsewhere_here)
            change.differ("class", old, unit.label)
            change.kind = "move" if elsewhere_here and self.moving else "update"
        else:
            change.kind = "update" if change.differences else "same"

    def _memberships(self, draft: Draft, unit: UnitRef) -> tuple[Known | None, list[Known]]:
        """The membership in the class of the row, and those in other classes."""
        if draft.known is None:
            return None, []
        own = self.state.of_person.get((draft.known.person_id, "student"), [])
        here = next((known for known in own if known.unit_id == unit.unit_id), None)
        if here is not None:
            self.seen_memberships.add(here.membership_id)
        return here, [known for known in own if known is not here]

    def _gone(self, draft: Draft, known: Known | None) -> bool:
        """A row that says itself that the student is no longer here."""
        status = draft.row.get("status")
        meaning = self.words.status.get(plain(status), "here")
        if meaning != "gone":
            return False
        draft.change.kind = "same"
        if known is not None and known.kind == "student":
            draft.change.kind, draft.change.membership_id = "leave", known.membership_id
            draft.change.differ("status", "", status[:40])
        return True

    def _order(self, unit: UnitRef) -> int:
        key = unit.key or str(unit.unit_id)
        if key not in self._orders:
            there = [k for k in self.state.members if k.unit_id == unit.unit_id and k.kind == "student"]
            self._orders[key] = len(there)
        self._orders[key] += 1
        return self._orders[key]

    def _compare_dormitory(self, draft: Draft, dormitory: UnitRef | None) -> None:
        if dormitory is None or draft.known is None:
            return
        own = self.state.of_person.get((draft.known.person_id, "resident"), [])
        if not any(known.unit_id == dormitory.unit_id for known in own):
            old = "、".join(self.state.units[k.unit_id].name for k in own)
            draft.change.differ("dormitory", old, dormitory.label)

    def _leavers(self) -> list[Change]:
        """Members of a class that the sheet lists, who are not in it. Never when a faulty row may mean them."""
        changes = []
        for known in self.state.members:
            if known.kind != "student" or known.unit_id not in self.seen_units:
                continue
            there = self.seen_persons if self.moving else self.seen_memberships
            if (known.person_id if self.moving else known.membership_id) in there:
                continue
            if ({known.name_key, known.number} - {""}) & self.doubtful:
                continue
            change = Change("leave", "", 0, known.name, person_id=known.person_id, membership_id=known.membership_id)
            change.where = self.state.units[known.unit_id].name
            change.raw = {"name": known.name, "number": known.number, "class": change.where}
            changes.append(change)
        return changes
