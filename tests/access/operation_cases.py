"""How the parameters of every operation of the API are filled, and who may. See `cases`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.daily.perms import REPORT_SUBMIT
from lianfang.exchange.models import RosterChange
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
from tests.access.page_cases import (
    DUTIES,
    HANDED,
    IMPORTS,
    LINKS,
    MEMBERSHIPS,
    NOTICES,
    POSTS_HELD,
    TODAY,
    TOKENS,
    excuses,
    hands_over,
    owes_or_chases,
    row,
    with_missing,
)
from tests.access.privacy_cases import OPERATIONS as PRIVACY_OPERATIONS
from tests.access.relations import PERSONS, SEATS, UNITS, family_of, reaches_unit
from tests.access.world import CSV_HEADER, DAY, KIND, World, client_id

INSTITUTIONS = ("school", "training", "foreign_school", "missing")
CLASSES = ("class1", "class2", "foreign_class", "missing")
LATER: str = (DAY + timedelta(days=30)).isoformat()


def operation(
    route: str,
    names: str = "",
    keys: tuple[str, ...] = ("-",),
    fill: Callable[[World, str], Ask] = lambda w, key: Ask(),
    may: Rule = anybody,
) -> Case:
    return Case(route, route.split(" ", 1)[0], frozenset(names.split()), keys, fill, may)


def of_unit(
    route: str,
    keys: tuple[str, ...] = UNITS,
    may: Rule = at_unit,
    query: dict[str, Any] | None = None,
    body: Callable[[World, int], Any] = lambda w, pk: None,
    names: str = "unit_id",
    **address: Any,
) -> Case:
    """The unit stands in the address, or in the body where `body` puts it."""

    def fill(w: World, key: str) -> Ask:
        pk = unit_id(w, key)
        return Ask({"unit_id": pk, **address}, query or {}, body(w, pk))

    return operation(route, names, keys, fill, may)


def of_person(route: str, body: Callable[[World, str], Any] = lambda w, key: None, names: str = "person_id") -> Case:
    return operation(
        route,
        names,
        PERSONS_ASKED,
        lambda w, key: Ask({"person_id": person_id(w, key)}, body=body(w, key)),
        at_person,
    )


def _beside(w: World, key: str) -> int:
    """A unit of the same institution as the person, so that only the person decides."""
    return w.unit("foreign_class" if key.startswith("foreign") else "class2")


def _handed(w: World, key: str) -> Ask:
    role, holder, where = HANDED.get(key, HANDED["delegation:own"])
    deputy = "foreign_teacher" if where.startswith("foreign") else "subject_teacher"
    body = {
        "unit_id": w.unit(where) if key != "missing" else w.ids[key],
        "role": role,
        "from_account_id": w.d.accounts[holder].pk,
        "to_account_id": w.d.accounts[deputy].pk,
        "begins": LATER,
        "ends": (DAY + timedelta(days=31)).isoformat(),
    }
    return Ask(body=body)


def _place(w: World, pk: int) -> dict[str, Any]:
    return {"kind": "building", "name": "新楼"}


def _check(w: World, pk: int) -> dict[str, Any]:
    return {"client_id": client_id(), "unit_id": pk, "day": TODAY, "session": "noon", "all_well": True}


def _statement(w: World, pk: int = 0) -> dict[str, Any]:
    return {"client_id": client_id(), "seen": "0" * 16}


def _leave(w: World, key: str) -> Ask:
    person = w.d.pupils[key][1].pk if key != "missing" else w.ids[key]
    body = {"client_id": client_id(), "unit_id": unit_id(w, key), "person_id": person, "cause": "illness"}
    return Ask(body=body)


def _upload(w: World, key: str) -> Ask:
    file = SimpleUploadedFile("roster.csv", f"{CSV_HEADER}\nS1,某某,三年级,1班\n".encode())
    return Ask(body={"unit_id": unit_id(w, key), "file": file})


# On whose rolls somebody stands; a post or a child there is not enough to be reported for.
ON_ROLLS = {**{key: PERSONS[key] for key in SEATS}, "teacher": ("office",), "clerk": ("office",)}


def reports_for(part: str, permission: Any, key: str) -> bool:
    """Oneself, one's children, and who is on a roll within reach."""
    if key == part or key in family_of(part):
        return True
    return any(reaches_unit(part, REPORT_SUBMIT, unit) for unit in ON_ROLLS.get(key, ()))


def _rollover(w: World, key: str) -> Ask:
    nothing = SimpleUploadedFile("roster.csv", f"{CSV_HEADER}\nS1,某某,三年级,1班\n".encode())
    return Ask(body={"unit_id": unit_id(w, key), "effective": "2027-09-01", "file": nothing})


def _decide(w: World, key: str) -> Ask:
    first = RosterChange.objects.filter(roster_import=w.ids[key]).values_list("pk", flat=True)[:1]
    return Ask({"import_id": w.ids[key]}, body={"decision": "", "change_ids": list(first)})


NEW_PERSON = {"name": "新来的", "kind": "student", "begins": TODAY}
P, R, D, X = "/api/people", "/api/reporting", "/api/daily", "/api/exchange"
FOUNDATION = (
    operation("GET /api/foundation/me"),
    operation("GET /api/foundation/password"),
    operation("PUT /api/foundation/password", fill=lambda w, key: Ask(body={"current": "x", "password": "y"})),
    operation("GET /api/foundation/tokens"),
    operation("POST /api/foundation/tokens", fill=lambda w, key: Ask(body={"label": "平板"})),
    operation(
        "DELETE /api/foundation/tokens/{token_id}",
        "token_id",
        with_missing(*TOKENS),
        row("token_id"),
        own_only("token"),
    ),
    of_unit("GET /api/foundation/units/{unit_id}/settings", query={"on": TODAY}),
    of_unit(
        "PUT /api/foundation/units/{unit_id}/settings/{key}",
        body=lambda w, pk: {"value": [0, 1, 2, 3, 4], "begins": LATER},
        key="people.school_weekdays",
    ),
)
PEOPLE = (
    operation(f"GET {P}/units"),
    of_unit(f"GET {P}/units/{{unit_id}}/members"),
    of_unit(f"POST {P}/units/{{unit_id}}/members/search", body=lambda w, pk: {"q": "王"}),
    operation(f"GET {P}/persons"),
    operation(f"POST {P}/persons/search", fill=lambda w, key: Ask(body={"q": "王"})),
    of_unit(f"POST {P}/persons", CLASSES, body=lambda w, pk: {**NEW_PERSON, "unit_id": pk}),
    of_person(f"GET {P}/persons/{{person_id}}"),
    of_person(f"PATCH {P}/persons/{{person_id}}", lambda w, key: {"sex": "unknown"}),
    of_person(
        f"POST {P}/persons/{{person_id}}/memberships",
        lambda w, key: {"unit_id": _beside(w, key), "kind": "student", "begins": LATER},
        "person_id unit_id",
    ),
    operation(
        f"POST {P}/memberships/{{membership_id}}/move",
        "membership_id to_unit_id",
        with_missing(*(m for m in MEMBERSHIPS if m != "membership:lesson")),
        lambda w, key: Ask(
            {"membership_id": w.ids[key]}, body={"to_unit_id": _beside(w, key.split(":")[-1]), "on": LATER}
        ),
        standing_at(MEMBERSHIPS),
    ),
    operation(
        f"POST {P}/memberships/{{membership_id}}/end",
        "membership_id",
        with_missing(*MEMBERSHIPS),
        row("membership_id", body={"ends": LATER}),
        standing_at(MEMBERSHIPS),
    ),
    of_person(
        f"POST {P}/persons/{{person_id}}/posts",
        lambda w, key: {"unit_id": _beside(w, key), "role": "subject_teacher", "begins": LATER},
        "person_id unit_id",
    ),
    operation(
        f"POST {P}/posts/{{post_id}}/end",
        "post_id",
        with_missing(*POSTS_HELD),
        row("post_id", body={"ends": LATER}),
        standing_at(POSTS_HELD),
    ),
    of_person(f"POST {P}/persons/{{person_id}}/account"),
    of_person(
        f"POST {P}/persons/{{person_id}}/guardians",
        lambda w, key: {"name": "某家长", "relation": "other", "begins": TODAY},
    ),
    operation(
        f"POST {P}/guardians/{{guardianship_id}}/confirm",
        "guardianship_id",
        with_missing(*LINKS),
        row("guardianship_id"),
        standing_at(LINKS),
    ),
    operation(
        f"POST {P}/guardians/{{guardianship_id}}/end",
        "guardianship_id",
        with_missing(*LINKS),
        row("guardianship_id", body={"ends": LATER}),
        standing_at(LINKS),
    ),
    of_unit(f"GET {P}/calendar/{{unit_id}}"),
    of_unit(f"POST {P}/calendar/{{unit_id}}/days", body=lambda w, pk: {"day": LATER, "kind": "holiday"}),
    of_unit(
        f"POST {P}/calendar/{{unit_id}}/terms",
        body=lambda w, pk: {"name": "x", "begins": "2027-02-20", "ends": "2027-07-01"},
    ),
    of_unit(f"GET {P}/places/{{unit_id}}", INSTITUTIONS),
    of_unit(f"POST {P}/places/{{unit_id}}", INSTITUTIONS, body=_place, names="unit_id"),
)
COMMS = (
    operation("GET /api/comms/notices"),
    operation("GET /api/comms/notices/unread"),
    operation(
        "POST /api/comms/notices/read", "notice_ids", NOTICES, lambda w, key: Ask(body={"notice_ids": [w.ids[key]]})
    ),
)
DUTY_OPERATIONS = (
    operation("GET /api/duties/mine"),
    operation("GET /api/duties/late"),
    operation(
        "GET /api/duties/chase",
        "unit_id",
        UNITS,
        lambda w, key: Ask(query={"unit_id": unit_id(w, key), "day": TODAY}),
        at_unit,
    ),
    operation(
        "GET /api/duties/rates", fill=lambda w, key: Ask(query={"kind": "daily-zero", "first": TODAY, "last": TODAY})
    ),
    operation(
        "POST /api/duties/remind",
        "duty_ids",
        with_missing(*DUTIES),
        lambda w, key: Ask(body={"duty_ids": [w.ids[key]]}),
        standing_at(DUTIES),
    ),
    operation("GET /api/duties/delegations"),
    operation(
        "POST /api/duties/delegations",
        "unit_id from_account_id to_account_id",
        with_missing(*HANDED),
        _handed,
        hands_over,
    ),
    operation(
        "POST /api/duties/delegations/{delegation_id}/end",
        "delegation_id",
        with_missing(*HANDED),
        row("delegation_id"),
        hands_over,
    ),
    operation("GET /api/duties/{duty_id}", "duty_id", with_missing(*DUTIES), row("duty_id"), owes_or_chases),
    operation(
        "POST /api/duties/{duty_id}/excuse",
        "duty_id",
        with_missing(*DUTIES),
        row("duty_id", body={"reason": "停课"}),
        standing_at(DUTIES),
    ),
    operation(
        "POST /api/duties/{duty_id}/owe-again", "duty_id", with_missing(*DUTIES), row("duty_id"), standing_at(DUTIES)
    ),
)
DAILY = (
    of_unit(f"POST {D}/checks", ROLLS, body=_check, names="unit_id"),
    operation(
        f"POST {D}/reports",
        "person_id",
        PERSONS_ASKED,
        lambda w, key: Ask(body={"client_id": client_id(), "person_id": person_id(w, key)}),
        reports_for,
    ),
    operation(f"POST {D}/early-leaves", "unit_id person_id", CLASSES, _leave, at_unit),
    of_unit(f"GET {D}/rolls/{{unit_id}}/{{day}}/{{session}}", ROLLS, day=TODAY, session="morning"),
    operation(f"GET {D}/subjects"),
    of_unit(f"GET {D}/changes/{{unit_id}}", ROLLS, query={"day": TODAY}),
    of_unit(
        f"GET {D}/coverage/{{unit_id}}",
        tuple(u for u in UNITS if u not in ("bureau", "cdc", "foreign_bureau", "office", "empty_school")),
        query={"day": TODAY},
    ),
    of_unit(f"GET {D}/days/{{unit_id}}/{{day}}", ROLLS, day=TODAY),
)
REPORTING = (
    of_unit(
        f"GET {R}/boards/{{kind_id}}/{{unit_id}}/{{day}}", REPORTING_UNITS, sees_report_of, kind_id=KIND, day=TODAY
    ),
    of_unit(f"GET {R}/forms/{{kind_id}}/{{unit_id}}/{{day}}", REPORTING_UNITS, signs, kind_id=KIND, day=TODAY),
    of_unit(
        f"POST {R}/reports",
        REPORTING_UNITS,
        signs,
        body=lambda w, pk: {**_statement(w), "kind": KIND, "unit_id": pk, "day": TODAY},
    ),
    operation(
        f"POST {R}/reports/{{report_id}}/amendments",
        "report_id",
        with_missing(*SIGNED),
        lambda w, key: Ask({"report_id": w.ids[key]}, body=_statement(w)),
        amends,
    ),
    operation(f"GET {R}/reports/{{report_id}}", "report_id", with_missing(*SIGNED), row("report_id"), sees_signed),
    of_unit(f"GET {R}/units/{{unit_id}}/reports", REPORTING_UNITS, sees_report_of, {"day": TODAY}),
    of_unit(
        f"POST {R}/lateness",
        REPORTING_UNITS,
        excuses,
        body=lambda w, pk: {"kind": KIND, "unit_id": pk, "day": TODAY, "reason": "停电"},
    ),
    of_unit(
        f"GET {R}/tables/{{layout_id}}/{{unit_id}}/{{day}}",
        tuple(u for u in REPORTING_UNITS if u not in ("class1", "class2", "lesson", "foreign_class")),
        sees_report_of,
        layout_id="bureau-daily",
        day=TODAY,
    ),
)
EXCHANGE = (
    operation(f"GET {X}/imports"),
    operation(f"POST {X}/imports", "unit_id", INSTITUTIONS, _upload, at_unit),
    *(
        operation(
            f"{route}",
            names,
            with_missing(*IMPORTS),
            row("import_id", body=body),
            standing_at(IMPORTS),
        )
        for route, names, body in (
            (f"GET {X}/imports/{{import_id}}", "import_id", None),
            (f"GET {X}/imports/{{import_id}}/changes", "import_id", None),
            (f"POST {X}/imports/{{import_id}}/preview", "import_id", None),
            (f"POST {X}/imports/{{import_id}}/commit", "import_id", {"leave": 0}),
            (f"GET {X}/imports/{{import_id}}/progress", "import_id", None),
            (f"POST {X}/imports/{{import_id}}/cancel", "import_id", None),
            (f"GET {X}/imports/{{import_id}}/errors.xlsx", "import_id", None),
            (f"GET {X}/imports/{{import_id}}/columns", "import_id", None),
            (f"POST {X}/imports/{{import_id}}/search", "import_id", {"text": "新"}),
            (
                f"PUT {X}/imports/{{import_id}}/columns",
                "import_id",
                {"sheets": [{"name": "", "kind": "students", "row": 1, "columns": [{"index": 1, "field": "name"}]}]},
            ),
        )
    ),
    operation(
        f"POST {X}/imports/{{import_id}}/decide",
        "import_id change_ids",
        with_missing(*IMPORTS),
        _decide,
        standing_at(IMPORTS),
    ),
    of_unit(f"GET {X}/rosters/{{unit_id}}.xlsx"),
    operation(f"POST {X}/rollovers", "body.unit_id", INSTITUTIONS, _rollover, at_unit),
)
WEB = (
    *PRIVACY_OPERATIONS,
    operation("GET /api/web/today"),
    operation("GET /api/web/overview"),
    of_unit("GET /api/web/overview/{unit_id}", REPORTING_UNITS, sees_report_of),
    operation("POST /api/web/search", fill=lambda w, key: Ask(body={"q": "班"})),
)
from tests.access.joining_operation_cases import JOINING_OPERATIONS  # noqa: E402 - it uses what stands above
from tests.access.placing_operation_cases import PLACING_OPERATIONS  # noqa: E402
from tests.access.responsibility_operation_cases import RESPONSIBILITY_OPERATIONS  # noqa: E402

OPERATION_CASES = (
    *PLACING_OPERATIONS,
    *RESPONSIBILITY_OPERATIONS,
    *JOINING_OPERATIONS,
    *FOUNDATION,
    *PEOPLE,
    *COMMS,
    *DUTY_OPERATIONS,
    *DAILY,
    *REPORTING,
    *EXCHANGE,
    *WEB,
)
