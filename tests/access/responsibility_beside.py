"""References beside the object that decides, of rosters and meetings. See `beside_cases`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.access.beside_cases import Beside
from tests.access.cases import Ask
from tests.access.responsibility_operation_cases import DA, decision_body, meeting_body, plan_body
from tests.access.world import World


def _at(param: str, name: str, body: Callable[[int], Any]) -> Callable[[World, int], Ask]:
    return lambda w, pk: Ask({param: w.ids[name]}, body=body(pk))


def _foreign_account(w: World) -> int:
    return w.d.accounts["foreign_admin"].pk


RESPONSIBILITY_BESIDE = (
    Beside(
        f"POST {DA}/shifts/of/{{unit_id}}",
        "account_ids",
        "admin",
        lambda w, pk: Ask({"unit_id": w.unit("school")}, body={**plan_body(w, "school"), "account_ids": [pk]}),
        _foreign_account,
        lambda w: w.d.accounts["guard"].pk,
    ),
    Beside(
        f"POST {DA}/shifts/{{shift_id}}/order",
        "to_account_id",
        "admin",
        _at("shift_id", "shift:school", lambda pk: {"to_account_id": pk}),
        _foreign_account,
        lambda w: w.d.accounts["clerk"].pk,
    ),
    Beside(
        f"POST {DA}/shifts/{{shift_id}}/order",
        "other_id",
        "admin",
        _at("shift_id", "shift:school", lambda pk: {"other_id": pk}),
        lambda w: w.ids["shift:foreign_school"],
    ),
    Beside(
        f"POST {DA}/meetings/of/{{unit_id}}",
        "group_id",
        "admin",
        lambda w, pk: Ask({"unit_id": w.unit("school")}, body={**meeting_body(w, ""), "group_id": pk}),
        lambda w: w.ids["group:foreign_school"],
        lambda w: w.ids["group:school"],
    ),
    Beside(
        f"POST {DA}/meetings/of/{{unit_id}}",
        "person_ids",
        "admin",
        lambda w, pk: Ask({"unit_id": w.unit("school")}, body={**meeting_body(w, ""), "person_ids": [pk]}),
        lambda w: w.d.persons["foreign_teacher"].pk,
        lambda w: w.d.persons["teacher"].pk,
    ),
    Beside(
        f"POST {DA}/meetings/{{meeting_id}}/attendance",
        "items.person_id",
        "admin",
        _at("meeting_id", "meeting:school", lambda pk: {"items": [{"person_id": pk, "state": "present"}]}),
        lambda w: w.d.persons["foreign_teacher"].pk,
        lambda w: w.d.persons["teacher"].pk,
    ),
    Beside(
        f"POST {DA}/meetings/{{meeting_id}}/decisions",
        "unit_id",
        "admin",
        lambda w, pk: Ask({"meeting_id": w.ids["meeting:school"]}, body={**decision_body(w, "school"), "unit_id": pk}),
        lambda w: w.unit("foreign_class"),
        lambda w: w.unit("class1"),
    ),
)
