"""Pages of groups, link books, rosters and meetings: how they are asked, and who may. See `cases`."""

from __future__ import annotations

from typing import Any

from tests.access.cases import Case, Rule, standing_at
from tests.access.page_cases import of_unit, page, row, with_missing
from tests.access.relations import reaches_unit

SCHOOLS = ("school", "training", "foreign_school", "missing")


def kept(name: str) -> dict[str, str]:
    """The rows of a name, and where each is."""
    return {f"{name}:{where}": where for where in ("school", "foreign_school")}


def only(*parts: str) -> Rule:
    """Rows of the school that are these parts' own."""
    return lambda part, permission, key: part in parts and key.endswith(":school")


def asked_of(part: str, permission: Any, key: str) -> bool:
    """Changes of shifts are answered by whoever was asked."""
    return (part, key) in (("nurse", "change:school"), ("foreign_reporter", "change:foreign_school"))


def seen_by(name: str, *parts: str) -> Rule:
    """Within reach, or concerning these parts."""
    own, reached = only(*parts), standing_at(kept(name))
    return lambda part, permission, key: bool(own(part, permission, key) or reached(part, permission, key))


def decided(part: str, permission: Any, key: str) -> bool:
    """A decision is open to who sees the meeting, who was asked to it and who carries it out."""
    from lianfang.duties.perms import MEETING_VIEW

    at = kept("decision").get(key, "missing")
    return bool(only("teacher", "grade_head")(part, permission, key)) or reaches_unit(part, MEETING_VIEW, at)


def of(route: str, name: str, param: str, may: Rule | None = None, method: str = "GET", body: Any = None) -> Case:
    """A page about one row."""
    fill = row(param, body=body) if body is not None else row(param)
    return page(route, param, with_missing(*kept(name)), fill, may or standing_at(kept(name)), method)


P, D = "people", "duties"
RESPONSIBILITY_PAGES: tuple[Case, ...] = (
    page(f"{P}:all_groups"),
    of_unit(f"{P}:groups", SCHOOLS),
    of_unit(f"{P}:add_group", SCHOOLS, "POST"),
    of(f"{P}:group", "group", "group_id"),
    of(f"{P}:add_group_member", "group", "group_id", method="POST"),
    of(f"{P}:end_group", "group", "group_id", method="POST"),
    of(f"{P}:end_group_member", "member", "member_id", method="POST"),
    page(f"{P}:linkbooks"),
    of_unit(f"{P}:linkbook", SCHOOLS),
    of_unit(f"{P}:add_link", SCHOOLS, "POST"),
    of(f"{P}:mend_link", "link", "entry_id"),
    of(f"{P}:mend_link", "link", "entry_id", method="POST"),
    of(f"{P}:end_link", "link", "entry_id", method="POST"),
    of(f"{P}:record_call", "link", "entry_id", method="POST", body={"outcome": "reached"}),
    page(f"{D}:shifts"),
    page(f"{D}:own_shifts"),
    of_unit(f"{D}:roster", SCHOOLS),
    of_unit(f"{D}:new_plan", SCHOOLS),
    of_unit(f"{D}:new_plan", SCHOOLS, "POST"),
    of(f"{D}:withdraw_plan", "plan", "plan_id", method="POST"),
    of(f"{D}:shift", "shift", "shift_id", seen_by("shift", "guard")),
    of(f"{D}:ask_change", "shift", "shift_id", only("guard"), "POST"),
    of(f"{D}:order_change", "shift", "shift_id", method="POST"),
    of(f"{D}:on_post", "shift", "shift_id", only("guard"), "POST"),
    of(f"{D}:hand_over", "shift", "shift_id", only("guard"), "POST", {"text": "无"}),
    of(f"{D}:answer_change", "change", "change_id", asked_of, "POST", {"accept": "no"}),
    of(f"{D}:take_back_change", "change", "change_id", only("guard"), "POST"),
    of(f"{D}:acknowledge", "note", "note_id", only("guard"), "POST"),
    page(f"{D}:meetings"),
    of_unit(f"{D}:meetings_of", SCHOOLS),
    of_unit(f"{D}:new_meeting", SCHOOLS),
    of_unit(f"{D}:new_meeting", SCHOOLS, "POST"),
    of(f"{D}:meeting", "meeting", "meeting_id", seen_by("meeting", "teacher")),
    *(of(f"{D}:{name}", "meeting", "meeting_id", method="POST") for name in ("attendance", "minutes", "decide")),
    of(f"{D}:decision", "decision", "decision_id", decided),
    of(f"{D}:carry_out", "decision", "decision_id", only("grade_head"), "POST", {"outcome": "已办"}),
    of(f"{D}:withdraw_decision", "decision", "decision_id", method="POST", body={"reason": "改期"}),
)
