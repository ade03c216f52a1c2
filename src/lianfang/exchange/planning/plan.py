"""The whole changeset of a file for an institution."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lianfang.exchange.planning.changes import Change, Plan
from lianfang.exchange.planning.reading import read_rows
from lianfang.exchange.planning.staff import Staff
from lianfang.exchange.planning.state import load_state, people_elsewhere
from lianfang.exchange.planning.students import Students
from lianfang.exchange.planning.units import UnitFinder
from lianfang.exchange.sheets import Sheet
from lianfang.exchange.tables import class_table, value_words
from lianfang.foundation.models import Unit


def make_plan(institution: Unit, sheets: Sequence[Sheet], *, effective: date, today: date) -> Plan:
    """Compare the sheets with what is known. Reads only. Raises InputError where no roster is recognised."""
    rows, mapping = read_rows(sheets)
    table, words = class_table(), value_words()
    state = load_state(institution, effective, table)
    finder = UnitFinder(state, table)
    students = Students(state, finder, words, today)
    staff = Staff(state, finder, words, today)
    for row in rows:
        if row.kind == "students":
            students.read(row)
    for row in rows:
        if row.kind == "staff":
            staff.read(row)
    elsewhere = people_elsewhere([*students.id_indexes(), *staff.id_indexes()])
    changes = [*students.plan(elsewhere), *staff.plan(elsewhere)]
    return Plan(changes, _used(changes, list(finder.new.values())), mapping)


def _used(changes: Sequence[Change], made: list[dict[str, object]]) -> list[dict[str, object]]:
    """New units that some good row needs, with those above them, parents first."""
    wanted: set[str] = set()
    for change in changes:
        proposed = change.proposed
        if change.kind == "error" or not proposed:
            continue
        named = [proposed.get("unit"), proposed.get("dormitory"), *(p["unit"] for p in proposed.get("posts", []))]
        wanted |= {str(ref["new"]) for ref in named if ref and ref["new"]}
    by_key = {str(unit["key"]): unit for unit in made}
    for key in list(wanted):
        parent = str(by_key[key]["parent_key"])
        if parent:
            wanted.add(parent)
    order = {"division": 0, "department": 0, "dormitory": 0, "class": 1}
    used = [unit for key, unit in by_key.items() if key in wanted]
    return sorted(used, key=lambda unit: (order[str(unit["level"])], unit["grade"] or 0, unit["order"] or 0))
