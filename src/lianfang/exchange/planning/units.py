"""Which unit a cell means: one that exists, one that would be made, or none."""

from __future__ import annotations

from typing import Any

from lianfang.exchange.planning.state import State, UnitRef
from lianfang.exchange.rules import ClassKey, ClassTable, parse_class, parse_grade, plain
from lianfang.people.roster import moves_within

MAX_NAME = 40


class UnitFinder:
    """Finds units by the words of a sheet and remembers those that would have to be made (`new`)."""

    def __init__(self, state: State, table: ClassTable) -> None:
        self.state = state
        self.table = table
        self.new: dict[str, dict[str, Any]] = {}

    def known_class(self, text: str, grade: str = "") -> UnitRef | None:
        """A class that exists, or that this very import would make."""
        unit = self.state.named.get(("class", plain(text)))
        key = parse_class(text, self.table, self.state.school, grade)
        if key is not None and key in self.state.classes and (unit is None or grade):
            unit = self.state.classes[key]
        if unit is not None:
            return UnitRef(unit.name, unit.pk)
        made = self.new.get(_class_key(key)) if key else self.new.get(f"class:{plain(text)}")
        return UnitRef(made["name"], key=made["key"]) if made else None

    def class_for(self, text: str, grade: str = "") -> UnitRef | None:
        """The class that a cell means, made if need be; None where it cannot be read."""
        found = self.known_class(text, grade)
        if found is not None:
            return found
        key = parse_class(text, self.table, self.state.school, grade)
        if key is not None:
            name = self.table.class_name.format(grade=self.table.grade_names[key.grade], number=key.number)
            return self._make(_class_key(key), "class", name, self._division(key.grade), key.grade, key.number)
        if not text.strip() or len(text.strip()) > MAX_NAME:
            return None
        if not moves_within(self.state.institution.kind):
            return self._make(f"class:{plain(text)}", "class", text.strip(), None, None, 0)
        level = parse_grade(grade, self.table, self.state.school) if grade else None
        if level is not None and parse_grade(text, self.table, self.state.school) is None:
            return self._make(f"class:{level}:{plain(text)}", "class", text.strip(), self._division(level), level, 0)
        return None

    def division_for(self, text: str) -> UnitRef | None:
        """A grade that exists or would be made."""
        unit = self.state.named.get(("division", plain(text)))
        level = parse_grade(text, self.table, self.state.school)
        if unit is None and level is not None:
            unit = self.state.grades.get(level)
        if unit is not None:
            return UnitRef(unit.name, unit.pk)
        if level is None:
            return self.named("division", text)
        return self._division(level)

    def named(self, level: str, text: str) -> UnitRef | None:
        """A unit of a level by its name, one that exists or that this import would make."""
        if level == "class":
            return self.known_class(text)
        unit = self.state.named.get((level, plain(text)))
        grade = parse_grade(text, self.table, self.state.school) if level == "division" else None
        if unit is None and grade is not None:
            unit = self.state.grades.get(grade)
        if unit is not None:
            return UnitRef(unit.name, unit.pk)
        made = self.new.get(_key_of(level, text, grade))
        return UnitRef(made["name"], key=made["key"]) if made else None

    def make_unit(self, level: str, text: str, parent: UnitRef | None) -> UnitRef:
        """A unit that a sheet of units names and that does not exist."""
        typed = text.strip()
        if level == "class":
            key = parse_class(typed, self.table, self.state.school)
            grade = key.grade if key else None
            if parent is None and key is not None:
                parent = self._division(key.grade)
            name = _class_key(key) if key else f"class:{plain(typed)}"
            return self._make(name, level, typed, parent, grade, key.number if key else 0)
        grade = parse_grade(typed, self.table, self.state.school) if level == "division" else None
        return self._make(_key_of(level, typed, grade), level, typed, parent, grade, grade or 0)

    def division_of(self, grade: int) -> UnitRef:
        """A grade by its number, made if need be."""
        return self._division(grade)

    def begin(self, key: str, name: str, parent: UnitRef, grade: int, order: int) -> UnitRef:
        """A class of a new school year, whatever stands there now."""
        return self._make(key, "class", name, parent, grade, order)

    def dormitory_for(self, text: str) -> UnitRef | None:
        return self._by_name("dormitory", text)

    def department_for(self, text: str) -> UnitRef | None:
        return self._by_name("department", text)

    def _by_name(self, level: str, text: str) -> UnitRef | None:
        unit = self.state.named.get((level, plain(text)))
        if unit is not None:
            return UnitRef(unit.name, unit.pk)
        if not text.strip() or len(text.strip()) > MAX_NAME:
            return None
        return self._make(f"{level}:{plain(text)}", level, text.strip(), None, None, 0)

    def _division(self, grade: int) -> UnitRef:
        unit = self.state.grades.get(grade)
        if unit is not None:
            return UnitRef(unit.name, unit.pk)
        made = self.new.get(f"division:{grade}")
        if made is not None:
            return UnitRef(made["name"], key=made["key"])
        return self._make(f"division:{grade}", "division", self.table.grade_names[grade], None, grade, grade)

    def _make(self, key: str, level: str, name: str, parent: UnitRef | None, grade: int | None, order: int) -> UnitRef:
        self.new.setdefault(
            key,
            {
                "key": key,
                "level": level,
                "kind": level,
                "name": name,
                "parent_id": parent.unit_id if parent else None,
                "parent_key": parent.key if parent else "",
                "grade": grade,
                "order": order,
            },
        )
        return UnitRef(name, key=key)


def _key_of(level: str, text: str, grade: int | None) -> str:
    return f"{level}:{grade}" if level == "division" and grade is not None else f"{level}:{plain(text)}"


def _class_key(key: ClassKey) -> str:
    return f"class:{key.grade}:{key.number}"
