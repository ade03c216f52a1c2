"""Pages of places, buses, seats and printed rolls: how they are asked, and who may. See `cases`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianfang.daily.models import RollSheet
from lianfang.foundation.permissions import Permission
from lianfang.people.models import Place
from lianfang.people.perms import PLACE_MANAGE, SEAT_MANAGE
from tests.access.cases import ROLLS, Ask, Case, Rule, standing_at
from tests.access.page_cases import PLACES, of_unit, page, row, with_missing
from tests.access.placing import SHEETS
from tests.access.relations import UNITS, reaches_unit

BUSES = {"bus": "school", "foreign_bus": "foreign_school"}
INSTITUTIONS = ("school", "training", "foreign_school", "missing")
CLASSES = ("class1", "class2", "lesson", "foreign_class", "missing")
NOWHERE = "00000000-0000-4000-8000-000000000000"


def sheet(w: Any, key: str) -> Ask:
    return Ask({"uid": RollSheet.objects.get(pk=w.ids[key]).uid if key != "missing" else NOWHERE})


def door(w: Any, key: str) -> Ask:
    return Ask({"uid": Place.objects.get(pk=w.ids[key]).uid if key != "missing" else NOWHERE})


def managing(permission: Permission, units: Mapping[str, str]) -> Rule:
    """One page shows and changes: who sees it without managing is refused the change."""

    def may(part: str, seeing: Any, key: str) -> Any:
        where = units.get(key, key if key in UNITS else "missing")
        if not reaches_unit(part, seeing, where):
            return "no"
        return "yes" if reaches_unit(part, permission, where) else "refused"

    return may


PLACING_PAGES: tuple[Case, ...] = (
    page("doors:place", "uid", with_missing(*PLACES), door, standing_at(PLACES)),
    of_unit("people:place_labels", INSTITUTIONS),
    of_unit("people:vehicles", INSTITUTIONS),
    of_unit("people:vehicles", INSTITUTIONS, "POST", managing(PLACE_MANAGE, {})),
    page("people:vehicle", "vehicle_id", with_missing(*BUSES), row("vehicle_id"), standing_at(BUSES)),
    page(
        "people:vehicle",
        "vehicle_id",
        with_missing(*BUSES),
        row("vehicle_id", body={"action": "save"}),
        managing(PLACE_MANAGE, BUSES),
        "POST",
    ),
    of_unit("people:seats", CLASSES),
    of_unit("people:seats", CLASSES, "POST", managing(SEAT_MANAGE, {})),
    of_unit("daily:sheet", ROLLS, "POST", session="morning"),
    page("daily:sheet_entry", "uid", with_missing(*SHEETS), sheet, standing_at(SHEETS)),
    page("daily:sheet_entry", "uid", with_missing(*SHEETS), sheet, standing_at(SHEETS), "POST"),
    page("daily:sheet_print", "uid", with_missing(*SHEETS), sheet, standing_at(SHEETS)),
)
