"""The API keeps what /api/openapi.json promises, whatever is sent: declared statuses and shapes only, never a fault."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from ninja import Schema
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lianfang.config.api import api
from tests.access.world import DAY, KIND, World, undone

load_all_checks()
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PARTS = ("admin", "reporter", "teacher", "officer", "mother")
schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(), default=str)))
application = get_wsgi_application()


def real(world: World, part: str) -> dict[str, Any]:
    """Objects that exist, so that the generated rest of a request gets past the look-up."""
    unit = {"teacher": "class1", "officer": "bureau"}.get(part, "school")
    return {
        "unit_id": world.unit(unit),
        "person_id": world.d.pupils["class1"][0].pk,
        "membership_id": world.ids["membership:class1"],
        "post_id": world.ids["post:keeper"],
        "guardianship_id": world.ids["guardianship:unconfirmed"],
        "duty_id": world.ids["duty:class1"],
        "report_id": world.ids["amended:school"],
        "import_id": world.ids["import"],
        "delegation_id": world.ids["delegation:own"],
        "kind_id": KIND,
        "kind": KIND,
        "layout_id": "bureau-daily",
        "day": DAY.isoformat(),
        "session": "morning",
        "key": "people.school_weekdays",
    }


def lead_home(case: Any, known: dict[str, Any], turn: int) -> None:
    """Put real objects into the address (two times of three) and the body (one of three)."""
    if turn % 3 and case.path_parameters:
        case.path_parameters.update({k: v for k, v in known.items() if k in case.path_parameters})
    if turn % 3 == 2 and isinstance(case.body, dict):
        case.body.update({k: v for k, v in known.items() if k in case.body})


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two rooms with one name for two shapes would overwrite each other in the published schema."""
    found: dict[str, set[str]] = {}
    waiting = list(Schema.__subclasses__())
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        if shape.__module__.startswith("lianfang."):
            found.setdefault(shape.__name__, set()).add(shape.__module__)
    assert not {name: modules for name, modules in found.items() if len(modules) > 1}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The requests of a test are answered inside its transaction, as Django's own test client arranges it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@schema.parametrize()
@hypothesis.settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.generate],
)
def test_keeps_its_schema(world: World, case: schemathesis.Case) -> None:
    turn = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "replace"))
    part = PARTS[turn % len(PARTS)]
    lead_home(case, real(world, part), turn // 7)
    with undone():
        answer = case.call(
            base_url="http://localhost", app=application, headers={"Authorization": f"Bearer {world.tokens[part]}"}
        )
    case.validate_response(answer, checks=CHECKS)
