"""A sheet of the timetable: one period of a class per row. The timetable of a class goes in whole or not at all."""

from __future__ import annotations

import re
from datetime import time

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.colleagues import Colleagues, Ref
from lianfang.exchange.planning.people import check_cells, fault_of
from lianfang.exchange.planning.rooms import Rooms
from lianfang.exchange.planning.state import State, UnitRef
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.rules import Words, parse_time, plain
from lianfang.people.models import Lesson

SUBJECT = 40
PERIODS = 20
Slot = tuple[int, int]


class Lessons:
    """Reads the rows, compares them with the timetable, and proposes to drop what a listed class has besides."""

    def __init__(self, state: State, finder: UnitFinder, words: Words, colleagues: Colleagues, rooms: Rooms) -> None:
        self.state = state
        self.finder = finder
        self.words = words
        self.colleagues = colleagues
        self.rooms = rooms
        self._seen: dict[tuple[str, int, int], int] = {}
        self._of_class: dict[str, list[Change]] = {}
        self._listed: dict[str, tuple[UnitRef, set[Slot]]] = {}
        self._changes: list[Change] = []
        self._known: dict[tuple[int, int, int], Lesson] = {}
        self._classes = {unit.pk for unit in state.units.values() if unit.level == "class"}

    def read(self, rows: list[Row]) -> None:
        if rows:
            found = Lesson.objects.filter(unit_id__in=self._classes).select_related("teacher", "place")
            self._known = {(lesson.unit_id, lesson.weekday, lesson.period): lesson for lesson in found}
        for row in rows:
            self._read(row)

    def plan(self) -> list[Change]:
        for changes in self._of_class.values():
            bad = next((change for change in changes if change.errors), None)
            for change in changes:
                if bad is not None and not change.errors:
                    change.fault("", "lesson.class_incomplete", row=bad.row)
                if change.errors:
                    change.kind, change.proposed = "error", {}
        return [*self._changes, *self._dropped()]

    def _read(self, row: Row) -> None:
        text = " ".join(filter(None, (row.get("weekday"), row.get("period"), row.get("subject"))))
        change = Change("", row.sheet, row.number, text, raw=dict(row.cells), subject="lesson")
        self._changes.append(change)
        check_cells(change, row)
        unit = self.finder.known_class(row.get("class")) if row.get("class") else None
        if unit is None:
            code = "class.unknown" if row.get("class") else "class.required"
            fault_of(change, row, "class", code, name=row.get("class")[:40])
        key = (unit.key or str(unit.unit_id)) if unit else plain(row.get("class"))
        change.where = unit.label if unit else ""
        self._of_class.setdefault(key, []).append(change)
        weekday = self.words.weekday.get(plain(row.get("weekday")))
        if weekday is None:
            fault_of(change, row, "weekday", "lesson.weekday")
        period = self._period(change, row)
        begins, ends = self._times(change, row)
        if not row.get("subject"):
            fault_of(change, row, "subject", "lesson.subject")
        elif len(row.get("subject")) > SUBJECT:
            fault_of(change, row, "subject", "lesson.too_long")
        teacher, place = self._teacher(change, row), self._place(change, row)
        if change.errors or unit is None or weekday is None:
            return
        first = self._seen.setdefault((key, weekday, period), row.number)
        if first != row.number:
            fault_of(change, row, "period", "lesson.double", row=first)
            return
        self._listed.setdefault(key, (unit, set()))[1].add((weekday, period))
        change.proposed = {
            "lesson": {
                "unit": unit.as_json(),
                "weekday": weekday,
                "period": period,
                "begins": begins.isoformat() if begins else "",
                "ends": ends.isoformat() if ends else "",
                "subject": row.get("subject"),
                "teacher": teacher,
                "place": place,
            }
        }
        self._compare(change, row, unit, weekday, period, begins, ends, teacher, place)

    def _period(self, change: Change, row: Row) -> int:
        digits = re.sub("^第|节$", "", plain(row.get("period")))
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 3 else self._numeral(digits)
        if not 1 <= number <= PERIODS:
            fault_of(change, row, "period", "lesson.period")
        return number

    def _numeral(self, text: str) -> int:
        return self.finder.table.numerals.get(text, 0)

    def _times(self, change: Change, row: Row) -> tuple[time | None, time | None]:
        try:
            begins, ends = parse_time(row.get("begins")), parse_time(row.get("ends"))
        except ValueError:
            begins = ends = None
        if begins is None or ends is None or ends <= begins:
            fault_of(change, row, "begins", "lesson.time")
        return begins, ends

    def _teacher(self, change: Change, row: Row) -> Ref | None:
        if not row.get("teacher"):
            return None
        found, code = self.colleagues.find(row.get("teacher"))
        if found is None:
            fault_of(change, row, "teacher", code, name=row.get("teacher")[:40])
        return found

    def _place(self, change: Change, row: Row) -> dict[str, object] | None:
        if not row.get("place"):
            return None
        found = self.rooms.find(row.get("place"))
        if found is None:
            fault_of(change, row, "place", "lesson.place", name=row.get("place")[:40])
        return found

    def _compare(
        self,
        change: Change,
        row: Row,
        unit: UnitRef,
        weekday: int,
        period: int,
        begins: time | None,
        ends: time | None,
        teacher: Ref | None,
        place: dict[str, object] | None,
    ) -> None:
        known = self._known.get((unit.unit_id or 0, weekday, period))
        if known is None:
            change.kind = "create"
            return
        hours = f"{begins:%H:%M}–{ends:%H:%M}"
        if (known.begins, known.ends) != (begins, ends):
            change.differ("hours", f"{known.begins:%H:%M}–{known.ends:%H:%M}", hours)
        if known.subject != row.get("subject"):
            change.differ("subject", known.subject, row.get("subject"))
        if known.teacher_id != (teacher or {}).get("id") or (teacher is not None and "id" not in teacher):
            change.differ("teacher", known.teacher.name if known.teacher else "", row.get("teacher"))
        if known.place_id != (place or {}).get("id") or (place is not None and place["id"] is None):
            change.differ("place", known.place.name if known.place else "", row.get("place"))
        change.kind = "update" if change.differences else "same"

    def _dropped(self) -> list[Change]:
        """Periods of a listed class that its sheet does not have: to be confirmed."""
        found = []
        for unit, slots in self._listed.values():
            if any(change.kind == "error" for change in self._of_class[unit.key or str(unit.unit_id)]):
                continue
            for (unit_id, weekday, period), lesson in sorted(self._known.items()):
                if unit_id == unit.unit_id and (weekday, period) not in slots:
                    change = Change("leave", "", 0, lesson.subject, where=unit.label, subject="lesson")
                    change.proposed = {"drop": {"unit": unit.as_json(), "weekday": weekday, "period": period}}
                    change.differ("slot", f"{weekday} {period}", "")
                    found.append(change)
        return found
