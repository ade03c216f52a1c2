"""What a list offers to choose from, and what a breadcrumb opens, lies within the reach of who looks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lianfang.duties import queries as duties
from lianfang.exchange import queries as exchange
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.people import queries
from lianfang.people.views.units import unit_path
from tests.daily.cast import MORNING, Morning
from tests.district import TERM

pytestmark = pytest.mark.django_db


def names(units: list[Unit]) -> set[str]:
    return {unit.name for unit in units}


def test_units_to_choose_from_lie_within_reach(school: Morning) -> None:
    ours, grade, foreign, training = "文一路小学", "三年级", "余杭小学", "小画家培训学校"
    assert names(duties.units_to_chase(school.actor("grade_head"))) == {grade}
    assert names(duties.units_to_chase(school.actor("principal"))) == {ours, grade}
    assert names(duties.units_to_chase(school.actor("officer"))) == {ours, grade, training}
    assert names(duties.units_to_chase(school.actor("foreign_officer"))) == {foreign}
    assert names(duties.units_with_meetings(school.actor("grade_head"))) == {grade}
    assert names(duties.units_with_meetings(school.actor("principal"))) == {ours, grade}
    assert names(duties.units_with_shifts(school.actor("guard"))) == {ours}
    assert names(duties.units_with_shifts(school.actor("foreign_admin"))) == {foreign}
    assert names(exchange.institutions(school.actor("admin"))) == {ours}
    assert names(exchange.institutions(school.actor("foreign_admin"))) == {foreign}


def test_who_may_stand_in_is_of_ones_own_institution(school: Morning) -> None:
    def offered(part: str) -> set[str]:
        return {account.username for account in duties.people_to_stand_in(school.actor(part), MORNING)}

    assert {"teacher", "nurse", "principal"} <= offered("principal")
    assert not offered("principal") & {"foreign_teacher", "foreign_admin", "lesson_teacher", "officer"}
    assert offered("foreign_teacher") == {"foreign_teacher", "foreign_admin"}


def opened(actor: Actor, unit: Unit) -> list[tuple[str, bool]]:
    return [(step["label"], bool(step["url"])) for step in unit_path(actor, unit)]


def test_a_breadcrumb_opens_only_what_the_reader_reaches(school: Morning) -> None:
    klass = school.d.units["class1"]
    assert opened(school.actor("teacher"), klass) == [
        ("西湖区教育局", False), ("文一路小学", False), ("三年级", False), ("三（1）班", True),
    ]  # fmt: skip
    assert [yes for _label, yes in opened(school.actor("admin"), klass)] == [False, True, True, True]
    assert not any(yes for _label, yes in opened(school.actor("foreign_admin"), klass))


def test_an_invitation_of_another_school_is_none(school: Morning) -> None:
    slip = people.invite_class(school.actor("teacher"), MORNING, unit=school.d.units["class1"])
    pk = slip.invitation.pk
    for part in ("teacher", "admin"):
        assert queries.invitation_for(school.actor(part), pk).pk == pk
    for part in ("teacher2", "foreign_teacher", "foreign_admin"):
        with pytest.raises(NotFound):
            queries.invitation_for(school.actor(part), pk)


def test_who_may_take_back_ways_to_sign_in(school: Morning) -> None:
    d = school.d

    def may(part: str, whose: str) -> bool:
        return people.may_reset_sign_in(school.actor(part), MORNING, d.persons[whose])

    assert [may("admin", whose) for whose in ("teacher", "nurse", "mother", "admin")] == [True, True, True, False]
    assert [may("teacher", whose) for whose in ("mother", "other_guardian", "nurse", "teacher")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not any(may("foreign_admin", whose) for whose in ("teacher", "nurse", "mother"))
    system = system_actor("test", MORNING)
    d.persons["father"] = people.create_person(system, MORNING, name="苏强")
    people.link_guardian(
        system, MORNING, guardian=d.persons["father"], child=d.pupils["class2"][3], relation="father", begins=TERM[0],
        confirmed=True,
    )  # fmt: skip
    people.open_account(system, MORNING, person=d.persons["father"], username="father")
    d.persons["father"].refresh_from_db()
    assert [may(part, "father") for part in ("teacher", "teacher2", "admin")] == [False, True, True]
    assert not any(may("foreign_teacher", whose) for whose in ("teacher", "nurse", "mother"))
    assert may("foreign_admin", "foreign_teacher") and not may("admin", "foreign_teacher")


def test_a_new_person_is_put_into_a_unit_of_ones_own_institution(school: Morning) -> None:
    client = Client()
    client.force_login(school.d.accounts["admin"], "django.contrib.auth.backends.ModelBackend")
    with using_clock(FixedClock(MORNING)):
        offered = client.get(reverse("people:enrol")).context["form"].fields["unit"].queryset
    assert {unit.name for unit in offered} == {"三（1）班", "三（2）班"}
