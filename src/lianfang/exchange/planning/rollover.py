"""A school year rolled over, as a changeset: who moves up into which class, who graduates, which classes begin and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lianfang.exchange.planning.changes import Change, Plan, Row
from lianfang.exchange.planning.people import fault_of, start
from lianfang.exchange.planning.reading import Remembered, read_rows
from lianfang.exchange.planning.state import Known, State, UnitRef, load_state
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rollover import Pupil, deal, last_grade, promoted_name, school_years
from lianfang.exchange.rules import ClassKey, ClassTable, parse_class
from lianfang.exchange.sheets import Sheet
from lianfang.exchange.tables import class_table, value_words
from lianfang.foundation.models import Unit
from lianfang.people.models import Post
from lianfang.rulepacks import packs


@dataclass(frozen=True, slots=True)
class _Class:
    """A class that ends: its grade now, and its number or, where the name holds none, 0."""

    unit: Unit
    grade: int
    number: int


def plan_rollover(
    institution: Unit,
    *,
    effective: date,
    today: date,
    options: Mapping[str, Any],
    sheets: Sequence[Sheet] = (),
    remembered: Remembered | None = None,
) -> Plan:
    """Work out a new school year. Reads only.

    `options`: `last_grade` (after it pupils graduate), `first_classes` (how many empty ones begin), `reshuffle` (grades
    of the new year whose pupils are dealt anew), `teachers` (whether they go up with their class). A sheet of pupils
    with their new classes goes before all of it. Raises InputError for a sheet without a roster.
    """
    table = class_table()
    state = load_state(institution, effective, table)
    rows = read_rows(sheets, remembered)[0] if sheets else []
    rollover = _Rollover(state, table, effective, options)
    rollover.make_classes()
    changes = rollover.pupils([row for row in rows if row.kind == "students"], today)
    changes += rollover.posts()
    return Plan(changes, rollover.new_units(), rollover.mapping())


class _Rollover:
    def __init__(self, state: State, table: ClassTable, effective: date, options: Mapping[str, Any]) -> None:
        self.state = state
        self.table = table
        self.effective = effective
        self.options = options
        self.finder = UnitFinder(state, table)
        self.before, self.after = school_years(effective, state.school.base)
        state.school = self.after
        self.old, self.left = self._classes()
        self.first = state.school.base + 1
        grades = [one.grade for one in self.old]
        self.last = int(options.get("last_grade") or last_grade(state.school.base, state.institution.kind, grades))
        self.new: dict[tuple[int, int], UnitRef] = {}
        self.next_of: dict[int, UnitRef] = {}
        state.classes = {}
        state.named = {key: unit for key, unit in state.named.items() if key[0] != "class"}

    def _classes(self) -> tuple[list[_Class], list[str]]:
        """Classes that end, and the names of those whose grade nobody can tell: they stay as they are."""
        found, left = [], []
        for unit in self.state.units.values():
            if unit.level != "class" or unit.ends is not None or (unit.begins and unit.begins >= self.effective):
                continue
            parent = self.state.units.get(unit.parent_id or 0)
            beside = parent.name if parent is not None and parent.level == "division" else ""
            key = parse_class(unit.name, self.table, self.before) or parse_class(
                unit.name, self.table, self.before, beside
            )
            grade = key.grade if key else unit.grade or (parent.grade if parent is not None else None)
            if grade is None or not 1 <= grade <= 12:
                left.append(unit.name)
            else:
                found.append(_Class(unit, grade, key.number if key else 0))
        return sorted(found, key=lambda one: (one.grade, one.number, one.unit.pk)), sorted(left)

    def make_classes(self) -> None:
        """The classes of the new year: each old one a grade higher, and empty ones in the first grade."""
        for one in self.old:
            if one.grade < self.last:
                grade = one.grade + 1
                self.next_of[one.unit.pk] = self._begin(grade, one.number, one.unit.name)
        firsts = [one for one in self.old if one.grade == self.first]
        wanted = self.options.get("first_classes")
        count = len(firsts) if wanted in (None, "") else int(wanted)
        names = {one.number: one.unit.name for one in firsts}
        for number in range(1, count + 1):
            self._begin(self.first, number, names.get(number, ""))

    def _begin(self, grade: int, number: int, name: str) -> UnitRef:
        known = self.new.get((grade, number))
        if known is not None and number:
            return known
        called = promoted_name(name, ClassKey(grade, number), self.table, self.after) if number else name
        key = f"class:{grade}:{number or name}"
        division = self.finder.division_of(grade)
        ref = self.finder.begin(key, called, division, grade, number)
        self.new[grade, number or -len(self.new) - 1] = ref
        return ref

    def new_units(self) -> list[dict[str, Any]]:
        made = list(self.finder.new.values())
        return sorted(made, key=lambda unit: (unit["level"] == "class", unit["grade"] or 0, unit["order"] or 0))

    def mapping(self) -> dict[str, Any]:
        return {"ends": [one.unit.pk for one in self.old], "left": self.left, "last_grade": self.last}

    def pupils(self, rows: Sequence[Row], today: date) -> list[Change]:
        """One change for each pupil of a class that ends, and one for each row of the sheet that is wrong."""
        grade_of = {one.unit.pk: one for one in self.old}
        members = [k for k in self.state.members if k.kind == "student" and k.unit_id in grade_of]
        said, faults = self._said(rows, members, grade_of, today)
        dealt = self._dealt(members, grade_of)
        orders: dict[str, int] = {}
        changes: list[Change] = []
        for known in members:
            one = grade_of[known.unit_id]
            row, wanted = said.get(known.person_id, (None, None))
            unit = wanted or dealt.get(known.person_id) or self.next_of.get(known.unit_id)
            change = Change("promote", row.sheet if row else "", row.number if row else 0, known.name)
            change.person_id, change.membership_id = known.person_id, known.membership_id
            change.where, change.raw = one.unit.name, {"name": known.name, "number": known.number}
            if unit is None:
                change.kind = "graduate"
                change.differ("class", one.unit.name, "")
            else:
                change.differ("class", one.unit.name, unit.label)
                orders[unit.key] = orders.get(unit.key, 0) + 1
            change.proposed = _row(known, unit, self._repeat(one), orders.get(unit.key, 0) if unit else 0)
            changes.append(change)
        return [*faults, *changes]

    def _repeat(self, one: _Class) -> UnitRef | None:
        """Where a pupil stays who does not move up: the class of the same number, else the grade's first."""
        same = {number: ref for (grade, number), ref in self.new.items() if grade == one.grade}
        return same.get(one.number) or (same[min(same)] if same else None)

    def _dealt(self, members: Sequence[Known], grade_of: Mapping[int, _Class]) -> dict[int, UnitRef]:
        found: dict[int, UnitRef] = {}
        for grade in self.options.get("reshuffle") or []:
            numbers = sorted(number for known_grade, number in self.new if known_grade == int(grade))
            pupils = [
                Pupil(known.person_id, known.sex, (known.number, known.person_id))
                for known in members
                if grade_of[known.unit_id].grade + 1 == int(grade)
            ]
            for person_id, number in deal(pupils, numbers).items():
                found[person_id] = self.new[int(grade), number]
        return found

    def _said(
        self, rows: Sequence[Row], members: Sequence[Known], grade_of: Mapping[int, _Class], today: date
    ) -> tuple[dict[int, tuple[Row, UnitRef]], list[Change]]:
        """What a sheet of new classes says, by person; faulty rows as changes of kind error."""
        by_number = {known.number: known for known in members if known.number}
        by_document = {known.id_index: known for known in members if known.id_index}
        by_name: dict[str, list[Known]] = {}
        for known in members:
            by_name.setdefault(known.name_key, []).append(known)
        found: dict[int, tuple[Row, UnitRef]] = {}
        faults: list[Change] = []
        for row in rows:
            draft = start(row, value_words(), today)
            change = draft.change
            same = by_name.get(draft.fields.name_key, [])
            pupil = by_document.get(draft.fields.id_index) or by_number.get(row.get("number"))
            if pupil is None and not row.get("number") and len(same) == 1:
                pupil = same[0]
            if pupil is None or pupil.name_key != draft.fields.name_key:
                fault_of(change, row, "name", "person.unknown")
            key = parse_class(row.get("class"), self.table, self.after, row.get("grade"))
            if key is None:
                fault_of(change, row, "class", "class.unknown", name=row.get("class")[:40])
            elif pupil is not None:
                now = grade_of[pupil.unit_id].grade
                if key.grade not in (now, now + 1) or key.grade > self.last:
                    grade = self.table.grade_names.get(min(now + 1, self.last), "")
                    fault_of(change, row, "class", "rollover.grade", grade=grade, name=row.get("class")[:40])
                elif pupil.person_id in found:
                    fault_of(change, row, "name", "row.double.number", row=found[pupil.person_id][0].number)
            if change.errors:
                change.kind = "error"
                faults.append(change)
            elif pupil is not None and key is not None:
                found[pupil.person_id] = (row, self._begin(key.grade, key.number, ""))
        return found, faults

    def posts(self) -> list[Change]:
        """Teachers who go up with their class; each may be declined."""
        if not self.options.get("teachers", True):
            return []
        changes = []
        kept = Post.objects.filter(unit_id__in=list(self.next_of), void_at=None, ends=None).select_related("person")
        for post in kept.order_by("unit_id", "pk"):
            role, unit = packs().roles.get(post.role), self.next_of[post.unit_id]
            if role is None or role.family in ("pupil", "guardian"):
                continue
            change = Change("create", "", 0, post.person.name, person_id=post.person_id, subject="post")
            change.where = self.state.units[post.unit_id].name
            change.differ("post", change.where, unit.label, role=post.role)
            said = {"role": post.role, "unit": unit.as_json(), "id": None}
            said |= {"begins": self.effective.isoformat(), "ends": ""}
            change.proposed = {"post": {"person": {"id": post.person_id}, "posts": [said]}}
            changes.append(change)
        return changes


def _row(known: Known, unit: UnitRef | None, repeat: UnitRef | None, order: int) -> dict[str, Any]:
    """As a row of a sheet that says nothing but the class."""
    silent = dict.fromkeys(("birth_date", "id_type", "id_number", "phone", "number", "address"), "")
    return {
        **silent,
        "name": known.name,
        "sex": "unknown",
        "kind": "student",
        "unit": unit.as_json() if unit else None,
        "repeat": repeat.as_json() if repeat else None,
        "order": order,
        "dormitory": None,
        "guardians": [],
    }
