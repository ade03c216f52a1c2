"""Operations of joining: how the parameters are filled, and who may. See `cases`."""

from __future__ import annotations

from typing import Any

from tests.access.cases import PERSONS_ASKED, Ask, Case, at_person, at_unit, person_id, standing_at, unit_id
from tests.access.operation_cases import of_unit, operation
from tests.access.page_cases import row, with_missing
from tests.access.world import World

INVITATIONS = {"invitation:class1": "class1", "invitation:foreign": "foreign_class"}
CLAIMS = {"claim:class1": "class1", "claim:foreign": "foreign_class"}
P = "/api/people"


def _staff(w: World, unit: int) -> Any:
    return {"name": "新人", "posts": [{"unit_id": unit, "role": "x", "begins": "2026-10-01"}]}


def resets(part: str, permission: Any, key: str) -> Any:
    """Everybody within reach, but not oneself."""
    return "refused" if part == key else at_person(part, permission, key)


def _confirmed(w: World, key: str) -> Ask:
    """The claim, with a child of its class."""
    where = {"claim:foreign": "foreign_class"}.get(key, "class1")
    return Ask({"claim_id": w.ids[key]}, body={"person_id": w.d.pupils[where][3].pk})


JOINING_OPERATIONS: tuple[Case, ...] = (
    of_unit(f"GET {P}/units/{{unit_id}}/invitations"),
    operation(
        f"POST {P}/units/{{unit_id}}/invitations",
        "unit_id person_ids",
        ("class1", "class2", "foreign_class", "missing"),
        lambda w, key: Ask(
            {"unit_id": unit_id(w, key)},
            body={"person_ids": [w.d.pupils[key][2].pk if key != "missing" else w.ids[key]]},
        ),
        at_unit,
    ),
    of_unit(f"POST {P}/units/{{unit_id}}/staff-invitations", names="unit_id posts.unit_id", body=_staff),
    operation(
        f"POST {P}/invitations/{{invitation_id}}/revoke",
        "invitation_id",
        with_missing(*INVITATIONS),
        row("invitation_id"),
        standing_at(INVITATIONS),
    ),
    operation(f"POST {P}/join", fill=lambda w, key: Ask(body={"code": "ABCDE-FGH23"})),
    operation(f"GET {P}/claims"),
    operation(
        f"POST {P}/claims/{{claim_id}}/confirm",
        "claim_id person_id",
        with_missing(*CLAIMS),
        _confirmed,
        standing_at(CLAIMS),
    ),
    operation(
        f"POST {P}/claims/{{claim_id}}/refuse",
        "claim_id",
        with_missing(*CLAIMS),
        row("claim_id", body={"reason": "不认识"}),
        standing_at(CLAIMS),
    ),
    operation(
        f"POST {P}/persons/{{person_id}}/sign-in/reset",
        "person_id",
        PERSONS_ASKED,
        lambda w, key: Ask({"person_id": person_id(w, key)}, body={"reason": "手机丢失"}),
        resets,
    ),
)
