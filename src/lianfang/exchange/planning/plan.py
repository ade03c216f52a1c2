"""The whole changeset of a file for an institution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from lianfang.exchange.planning.changes import Plan, Row
from lianfang.exchange.planning.colleagues import Colleagues
from lianfang.exchange.planning.lessons import Lessons
from lianfang.exchange.planning.postsheet import Posts
from lianfang.exchange.planning.reading import Remembered, Said, read_rows
from lianfang.exchange.planning.rooms import Rooms
from lianfang.exchange.planning.staff import Staff
from lianfang.exchange.planning.state import load_state, people_elsewhere
from lianfang.exchange.planning.students import Students
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.planning.unitsheet import Units
from lianfang.exchange.sheets import Sheet
from lianfang.exchange.tables import class_table, value_words
from lianfang.foundation.models import Unit

KINDS = ("units", "students", "staff", "posts", "rooms", "lessons")


def make_plan(
    institution: Unit,
    sheets: Sequence[Sheet],
    *,
    effective: date,
    today: date,
    remembered: Remembered | None = None,
    said: Said | None = None,
) -> Plan:
    """Compare the sheets with what is known. Reads only. Raises InputError where no roster is recognised."""
    rows, mapping = read_rows(sheets, remembered, said)
    of_kind: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for row in rows:
        of_kind[row.kind].append(row)
    table, words = class_table(), value_words()
    state = load_state(institution, effective, table)
    finder = UnitFinder(state, table)
    units = Units(state, finder, words)
    for row in of_kind["units"]:
        units.read(row)
    changes = units.plan()
    students = Students(state, finder, words, today)
    staff = Staff(state, finder, words, today)
    for row in of_kind["students"]:
        students.read(row)
    for row in of_kind["staff"]:
        staff.read(row)
    elsewhere = people_elsewhere([*students.id_indexes(), *staff.id_indexes()])
    changes += [*students.plan(elsewhere), *staff.plan(elsewhere)]
    colleagues = Colleagues(state, staff.drafts())
    rooms = Rooms(state, finder, words) if of_kind["rooms"] or of_kind["lessons"] else None
    changes += Posts(state, finder, words, colleagues, effective).read(of_kind["posts"])
    if rooms is not None:
        for row in of_kind["rooms"]:
            rooms.read(row)
        lessons = Lessons(state, finder, words, colleagues, rooms)
        lessons.read(of_kind["lessons"])
        changes += [*rooms.plan(), *lessons.plan()]
    made = list(finder.new.values())
    return Plan(changes, needed_units(made, (c.proposed for c in changes if c.kind != "error")), mapping)


def units_named(proposed: Mapping[str, Any]) -> Iterable[str]:
    """Keys of units that a change would have made for it."""
    refs = [proposed.get("unit"), proposed.get("repeat"), proposed.get("dormitory"), *proposed.get("units", ())]
    refs += [post["unit"] for post in proposed.get("posts", ())]
    refs += [post["unit"] for post in proposed.get("post", {}).get("posts", ())]
    refs += [proposed.get("place", {}).get("used_by"), proposed.get("lesson", {}).get("unit")]
    return [str(ref["new"]) for ref in refs if ref and ref["new"]]


def needed_units(made: Sequence[dict[str, Any]], proposed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """New units that some change needs, with those above them, parents first."""
    by_key = {str(unit["key"]): unit for unit in made}
    wanted: set[str] = set()
    todo = [key for one in proposed for key in units_named(one)]
    while todo:
        key = todo.pop()
        if key in by_key and key not in wanted:
            wanted.add(key)
            todo.append(str(by_key[key]["parent_key"]))

    def depth(unit: Mapping[str, Any]) -> int:
        above = by_key.get(str(unit["parent_key"]))
        return 0 if above is None else depth(above) + 1

    used = [unit for key, unit in by_key.items() if key in wanted]
    return sorted(used, key=lambda unit: (depth(unit), unit["grade"] or 0, unit["order"] or 0))
