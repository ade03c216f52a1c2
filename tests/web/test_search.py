"""Looking for somebody or something finds what lies within one's reach, and says nothing of the rest."""

from __future__ import annotations

import pytest

from lianfang.web.queries import find
from tests.reporting.cast import Reporting, at


@pytest.mark.parametrize(
    "part, classes, schools",
    [
        ("teacher", {"class1"}, set()),
        ("grade_head", {"class1", "class2"}, set()),
        ("reporter", {"class1", "class2"}, {"school"}),
        ("officer", {"class1", "class2"}, {"school"}),
        ("foreign_officer", {"foreign_class"}, {"foreign_school"}),
        ("mother", set(), set()),
        ("guard", set(), set()),
    ],
)
def test_units_within_reach(school: Reporting, part: str, classes: set[str], schools: set[str]) -> None:
    actor = school.actor(part, at("09:00"))
    for text, wanted in (("班", classes), ("小学", schools)):
        named = {
            key: school.d.units[key].pk for key in ("class1", "class2", "foreign_class", "school", "foreign_school")
        }
        found = {unit.id for unit in find(actor, text).units} & set(named.values())
        assert found == {named[key] for key in wanted}, text
