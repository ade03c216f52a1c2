"""References in a body beside the object that decides: each must answer for another institution's row as for none at all.

A case names the operation and the dotted field, who asks, the body around the reference, and whose row is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.access.cases import Ask
from tests.access.world import DAY, KIND, World, client_id

TODAY = DAY.isoformat()


@dataclass(frozen=True)
class Beside:
    """`fill(world, id)` is the question that names `id` in `field`; `own` names a row that may be named, if one exists."""

    route: str
    field: str
    part: str
    fill: Callable[[World, int], Ask]
    foreign: Callable[[World], int]
    own: Callable[[World], int] | None = None


def _place(field: str) -> Callable[[World, int], Ask]:
    kind = "floor" if field == "parent_id" else "building"
    return lambda w, pk: Ask({"unit_id": w.unit("school")}, body={"kind": kind, "name": "新楼", field: pk})


def _seated(w: World, pk: int) -> Ask:
    seats = [{"row": 1, "column": 1, "person_id": pk}]
    body = {"rows": 2, "columns": 2, "aisles": [1], "begins": TODAY, "seats": seats}
    return Ask({"unit_id": w.unit("class1")}, body=body)


def _moved(w: World, pk: int) -> Ask:
    return Ask({"place_id": w.ids["place"]}, body={"parent_id": pk})


def _check(w: World, **more: Any) -> Ask:
    body = {"client_id": client_id(), "unit_id": w.unit("class2"), "day": TODAY, "session": "noon", **more}
    return Ask(body=body)


def _marked(w: World, person: int, answers: tuple[int, ...] = ()) -> Ask:
    mark = {"person_id": person, "presence": "absent", "cause": "personal", "answers": list(answers)}
    return _check(w, marks=[mark])


def _leave(w: World, pk: int) -> Ask:
    person = w.d.pupils["class2"][1].pk
    body = {"client_id": client_id(), "unit_id": w.unit("class2"), "person_id": person, "cause": "illness"}
    return Ask(body={**body, "corrects": pk})


def _report(w: World, pk: int) -> Ask:
    person = w.d.persons["teacher2"].pk
    return Ask(body={"client_id": client_id(), "person_id": person, "corrects": pk})


def _statement(w: World, pk: int) -> dict[str, Any]:
    return {"client_id": client_id(), "seen": "0" * 16, "reason": "补报", "accepted_unanswered": [pk]}


def _sign(w: World, pk: int) -> Ask:
    return Ask(body={**_statement(w, pk), "kind": KIND, "unit_id": w.unit("school"), "day": TODAY})


def _amend(w: World, pk: int) -> Ask:
    return Ask({"report_id": w.ids["amended:school"]}, body=_statement(w, pk))


_BESIDE = (
    Beside(
        "PUT /api/people/seats/{unit_id}",
        "seats.person_id",
        "admin",
        _seated,
        lambda w: w.d.pupils["foreign_class"][1].pk,
    ),
    Beside(
        "PATCH /api/people/places/of/{place_id}",
        "parent_id",
        "admin",
        _moved,
        lambda w: w.ids["foreign_place"],
    ),
    Beside(
        "POST /api/people/places/{unit_id}",
        "parent_id",
        "admin",
        _place("parent_id"),
        lambda w: w.ids["foreign_place"],
        lambda w: w.ids["place"],
    ),
    Beside(
        "POST /api/people/places/{unit_id}",
        "used_by_id",
        "admin",
        _place("used_by_id"),
        lambda w: w.unit("foreign_class"),
        lambda w: w.unit("class1"),
    ),
    Beside(
        "POST /api/daily/checks",
        "corrects",
        "teacher2",
        lambda w, pk: _check(w, all_well=True, corrects=pk),
        lambda w: w.ids["check:foreign"],
    ),
    Beside(
        "POST /api/daily/checks",
        "marks.person_id",
        "teacher2",
        lambda w, pk: _marked(w, pk),
        lambda w: w.d.pupils["foreign_class"][1].pk,
        lambda w: w.d.pupils["class2"][1].pk,
    ),
    Beside(
        "POST /api/daily/checks",
        "marks.answers",
        "teacher2",
        lambda w, pk: _marked(w, w.d.pupils["class2"][1].pk, (pk,)),
        lambda w: w.ids["report:child"],
    ),
    Beside("POST /api/daily/reports", "corrects", "teacher2", _report, lambda w: w.ids["report:child"]),
    Beside("POST /api/daily/early-leaves", "corrects", "teacher2", _leave, lambda w: w.ids["leave"]),
    Beside("POST /api/reporting/reports", "accepted_unanswered", "reporter", _sign, lambda w: w.unit("foreign_school")),
    Beside(
        "POST /api/reporting/reports/{report_id}/amendments",
        "accepted_unanswered",
        "reporter",
        _amend,
        lambda w: w.unit("foreign_school"),
    ),
)
from tests.access.responsibility_beside import RESPONSIBILITY_BESIDE  # noqa: E402 - it uses what stands above

BESIDE = (*_BESIDE, *RESPONSIBILITY_BESIDE)
