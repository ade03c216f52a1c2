"""Every text that an operation takes has an end: what is longer is refused by name, on every database, and nothing is stored."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from lianfang.foundation.permissions import Permission
from tests.access.cases import Ask, Case
from tests.access.operation_cases import OPERATION_CASES
from tests.access.relations import has_right
from tests.access.routes import operations
from tests.access.world import ASKING, World, undone
from tests.api.published import document

ENDLESS = "说" * 41_000
# Not kept as text: read as a number, or an answer that the rules compare with what they know.
TRIED = {"temperature", "value"}


def _texts(whole: dict[str, Any], node: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of the strings in a body's schema that are neither dates nor choices; lists are entered at their first item."""
    if "$ref" in node:
        node = whole["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]]
    for one in (*node.get("anyOf", ()), *node.get("allOf", ())):
        yield from _texts(whole, one, path)
    if node.get("type") == "object":
        for name, inner in node.get("properties", {}).items():
            if name not in TRIED:
                yield from _texts(whole, inner, (*path, name))
    if node.get("type") == "array":
        yield from _texts(whole, node["items"], (*path, 0))
    if node.get("type") == "string" and not {"format", "enum", "const"} & set(node):
        yield path


def asked() -> list[tuple[Case, tuple[str | int, ...]]]:
    """Each operation that takes a JSON body, with each of its texts."""
    found = []
    for case in {case.route: case for case in OPERATION_CASES if case.method != "GET"}.values():
        declared = document()["paths"][case.route.split(" ", 1)[1]][case.method.lower()]
        body = declared.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        paths = dict.fromkeys(_texts(document(), body)) if body else {}
        found += [(case, path) for path in paths if not (path and path[0] == 0)]
    return found


def put(body: Any, path: tuple[str | int, ...], text: str) -> Any:
    """The body with the text at a path; what is missing on the way is made."""
    whole = copy.deepcopy(body) if body is not None else {}
    at: Any = whole
    for step, following in zip(path, (*path[1:], None), strict=True):
        value = text if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if len(at) <= step:
                at.append(value)
            elif following is None:
                at[step] = value
        elif following is None or not at.get(step):
            at[step] = value
        at = at[step]
    return whole


@pytest.mark.django_db
@pytest.mark.parametrize("case, path", asked(), ids=lambda v: v.route if isinstance(v, Case) else ".".join(map(str, v)))
def test_an_endless_text_is_refused_by_name(world: World, case: Case, path: tuple[str | int, ...]) -> None:
    operation = next(o for o in operations() if o.name == case.route)
    permission = operation.declared if isinstance(operation.declared, Permission) else None
    part, key = next(
        (part, key)
        for part in ASKING
        for key in case.keys
        if permission is None or (has_right(part, permission) and case.verdict(part, permission, key) == "yes")
    )
    question = case.fill(world, key)
    if path[0] == "marks":
        mark = {"person_id": world.d.pupils["class1"][0].pk, "presence": "absent", "cause": "illness"}
        question = Ask(question.address, body={**question.body, "all_well": False, "marks": [mark]})
    body = json.dumps(put(question.body, path, ENDLESS))
    address = operation.path.format(**question.address)
    client = Client(raise_request_exception=False)
    with undone():
        answer = client.generic(case.method, address, body, "application/json", **world.bearer(part))
    assert answer.status_code == 422, (answer.status_code, answer.content[:300].decode(errors="replace"))
    fields = [error["field"] for error in answer.json()["errors"]]
    named = [step for step in path if isinstance(step, str)][-1]
    assert any(named in field.split(".") for field in fields), fields
    assert ENDLESS not in answer.content.decode()
