"""What happens around an answer: an answer that was made stands, whatever happens to the database after it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from lianfang.config.requests import Requests
from lianfang.foundation.sources import forget_sources
from tests.district import MORNING, make_district


@pytest.mark.django_db
def test_an_answer_stands_when_the_database_goes_away_after_it() -> None:
    district = make_district(3)
    request: Any = RequestFactory().post("/api/daily/reports", headers={"authorization": "Bearer new here"})
    request.actor, request.resolver_match = district.actor("teacher", MORNING), None
    forget_sources()
    asked: list[str] = []

    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        answer = Requests(lambda _request: HttpResponse("stored", status=200))(request)
    assert (answer.status_code, answer.content) == (200, b"stored")
    assert asked, "the request's school was not looked up, so nothing was shown"
    forget_sources()
