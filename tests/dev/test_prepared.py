"""A cast that is put back is the cast that was built, and no test sees what another one did to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from lianfang.foundation import actions as foundation
from lianfang.foundation import journal
from lianfang.foundation.actor import forget_cached_actors, system_actor
from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Account, Unit
from tests.district import MORNING, PASSWORD, SETUP, District, make_district
from tests.prepared import filled, numbers, prepared, read, tables

calls: list[str] = []


@prepared
def school(name: str) -> Unit:
    """A builder of this file's own, which says when it really builds."""
    calls.append(name)
    return foundation.create_unit(
        system_actor("test", SETUP), SETUP, parent=None, kind="school", level="institution", name=name
    )


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget_cached_actors()
    yield
    forget_cached_actors()


def everything() -> dict[str, object]:
    return {table: sorted(map(repr, read(table))) for table in filled()}


def test_every_table_of_the_models_is_looked_at() -> None:
    assert {"foundation_account", "people_person", "foundation_journalentry", "django_session"} <= set(tables())
    assert numbers()["people_person"] == "id"


@pytest.mark.django_db
def test_the_second_time_nothing_is_built_and_all_is_there() -> None:
    calls.clear()
    found = []
    for _turn in range(2):
        with transaction.atomic():
            unit = school("文一路小学")
            found.append((everything(), unit.pk, unit.name))
            assert Unit.objects.get(pk=unit.pk).name == unit.name
            transaction.set_rollback(True)
    assert calls in (["文一路小学"], [])
    assert found[0] == found[1]


@pytest.mark.django_db
def test_in_a_database_that_holds_something_else_it_is_built() -> None:
    school("文一路小学")
    calls.clear()
    with pytest.raises(Invalid):  # built, and so refused as users are: the name is taken
        school("文一路小学")
    assert calls == ["文一路小学"]


@pytest.mark.django_db
def test_other_arguments_are_another_cast() -> None:
    calls.clear()
    school("文二路小学")
    school("文三路小学")
    assert set(calls) <= {"文二路小学", "文三路小学"}
    assert set(Unit.objects.values_list("name", flat=True)) == {"文二路小学", "文三路小学"}


def changed(d: District) -> None:
    """What a careless test does."""
    Account.objects.filter(pk=d.accounts["teacher"].pk).update(display_name="别人")
    d.accounts["teacher"].display_name = "别人"
    d.pupils["class1"].clear()
    foundation.create_unit(
        system_actor("test", MORNING),
        MORNING,
        parent=d.units["bureau"],
        kind="school",
        level="institution",
        name="新校",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_is_committed_is_gone_in_the_next_test(turn: int) -> None:
    d = make_district(4)
    assert Account.objects.get(username="teacher").display_name == d.accounts["teacher"].display_name == "陈静"
    assert len(d.pupils["class1"]) == 4
    assert not Unit.objects.filter(name="新校").exists()
    assert Account.objects.get(username="teacher").check_password(PASSWORD)
    changed(d)
    journal.seal(MORNING)
    assert not list(journal.verify())


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_is_rolled_back_is_gone_in_the_next_test(turn: int) -> None:
    d = make_district(4)
    assert Account.objects.get(username="teacher").display_name == d.accounts["teacher"].display_name == "陈静"
    assert not Unit.objects.filter(name="新校").exists()
    changed(d)
    connection.check_constraints()
