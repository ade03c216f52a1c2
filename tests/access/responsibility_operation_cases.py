"""Operations of groups, link books, rosters and meetings: how they are asked, and who may. See `cases`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.access.cases import Ask, Case, Rule, anybody, at_unit, standing_at, unit_id
from tests.access.page_cases import TODAY, with_missing
from tests.access.responsibility_page_cases import SCHOOLS, asked_of, decided, kept, only, seen_by
from tests.access.world import DAY, World, client_id

LATER = (DAY + timedelta(days=30)).isoformat()
PA, DA = "/api/people", "/api/duties"


def api(route: str, name: str, param: str, body: Any = None, may: Rule | None = None, names: str = "") -> Case:
    """An operation on one row; `body` is content, or a function of the world and the key."""

    def fill(w: World, key: str) -> Ask:
        return Ask({param: w.ids[key]}, body=body(w, key) if callable(body) else body)

    known = with_missing(*kept(name))
    known_names = frozenset(f"{param} {names}".split())
    return Case(route, route.split(" ", 1)[0], known_names, known, fill, may or standing_at(kept(name)))


def at_schools(route: str, body: Callable[[World, str], Any] | None = None, names: str = "") -> Case:
    """An operation on one school."""

    def fill(w: World, key: str) -> Ask:
        return Ask({"unit_id": unit_id(w, key)}, body=body(w, key) if body else None)

    return Case(route, route.split(" ", 1)[0], frozenset(f"unit_id {names}".split()), SCHOOLS, fill, at_unit)


def _chief(w: World, key: str) -> dict[str, Any]:
    part = "foreign_admin" if key.endswith("foreign_school") else "admin"
    return {"person_id": w.d.persons[part].pk, "part": "member", "begins": TODAY}


def plan_body(w: World, key: str) -> dict[str, Any]:
    return {
        "role": "gate_guard",
        "begins": LATER,
        "last": LATER,
        "days": "every",
        "turn": "day",
        "slots": [{"name": "白班", "begins": "07:00", "ends": "19:00"}],
        "account_ids": [w.d.accounts["guard"].pk],
    }


def _order(w: World, key: str) -> dict[str, Any]:
    part = "foreign_reporter" if key.endswith("foreign_school") else "clerk"
    return {"to_account_id": w.d.accounts[part].pk}


def meeting_body(w: World, key: str) -> dict[str, Any]:
    return {"title": "会", "begins_at": f"{TODAY}T09:00:00Z"}


def decision_body(w: World, key: str) -> dict[str, Any]:
    where = "foreign_class" if key.endswith("foreign_school") else "class1"
    return {
        "client_id": client_id(),
        "text": "通风",
        "unit_id": w.unit(where),
        "role": "homeroom_teacher",
        "due_on": LATER,
    }


LINK = {"kind": "cdc", "name": "疾控", "phone": "120"}
RESPONSIBILITY_OPERATIONS: tuple[Case, ...] = (
    at_schools(f"GET {PA}/units/{{unit_id}}/responsibility"),
    at_schools(f"POST {PA}/units/{{unit_id}}/groups", lambda w, key: {"kind": "other", "begins": TODAY}),
    api(f"POST {PA}/groups/{{group_id}}/end", "group", "group_id", {"ends": LATER}),
    api(f"POST {PA}/groups/{{group_id}}/members", "group", "group_id", _chief, names="person_id"),
    api(f"POST {PA}/group-members/{{member_id}}/end", "member", "member_id", {"ends": LATER}),
    at_schools(f"GET {PA}/units/{{unit_id}}/links"),
    at_schools(f"POST {PA}/units/{{unit_id}}/links", lambda w, key: LINK),
    api(f"POST {PA}/links/{{entry_id}}/mend", "link", "entry_id", LINK),
    api(f"POST {PA}/links/{{entry_id}}/end", "link", "entry_id"),
    api(f"POST {PA}/links/{{entry_id}}/calls", "link", "entry_id", {"outcome": "reached"}),
    Case(f"GET {DA}/shifts/mine", "GET", frozenset(), ("-",), lambda w, key: Ask(), anybody),
    at_schools(f"GET {DA}/shifts/of/{{unit_id}}"),
    at_schools(f"POST {DA}/shifts/of/{{unit_id}}", plan_body),
    api(f"POST {DA}/shifts/plans/{{plan_id}}/withdraw", "plan", "plan_id"),
    api(f"GET {DA}/shifts/{{shift_id}}/detail", "shift", "shift_id", may=seen_by("shift", "guard")),
    api(f"POST {DA}/shifts/{{shift_id}}/ask", "shift", "shift_id", _order, only("guard"), "to_account_id other_id"),
    api(f"POST {DA}/shifts/{{shift_id}}/order", "shift", "shift_id", _order),
    api(f"POST {DA}/shifts/{{shift_id}}/on-post", "shift", "shift_id", may=only("guard")),
    api(f"POST {DA}/shifts/{{shift_id}}/notes", "shift", "shift_id", {"text": "无"}, only("guard")),
    api(f"POST {DA}/shifts/changes/{{change_id}}/answer", "change", "change_id", {"accept": True}, asked_of),
    api(f"POST {DA}/shifts/changes/{{change_id}}/take-back", "change", "change_id", may=only("guard")),
    api(f"POST {DA}/shifts/notes/{{note_id}}/seen", "note", "note_id", may=only("guard")),
    at_schools(f"GET {DA}/meetings/of/{{unit_id}}"),
    at_schools(f"POST {DA}/meetings/of/{{unit_id}}", meeting_body),
    api(f"GET {DA}/meetings/{{meeting_id}}/sheet", "meeting", "meeting_id", may=seen_by("meeting", "teacher")),
    api(f"POST {DA}/meetings/{{meeting_id}}/attendance", "meeting", "meeting_id", {"items": []}),
    api(f"POST {DA}/meetings/{{meeting_id}}/minutes", "meeting", "meeting_id", {"text": "改", "reason": "漏记"}),
    api(f"POST {DA}/meetings/{{meeting_id}}/decisions", "meeting", "meeting_id", decision_body),
    api(f"GET {DA}/decisions/{{decision_id}}", "decision", "decision_id", may=decided),
    api(
        f"POST {DA}/decisions/{{decision_id}}/done", "decision", "decision_id", {"outcome": "已办"}, only("grade_head")
    ),
    api(f"POST {DA}/decisions/{{decision_id}}/withdraw", "decision", "decision_id", {"reason": "改期"}),
)
