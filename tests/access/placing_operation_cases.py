"""Operations on places, buses, seats and printed rolls: how they are asked, and who may. See `cases`."""

from __future__ import annotations

from typing import Any

from lianfang.people.perms import PERSON_VIEW
from tests.access.cases import PERSONS_ASKED, ROLLS, Ask, Case, person_id, standing_at, unit_id
from tests.access.operation_cases import LATER, of_unit, operation
from tests.access.page_cases import PLACES, TODAY, row, with_missing
from tests.access.placing import SHEETS
from tests.access.placing_page_cases import CLASSES, INSTITUTIONS, door, sheet
from tests.access.relations import reaches_person, reaches_unit


def _rides(part: str, permission: Any, key: str) -> bool:
    return reaches_unit(part, permission, "school") and reaches_person(part, PERSON_VIEW, key)


def _beside(part: str, permission: Any, key: str) -> bool:
    return reaches_unit(part, permission, "class1") and key in ("child", "mate")


def _seats(w: Any, pk: int) -> dict[str, Any]:
    return {"rows": 2, "columns": 2, "aisles": [1], "begins": TODAY, "seats": []}


P, D = "/api/people", "/api/daily"
PLACING_OPERATIONS: tuple[Case, ...] = (
    operation(f"GET {P}/places/at/{{uid}}", "uid", with_missing(*PLACES), door, standing_at(PLACES)),
    operation(
        f"PATCH {P}/places/of/{{place_id}}",
        "place_id",
        with_missing(*PLACES),
        row("place_id", body={"capacity": 10}),
        standing_at(PLACES),
    ),
    of_unit(f"GET {P}/vehicles/{{unit_id}}", INSTITUTIONS),
    of_unit(
        f"POST {P}/vehicles/{{unit_id}}",
        INSTITUTIONS,
        body=lambda w, pk: {"name": "9号校车", "plate": "浙A99999", "seats": 20},
    ),
    operation(
        f"POST {P}/vehicles/of/{{vehicle_id}}/riders",
        "vehicle_id person_id",
        PERSONS_ASKED,
        lambda w, key: Ask({"vehicle_id": w.ids["bus"]}, body={"person_id": person_id(w, key), "begins": LATER}),
        lambda part, permission, key: (
            _rides(part, permission, key) and key not in ("mother", "foreign_child", "foreign_teacher")
        ),
    ),
    of_unit(f"GET {P}/seats/{{unit_id}}", CLASSES),
    of_unit(f"PUT {P}/seats/{{unit_id}}", CLASSES, body=_seats),
    operation(
        f"GET {P}/seats/{{unit_id}}/neighbours/{{person_id}}",
        "unit_id person_id",
        PERSONS_ASKED,
        lambda w, key: Ask({"unit_id": unit_id(w, "class1"), "person_id": person_id(w, key)}, {"day": TODAY}),
        _beside,
    ),
    operation(f"GET {D}/own-rolls"),
    of_unit(f"POST {D}/sheets", ROLLS, body=lambda w, pk: {"unit_id": pk, "session": "afternoon"}),
    operation(f"GET {D}/sheets/{{uid}}", "uid", with_missing(*SHEETS), sheet, standing_at(SHEETS)),
)
