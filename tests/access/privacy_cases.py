"""Data protection: its pages and operations, with the request and the copy of `requesting`. See `cases`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.access.cases import PERSONS_ASKED, Ask, Case, anybody, at_person, at_unit, person_id, standing_at, unit_id
from tests.access.relations import UNITS

if TYPE_CHECKING:
    from tests.access.world import World

REQUESTS = {"request:mother": "school"}


def _row(name: str, which: str, body: Any = None) -> Any:
    return lambda w, key: Ask({name: w.ids[which] if key == which else w.ids["missing"]}, body=body)


def _case(route: str, method: str, names: str, keys: tuple[str, ...], fill: Any, may: Any) -> Case:
    return Case(route, method, frozenset(names.split()), keys, fill, may)


def _persons(route: str, method: str, body: Any = None) -> Case:
    def fill(w: World, key: str) -> Ask:
        return Ask({"person_id": person_id(w, key)}, body=body)

    return _case(route, method, "person_id", PERSONS_ASKED, fill, at_person)


def _units(route: str, method: str, body: Any = None, **more: Any) -> Case:
    def fill(w: World, key: str) -> Ask:
        return Ask({"unit_id": unit_id(w, key), **more}, body=body)

    return _case(route, method, "unit_id", UNITS, fill, at_unit)


def _plain(route: str, method: str = "GET") -> Case:
    return _case(route, method, "", ("-",), lambda w, key: Ask(), anybody)


def _own_copy(part: str, permission: Any, key: str) -> bool:
    return part == "mother" and key == "copy:mother"


def _same_school(part: str, permission: Any, key: str) -> Any:
    return standing_at(REQUESTS)(part, permission, key)


SAID = {"purpose": "tracks", "word": "refused"}
ASKED = {"kind": "ask", "text": "保存了什么？"}
DECIDED = {"decision": "done", "answer": "已改好。"}
SHORTER = {"item": "tracks.places", "days": 10}
KEYS = ("request:mother", "missing")
COPIES = ("copy:mother", "missing")
PAGES = (
    _plain("people:my_data"),
    _plain("people:notice_seen", "POST"),
    _plain("people:copy_own_data", "POST"),
    _plain("people:protection"),
    _case("people:own_copy", "GET", "copy_id", COPIES, _row("copy_id", "copy:mother"), _own_copy),
    _persons("people:privacy", "GET"),
    _persons("people:say_consent", "POST", SAID),
    _persons("people:ask_about_data", "POST", ASKED),
    _persons("people:erase", "GET"),
    _persons("people:erase", "POST", {"reason": "已毕业", "sure": "on"}),
    _units("people:retention", "GET"),
    _units("people:retention", "POST", SHORTER),
    _units("people:requests", "GET"),
    _units("people:compliance", "GET"),
    _units("people:compliance_sheet", "GET"),
    _case("people:request", "GET", "request_id", KEYS, _row("request_id", "request:mother"), _same_school),
    _case("people:request", "POST", "request_id", KEYS, _row("request_id", "request:mother", DECIDED), _same_school),
)
V = "/api/people/privacy"
OPERATIONS = (
    _plain(f"POST {V}/seen", "POST"),
    _plain(f"POST {V}/copies", "POST"),
    _case(f"GET {V}/copies/{{copy_id}}", "GET", "copy_id", COPIES, _row("copy_id", "copy:mother"), _own_copy),
    _persons(f"GET {V}/persons/{{person_id}}", "GET"),
    _persons(f"POST {V}/persons/{{person_id}}/consents", "POST", SAID),
    _persons(f"POST {V}/persons/{{person_id}}/requests", "POST", ASKED),
    _persons(f"POST {V}/persons/{{person_id}}/erase", "POST", {"reason": "已毕业"}),
    _units(f"GET {V}/units/{{unit_id}}/requests", "GET"),
    _units(f"GET {V}/units/{{unit_id}}/retention", "GET"),
    _units(f"POST {V}/units/{{unit_id}}/retention", "POST", SHORTER),
    _units(f"GET {V}/units/{{unit_id}}/years/{{year}}", "GET", year=2026),
    _case(
        f"POST {V}/requests/{{request_id}}/answer",
        "POST",
        "request_id",
        KEYS,
        _row("request_id", "request:mother", DECIDED),
        _same_school,
    ),
)
