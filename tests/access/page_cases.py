"""How the parameters of every page are filled, and who may. See `cases`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lianfang.daily.perms import REPORT_OWN
from lianfang.duties.perms import CHASE_VIEW
from tests.access.cases import (
    PERSONS_ASKED,
    REPORTING_UNITS,
    ROLLS,
    SIGNED,
    Ask,
    Case,
    Rule,
    amends,
    anybody,
    at_person,
    at_unit,
    own_only,
    person_id,
    sees_report_of,
    sees_signed,
    signs,
    standing_at,
    unit_id,
)
from tests.access.privacy_cases import PAGES as PRIVACY_PAGES
from tests.access.relations import UNITS, reaches_person, reaches_unit, role_of
from tests.access.world import ALL_POSTS, DAY, KIND, World, client_id

TODAY = DAY.isoformat()
MEMBERSHIPS = {
    "membership:class1": "class1",
    "membership:class2": "class2",
    "membership:dormitory": "dormitory",
    "membership:lesson": "lesson",
    "membership:foreign": "foreign_class",
}
POSTS_HELD = {
    f"post:{part}": ALL_POSTS[part][2]
    for part in ("teacher", "keeper", "training_reporter", "officer", "foreign_teacher")
}
LINKS = {"guardianship:unconfirmed": "class1", "guardianship:foreign_unconfirmed": "foreign_class"}
IMPORTS = {"import": "school", "foreign_import": "foreign_school"}
DUTIES = {
    f"duty:{unit}": unit
    for unit in ("class1", "class2", "grade", "school", "training", "bureau", "foreign_class", "foreign_school")
}
PLACES: dict[str, str] = {"place": "school", "foreign_place": "foreign_school"}
NOTICES = tuple(f"notice:{part}" for part in ("teacher", "foreign_teacher", "officer", "cdc"))
TOKENS = tuple(f"token:{part}" for part in ("teacher", "foreign_teacher", "officer", "mother"))
# Delegations: the post that is handed over, its holder and where.
HANDED = {
    "delegation:own": ("homeroom_teacher", "teacher", "class1"),
    "delegation:foreign": ("epidemic_reporter", "foreign_reporter", "foreign_school"),
}
# Whose posts a manager may hand over, besides everybody their own.
HANDS_OVER = {
    "system_admin": ("homeroom_teacher", "epidemic_reporter"),
    "principal": ("homeroom_teacher", "epidemic_reporter"),
    "epidemic_reporter": ("homeroom_teacher",),
    "grade_head": ("homeroom_teacher",),
}


def row(key: str, **more: Any) -> Callable[[World, str], Ask]:
    """An address with the id of one row."""
    return lambda w, which: Ask({key: w.ids[which]}, **more)


def with_missing(*keys: str) -> tuple[str, ...]:
    return (*keys, "missing")


def hands_over(part: str, permission: Any, key: str) -> Any:
    """One's own post, or a post below one's own."""
    if key == "missing":
        return "no"
    role, holder, where = HANDED[key]
    if part == holder:
        return "yes"
    if not reaches_unit(part, permission, where):
        return "no"
    return "yes" if role in HANDS_OVER.get(role_of(part), ()) else "refused"


def owes_or_chases(part: str, permission: Any, key: str) -> bool:
    """A duty is open to who owes it, who stands in for that post, and who chases at or above its unit."""
    unit = DUTIES.get(key, "missing")
    home = ALL_POSTS[part][2] if part in ALL_POSTS else ""
    owing = {
        "class1": ("homeroom_teacher", "subject_teacher", "lesson_teacher"),
        "class2": ("homeroom_teacher", "subject_teacher", "lesson_teacher"),
        "foreign_class": ("homeroom_teacher", "subject_teacher", "lesson_teacher"),
        "grade": ("grade_head",),
        "school": ("epidemic_reporter", "school_nurse"),
        "training": ("epidemic_reporter", "school_nurse"),
        "foreign_school": ("epidemic_reporter", "school_nurse"),
        "bureau": ("county_officer",),
    }
    if home == unit and role_of(part) in owing.get(unit, ()):
        return True
    return reaches_unit(part, CHASE_VIEW, unit)


def reports_for(part: str, permission: Any, key: str) -> bool:
    """The page takes what it shows: oneself and one's children. For pupils there is the class's own page."""
    return reaches_person(part, REPORT_OWN, key)


def excuses(part: str, permission: Any, unit: str) -> Any:
    """Within reach, but never what one signed oneself."""
    if (part, unit) in (("reporter", "school"), ("foreign_reporter", "foreign_school")):
        return "refused"
    return reaches_unit(part, permission, unit)


def page(
    route: str,
    names: str = "",
    keys: tuple[str, ...] = ("-",),
    fill: Callable[[World, str], Ask] = lambda w, key: Ask(),
    may: Rule = anybody,
    method: str = "GET",
) -> Case:
    return Case(route, method, frozenset(names.split()), keys, fill, may)


def of_unit(route: str, keys: tuple[str, ...] = UNITS, method: str = "GET", may: Rule = at_unit, **more: Any) -> Case:
    body = more.pop("body", None)
    return page(
        route, "unit_id", keys, lambda w, key: Ask({"unit_id": unit_id(w, key), **more}, body=body), may, method
    )


def of_person(route: str, method: str = "GET", body: Any = None) -> Case:
    return page(
        route,
        "person_id",
        PERSONS_ASKED,
        lambda w, key: Ask({"person_id": person_id(w, key)}, body=body),
        at_person,
        method,
    )


def of_report(name: str, method: str = "GET", may: Rule = sees_report_of, **more: Any) -> Case:
    return of_unit(name, REPORTING_UNITS, method, may, kind_id=KIND, day=TODAY, **more)


def _place(w: World, key: str) -> Ask:
    where = PLACES.get(key, "school")
    return Ask({"unit_id": w.unit(where), "place_id": w.ids[key]})


def _statement() -> dict[str, str]:
    return {"client_id": client_id(), "seen": "0" * 16}


PEOPLE = (
    page("people:tree"),
    *PRIVACY_PAGES,
    of_unit("people:roster"),
    page("people:enrol"),
    page("people:enrol", method="POST"),
    of_person("people:person"),
    of_person("people:edit"),
    of_person("people:edit", "POST"),
    of_person("people:open_account", "POST"),
    of_person("people:assign", "POST"),
    of_person("people:add_guardian", "POST"),
    *(
        page(
            f"people:{name}",
            "membership_id",
            with_missing(*MEMBERSHIPS),
            row("membership_id"),
            standing_at(MEMBERSHIPS),
            "POST",
        )
        for name in ("move", "end")
    ),
    page("people:end_post", "post_id", with_missing(*POSTS_HELD), row("post_id"), standing_at(POSTS_HELD), "POST"),
    *(
        page(
            f"people:{name}",
            "guardianship_id",
            with_missing(*LINKS),
            row("guardianship_id"),
            standing_at(LINKS),
            "POST",
        )
        for name in ("confirm_guardian", "end_guardian")
    ),
    page("people:calendars"),
    of_unit("people:calendar"),
    of_unit("people:declare_day", method="POST"),
    of_unit("people:declare_term", method="POST"),
    page("people:all_places"),
    of_unit("people:places", ("school", "training", "foreign_school", "missing")),
    of_unit("people:add_place", ("school", "training", "foreign_school", "missing"), "POST"),
    page("people:edit_place", "unit_id place_id", with_missing(*PLACES), _place, standing_at(PLACES)),
    page("people:edit_place", "unit_id place_id", with_missing(*PLACES), _place, standing_at(PLACES), "POST"),
)
COMMS = (
    page("comms:inbox"),
    page("comms:read_all", method="POST"),
    page("comms:open", "notice_id", with_missing(*NOTICES), row("notice_id"), own_only("notice")),
    page("comms:read_one", "notice_id", with_missing(*NOTICES), row("notice_id"), own_only("notice"), "POST"),
)
DUTY_PAGES = (
    page("duties:mine"),
    page("duties:chase", "unit", UNITS, lambda w, key: Ask(query={"unit": unit_id(w, key)}), at_unit),
    page(
        "duties:remind",
        "duty",
        with_missing(*DUTIES),
        lambda w, key: Ask(body={"duty": [w.ids[key]]}),
        standing_at(DUTIES),
        "POST",
    ),
    page("duties:delegations"),
    page("duties:new_delegation"),
    page("duties:new_delegation", method="POST"),
    page("duties:end_delegation", "delegation_id", with_missing(*HANDED), row("delegation_id"), hands_over, "POST"),
    page("duties:detail", "duty_id", with_missing(*DUTIES), row("duty_id"), owes_or_chases),
    page(
        "duties:excuse",
        "duty_id",
        with_missing(*DUTIES),
        row("duty_id", body={"reason": "停课"}),
        standing_at(DUTIES),
        "POST",
    ),
    page("duties:owe_again", "duty_id", with_missing(*DUTIES), row("duty_id"), standing_at(DUTIES), "POST"),
)
DAILY = (
    page("daily:index"),
    of_unit("daily:roll_now", ROLLS),
    of_unit("daily:roll", ROLLS, session="morning"),
    of_unit("daily:roll", ROLLS, "POST", session="morning", body={"marks": "[]"}),
    of_unit("daily:sheet", ROLLS, session="morning"),
    page("daily:report"),
    page(
        "daily:report",
        method="POST",
        fill=lambda w, key: Ask(body={"person_id": person_id(w, key), "client_id": client_id()}),
        names="person_id",
        keys=("child", "foreign_child", "missing"),
        may=reports_for,
    ),
    of_unit("daily:class_report", ROLLS),
    page(
        "daily:class_report",
        "unit_id person_id",
        ("class1", "class2", "foreign_class", "missing"),
        lambda w, key: Ask(
            {"unit_id": unit_id(w, key)},
            body={"client_id": client_id(), "person_id": w.d.pupils[key][2].pk if key != "missing" else w.ids[key]},
        ),
        at_unit,
        "POST",
    ),
    of_unit("daily:leave", ROLLS),
    of_unit("daily:leave", ROLLS, "POST"),
    of_unit("daily:changes", ROLLS),
    of_unit("daily:day", ROLLS),
    of_unit(
        "daily:coverage",
        tuple(u for u in UNITS if u not in ("bureau", "cdc", "foreign_bureau", "office", "empty_school")),
    ),
)
REPORTING = (
    page("reporting:index"),
    page("reporting:report", "report_id", with_missing(*SIGNED), row("report_id"), sees_signed),
    page("reporting:amend", "report_id", with_missing(*SIGNED), row("report_id"), amends),
    page("reporting:amend", "report_id", with_missing(*SIGNED), row("report_id", body=_statement()), amends, "POST"),
    of_report("reporting:rule"),
    of_report("reporting:board"),
    of_report("reporting:sign", may=signs),
    of_report("reporting:sign", "POST", signs, body=_statement()),
    of_report(
        "reporting:excuse",
        "POST",
        excuses,
        body={"reason": "停电"},
    ),
    of_report("reporting:history"),
    of_unit(
        "reporting:table",
        tuple(u for u in REPORTING_UNITS if u not in ("class1", "class2", "lesson", "foreign_class")),
        may=sees_report_of,
        kind_id=KIND,
        day=TODAY,
        layout_id="bureau-daily",
    ),
)
EXCHANGE = (
    page("exchange:home"),
    page("exchange:home", method="POST"),
    page("exchange:template"),
    page("exchange:rollover"),
    page("exchange:rollover", method="POST"),
    of_unit("exchange:export"),
    *(
        page(f"exchange:{name}", "import_id", with_missing(*IMPORTS), row("import_id"), standing_at(IMPORTS), method)
        for name, method in (
            ("preview", "GET"),
            ("progress", "GET"),
            ("bad_rows", "GET"),
            ("columns", "GET"),
            ("columns", "POST"),
            ("search", "POST"),
            ("again", "POST"),
            ("decide", "POST"),
            ("commit", "POST"),
            ("cancel", "POST"),
        )
    ),
)
WEB = (
    page("web:today"),
    page("web:account"),
    page("web:account", method="POST"),
    page("web:install"),
    of_unit("web:sign_in_rules"),
    of_unit("web:sign_in_rules", method="POST"),
    page("web:search"),
    page("web:overview"),
    of_unit("web:overview_unit", REPORTING_UNITS, may=sees_report_of),
)
from tests.access.joining_page_cases import JOINING_PAGES  # noqa: E402 - it uses what stands above
from tests.access.placing_page_cases import PLACING_PAGES  # noqa: E402
from tests.access.responsibility_page_cases import RESPONSIBILITY_PAGES  # noqa: E402

PAGE_CASES = (
    *PLACING_PAGES,
    *RESPONSIBILITY_PAGES,
    *JOINING_PAGES,
    *PEOPLE,
    *COMMS,
    *DUTY_PAGES,
    *DAILY,
    *REPORTING,
    *EXCHANGE,
    *WEB,
)
