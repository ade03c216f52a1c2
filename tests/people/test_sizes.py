"""Sizes of rolls counted ahead: the same numbers as counting, for their day and as long as they hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lianfang.foundation.actor import system_actor
from lianfang.people import actions as people
from lianfang.people.models import RollSize
from lianfang.people.sizes import HOLDS, count_sizes, known_sizes
from tests.district import DAY, MORNING, District, make_district

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> District:
    return make_district(5, accounts=False)


def test_they_say_how_many_students_are_below_each_institution(district: District) -> None:
    count_sizes(system_actor("test", MORNING), MORNING)
    ids = {district.units[key].pk: key for key in ("school", "training", "foreign_school")}
    found = {ids[pk]: n for pk, n in known_sizes(ids, ["class"], DAY, MORNING).items()}
    assert found == {"school": 10, "training": 1, "foreign_school": 5}


def test_they_hold_for_a_while_and_for_their_day_only(district: District) -> None:
    count_sizes(system_actor("test", MORNING), MORNING)
    ids = [district.units["school"].pk]
    assert known_sizes(ids, ["class"], DAY, MORNING + HOLDS - timedelta(seconds=1))
    assert known_sizes(ids, ["class"], DAY, MORNING + HOLDS) == {}
    assert known_sizes(ids, ["class"], DAY - timedelta(days=1), MORNING) == {}


def test_counting_again_replaces_them(district: District) -> None:
    system = system_actor("test", MORNING)
    before = count_sizes(system, MORNING)
    child = people.create_person(system, MORNING, name="新同学")
    people.add_membership(system, MORNING, person=child, unit=district.units["class1"], kind="student", begins=DAY)
    assert count_sizes(system, MORNING) == before == RollSize.objects.count()
    school = district.units["school"].pk
    assert known_sizes([school], ["class"], DAY, MORNING) == {school: 11}
