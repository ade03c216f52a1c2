"""The entries of the navigation are those that lead somewhere for the reader."""

from __future__ import annotations

import pytest

from lianfang.web.context import _entries
from tests.reporting.cast import Reporting, at

pytestmark = pytest.mark.one_database("menu entries; the permissions behind them are asked on both by the access tests")

EVERYBODY = {"/", "/daily/report/", "/notices/"}
ROLLS, REPORTS, CHASE, OVERVIEW = "/daily/", "/reports/", "/duties/chase/", "/overview/"
ROSTER, IMPORT, SEARCH = "/people/", "/import/", "/search"
MORE = {
    "mother": set(),
    "guard": set(),
    "teacher": {ROLLS, REPORTS, ROSTER, SEARCH},
    "grade_head": {ROLLS, REPORTS, CHASE, ROSTER, SEARCH},
    "nurse": {ROLLS, REPORTS, CHASE, OVERVIEW, ROSTER, SEARCH},
    "principal": {ROLLS, REPORTS, CHASE, OVERVIEW, ROSTER, IMPORT, SEARCH},
    "admin": {CHASE, ROSTER, IMPORT, SEARCH},
    "officer": {REPORTS, CHASE, OVERVIEW, SEARCH},
}


@pytest.mark.parametrize("part", MORE)
def test_entries(school: Reporting, part: str) -> None:
    found = {str(entry["url"]) for entry in _entries(school.actor(part, at("09:00")), "/")}
    assert found == EVERYBODY | MORE[part]
