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
        return self._division(level) if level is not None else None

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


def _class_key(key: ClassKey) -> str:
    return f"class:{key.grade}:{key.number}"
