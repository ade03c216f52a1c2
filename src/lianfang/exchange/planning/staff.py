"""A row of the staff sheet: department and posts."""

from __future__ import annotations

from datetime import date
from typing import Any

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.people import (
    Doubles,
    Draft,
    compare_person,
    find_person,
    person_json,
    settle_doubts,
    start,
)
from lianfang.exchange.planning.state import Elsewhere, State, UnitRef
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rules import Words, class_lists, plain
from lianfang.rulepacks import packs

Posts = list[tuple[str, UnitRef]]


class Staff:
    """Reads the rows one after another. A sheet of staff proposes no leavers: schools keep several such lists."""

    def __init__(self, state: State, finder: UnitFinder, words: Words, today: date) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self.today = today
        self.doubles = Doubles()
        self._single: dict[tuple[str, str], int] = {}
        self._drafts: list[tuple[Draft, UnitRef | None, Posts]] = []

    def read(self, row: Row) -> Draft:
        draft = start(row, self.words, self.today)
        draft.change.subject = "staff"
        self.doubles.check(draft, "")
        text = row.get("department")
        department = self.finder.department_for(text) if text and not draft.change.errors else None
        self._drafts.append((draft, department, self._posts(draft)))
        return draft

    def drafts(self) -> list[Draft]:
        """The rows as they were read."""
        return [draft for draft, _department, _posts in self._drafts]

    def id_indexes(self) -> list[str]:
        found = [draft.fields.id_index for draft, _department, _posts in self._drafts]
        return [index for index in found if index and index not in self.state.by_document]

    def plan(self, elsewhere: dict[str, Elsewhere]) -> list[Change]:
        for draft, department, posts in self._drafts:
            find_person(draft, self.state, elsewhere, department.unit_id if department else self.state.institution.pk)
            self._decide(draft, department, posts)
        return [draft.change for draft, _department, _posts in self._drafts]

    def _posts(self, draft: Draft) -> Posts:
        row, found = draft.row, []
        for role in self.words.positions(row.get("position")):
            at = self.words.held_at.get(role, "institution")
            places: list[UnitRef] = []
            if at == "institution":
                places = [UnitRef(self.state.institution.name, self.state.institution.pk)]
            elif at == "division":
                places = self._places(draft, "division", row.get("division"), required=True)
            elif at == "homeroom":
                places = self._places(draft, "homeroom", row.get("homeroom") or row.get("classes"), required=True)[:1]
            else:
                places = self._places(draft, "classes", row.get("classes"), required=False)
            for place in places:
                if self._fits(role, place) and self._alone(draft, role, place):
                    found.append((role, place))
        return found

    def _places(self, draft: Draft, name: str, text: str, *, required: bool) -> list[UnitRef]:
        found = []
        for part in class_lists(text):
            unit = self.finder.division_for(part) if name == "division" else self.finder.known_class(part)
            if unit is None:
                draft.fault(
                    name if name in draft.row.headers else "position",
                    "unit.unknown",
                    name=part[:40],
                )
            else:
                found.append(unit)
        if required and not found and not draft.change.errors:
            column = name if name in draft.row.headers else "position"
            draft.fault(column, "place.required")
        return found

    def _fits(self, role: str, place: UnitRef) -> bool:
        known = packs().roles.get(role)
        unit = self.state.units.get(place.unit_id or 0)
        kind = unit.kind if unit is not None else place.key.split(":", 1)[0]
        return known is not None and kind in known.unit_kinds

    def _alone(self, draft: Draft, role: str, place: UnitRef) -> bool:
        """A post that only one person can hold is named once in the sheet."""
        known = packs().roles.get(role)
        if known is None or not known.single:
            return True
        key = (role, place.key or str(place.unit_id))
        first = self._single.setdefault(key, draft.row.number)
        if first != draft.row.number:
            draft.fault("position", "position.double", row=first, unit=place.label, role=role)
        return first == draft.row.number

    def _decide(self, draft: Draft, department: UnitRef | None, posts: Posts) -> None:
        change, known = draft.change, draft.known
        change.where = department.label if department else ""
        if change.errors:
            change.kind = "error"
            return
        if known is not None:
            change.person_id = known.person_id
        status = draft.row.get("status")
        if self.words.status.get(plain(status), "here") == "gone":
            change.kind = "same"
            if known is not None and known.kind == "staff":
                change.kind, change.membership_id = "leave", known.membership_id
                change.differ("status", "", status[:40])
            return
        own = self.state.of_person.get((known.person_id, "staff"), []) if known else []
        unit = department
        if unit is None and not own:
            unit = UnitRef(self.state.institution.name, self.state.institution.pk)
        new_posts = [(role, place) for role, place in posts if not self._held(role, place, change.person_id)]
        change.proposed = {
            **person_json(draft),
            "kind": "staff",
            "unit": unit.as_json() if unit else None,
            "order": 0,
            "dormitory": None,
            "address": "",
            "guardians": [],
            "posts": [{"role": role, "unit": place.as_json()} for role, place in new_posts],
        }
        if draft.elsewhere is not None:
            change.kind, change.person_id = "second", draft.elsewhere.person_id
        elif known is None:
            change.kind = "create"
        else:
            compare_person(draft)
            if unit is not None and not any(k.unit_id == unit.unit_id for k in own):
                change.differ("department", "", unit.label)
        for role, place in new_posts:
            change.differ("post", self._holder(role, place), place.label, role=role)
        if known is not None:
            change.kind = "update" if change.differences else "same"
        settle_doubts(draft)

    def _held(self, role: str, place: UnitRef, person_id: int | None) -> bool:
        holders: list[Any] = self.state.posts.get((role, place.unit_id or 0), [])
        return person_id is not None and any(holder == person_id for holder, _name in holders)

    def _holder(self, role: str, place: UnitRef) -> str:
        known = packs().roles.get(role)
        if known is None or not known.single:
            return ""
        return "、".join(name for _holder, name in self.state.posts.get((role, place.unit_id or 0), []))
