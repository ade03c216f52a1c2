"""Whoever moved, was disabled or lost a token has no access at the very next request, by session and by token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.models import ApiToken
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.people.models import Guardianship, Membership, Post
from tests.access.world import DAY, NOW, World, at, undone

TODAY = DAY.isoformat()


def roll(world: World, unit: str = "class1") -> tuple[str, str]:
    """Addresses of a roll: page and operation."""
    pk = world.unit(unit)
    return f"/daily/roll/{pk}/morning/", f"/api/daily/rolls/{pk}/{TODAY}/morning"


def statuses(world: World, part: str, page: str, operation: str) -> tuple[int, int, int]:
    """Page by session, operation by session, operation by token."""
    client = world.client(part)
    by_token = Client().get(operation, **world.bearer(part))
    return client.get(page).status_code, client.get(operation).status_code, by_token.status_code


def end_post(world: World) -> None:
    post = Post.objects.get(pk=world.ids["post:teacher"])
    people.end_post(system_actor("test", NOW), NOW, post=post, ends=DAY)


def move_post(world: World) -> None:
    """To the other class: what was hers is another's now."""
    end_post(world)
    world.d.accounts["teacher"].refresh_from_db()
    people.assign_post(
        system_actor("test", NOW),
        NOW,
        person=world.d.persons["teacher"],
        unit=world.d.units["foreign_class"],
        role="subject_teacher",
        begins=DAY,
    )


def end_grants(world: World) -> None:
    foundation.end_grants_of_source(system_actor("test", NOW), NOW, f"post:{world.ids['post:teacher']}")


def disable(world: World) -> None:
    foundation.disable_account(system_actor("test", NOW), NOW, world.d.accounts["teacher"], "离职")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "leave, expected",
    [
        (end_post, (403, 403, 403)),
        (move_post, (403, 403, 403)),
        (end_grants, (403, 403, 403)),
        (disable, (302, 401, 401)),
    ],
)
def test_at_the_next_request(world: World, leave: Callable[[World], None], expected: tuple[int, int, int]) -> None:
    with undone():
        addresses = roll(world)
        assert statuses(world, "teacher", *addresses) == (200, 200, 200)
        leave(world)
        assert statuses(world, "teacher", *addresses) == expected
        assert statuses(world, "teacher2", *roll(world, "class2")) == (200, 200, 200)
    assert statuses(world, "teacher", *addresses) == (200, 200, 200)


@pytest.mark.django_db
def test_a_post_with_an_end_ends_by_the_clock(world: World) -> None:
    """Nobody does anything that night: the grant's own end is enough."""
    with undone():
        people.end_post(
            system_actor("test", NOW),
            NOW,
            post=Post.objects.get(pk=world.ids["post:teacher"]),
            ends=DAY + timedelta(days=1),
        )
        assert statuses(world, "teacher", *roll(world)) == (200, 200, 200)
        with using_clock(FixedClock(at("00:01", DAY + timedelta(days=1)))):
            assert statuses(world, "teacher", *roll(world)) == (403, 403, 403)


@pytest.mark.django_db
def test_a_stand_in_reaches_from_the_first_day_to_the_last(world: World) -> None:
    """The subject teacher stands in from the 22nd to the 23rd (`world._arranged`)."""
    seen = {}
    for day in (21, 22, 23, 24):
        with using_clock(FixedClock(at("07:30", DAY.replace(day=day)))):
            seen[day] = world.client("subject_teacher").get(roll(world)[0]).status_code
    assert seen == {21: 403, 22: 200, 23: 200, 24: 403}


@pytest.mark.django_db
def test_an_ended_token_and_one_that_ran_out(world: World) -> None:
    with undone():
        token = ApiToken.objects.get(pk=world.ids["token:nurse"])
        foundation.revoke_token(world.actor("nurse", NOW), NOW, token)
        assert statuses(world, "nurse", *roll(world)) == (200, 200, 401)
    with undone():
        hour = NOW + timedelta(hours=1)
        _row, secret = foundation.issue_token(world.actor("nurse", NOW), NOW, world.d.accounts["nurse"], "一小时", hour)
        header: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        assert Client().get("/api/foundation/me", **header).status_code == 200
        with using_clock(FixedClock(hour)):
            assert Client().get("/api/foundation/me", **header).status_code == 401


@pytest.mark.django_db
def test_a_guardian_whose_link_ended_sees_the_child_no_more(world: World) -> None:
    with undone():
        child = world.d.pupils["class1"][0]
        page, operation = f"/people/persons/{child.pk}/", f"/api/people/persons/{child.pk}"
        assert statuses(world, "mother", page, operation) == (200, 200, 200)
        link = Guardianship.objects.get(guardian=world.d.persons["mother"], child=child)
        people.end_guardian(system_actor("test", NOW), NOW, guardianship=link, ends=DAY)
        assert statuses(world, "mother", page, operation) == (404, 404, 404)


@pytest.mark.django_db
def test_a_pupil_who_left_the_class_is_foreign_to_its_teacher(world: World) -> None:
    with undone():
        child = world.d.pupils["class1"][2]
        page, operation = f"/people/persons/{child.pk}/", f"/api/people/persons/{child.pk}"
        assert statuses(world, "teacher", page, operation) == (200, 200, 200)
        row = Membership.objects.get(pk=world.ids["membership:class1"])
        people.move_member(system_actor("test", NOW), NOW, membership=row, to_unit=world.d.units["class2"], on=DAY)
        assert statuses(world, "teacher", page, operation) == (404, 404, 404)
        assert statuses(world, "teacher2", page, operation) == (200, 200, 200)


@pytest.mark.django_db
def test_a_changed_password_ends_other_sessions(world: World) -> None:
    with undone():
        foundation.set_password(world.actor("nurse", NOW), NOW, world.d.accounts["nurse"], "another long word")
        assert world.client("nurse").get("/").status_code == 302
