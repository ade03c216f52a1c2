"""Reach: one predicate for lists and objects, dated grants, access that ends at the next request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from lianfang.foundation import actions
from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import _shortest, system_actor
from lianfang.foundation.errors import Forbidden, Invalid, NotFound
from lianfang.foundation.middleware import ActorMiddleware
from lianfang.foundation.models import Realm, Unit
from lianfang.foundation.permissions import Detail, Permission, Reach, Scope, declare
from lianfang.foundation.realm import in_realm
from tests.foundation.cast import LONG_AGO, NOW, Cast

SEE = Permission(
    "test.see",
    {
        "homeroom_teacher": Reach.CLASS,
        "grade_head": Reach.DIVISION,
        "principal": Reach.INSTITUTION,
        "county_officer": Reach.JURISDICTION,
        "cdc_officer": Reach.JURISDICTION,
    },
    Detail.COUNTS,
)

REACHED = [
    ("teacher", {"klass"}),
    ("grade_head", {"grade", "klass", "other_class"}),
    ("principal", {"school", "grade", "klass", "other_class"}),
    ("officer", {"school", "grade", "klass", "other_class"}),
    ("cdc", {"school", "grade", "klass", "other_class"}),
    ("reporter", set()),
    ("stranger", set()),
    ("nobody", set()),
]
UNITS = ("bureau", "cdc", "school", "grade", "klass", "other_class", "foreign_school", "foreign_class")


@pytest.mark.parametrize(("who", "reached"), REACHED)
def test_lists_and_objects_answer_alike(cast: Cast, who: str, reached: set[str]) -> None:
    actor = cast.actor(who)
    listed = set(Unit.objects.in_scope(actor.scope(SEE)).values_list("pk", flat=True))
    assert listed == {getattr(cast, name).pk for name in reached}
    for name in UNITS:
        unit = getattr(cast, name)
        if name in reached:
            assert unit_for(actor, SEE, unit.pk) == unit
        else:
            with pytest.raises(NotFound if reached else Forbidden):
                unit_for(actor, SEE, unit.pk)


@pytest.mark.parametrize("number", [0, -1, 10**30, "x", "' OR 1=1"])
def test_an_id_that_is_no_id_is_not_found(cast: Cast, number: object) -> None:
    with pytest.raises(NotFound):
        unit_for(cast.actor("principal"), SEE, number)  # type: ignore[arg-type]


def test_a_grant_holds_from_its_first_to_its_last_instant(cast: Cast) -> None:
    system = system_actor("test", NOW)
    ends = NOW + timedelta(days=1)
    actions.give_grant(
        system,
        NOW,
        account=cast.accounts["nobody"],
        role="principal",
        unit=cast.school,
        source="t",
        begins=NOW,
        ends=ends,
    )
    assert not cast.actor("nobody", NOW - timedelta(microseconds=1)).can(SEE)
    assert cast.actor("nobody", NOW).can(SEE)
    assert cast.actor("nobody", ends - timedelta(microseconds=1)).can(SEE)
    assert not cast.actor("nobody", ends).can(SEE)


def test_a_moved_teacher_loses_the_old_class_at_the_next_request(cast: Cast) -> None:
    assert cast.actor("teacher").scope(SEE).covers_path(cast.klass.path)
    system = system_actor("test", NOW)
    actions.end_grants_of_source(system, NOW, "post:teacher")
    actions.give_grant(
        system,
        NOW,
        account=cast.accounts["teacher"],
        role="homeroom_teacher",
        unit=cast.other_class,
        source="post:2",
        begins=NOW,
    )
    scope = cast.actor("teacher", NOW + timedelta(seconds=1)).scope(SEE)
    assert not scope.covers_path(cast.klass.path)
    assert scope.covers_path(cast.other_class.path)


def test_a_page_that_declares_no_access_is_never_shown() -> None:
    with pytest.raises(RuntimeError):
        ActorMiddleware(lambda _request: HttpResponse()).process_view(
            RequestFactory().get("/"), lambda _request: HttpResponse(), (), {}
        )


_paths = st.lists(st.integers(1, 12), min_size=1, max_size=4).map(lambda ids: "".join(f"{i}/" for i in ids))


@given(st.lists(_paths, max_size=6).map(tuple), _paths)
def test_a_path_is_covered_exactly_below_a_root_of_the_scope(roots: tuple[str, ...], path: str) -> None:
    assert Scope(roots).covers_path(path) is any(path.startswith(root) for root in roots)
    assert Scope(everything=True).covers_path(path)
    assert not Scope(roots).covers_path("")


def test_an_authority_relation_that_ended_opens_nothing(cast: Cast) -> None:
    cast.school.authorities.update(ends=NOW.date())
    assert cast.actor("officer").scope(SEE) == Scope()


@pytest.mark.parametrize(
    ("region", "reached"), [("330106", True), ("330100", True), ("330000", True), ("330110", False)]
)
def test_an_authority_over_a_region_reaches_its_institutions(cast: Cast, region: str, reached: bool) -> None:
    cast.school.authorities.all().delete()
    system = system_actor("test", LONG_AGO)
    actions.relate_authority(
        system, LONG_AGO, authority=cast.cdc, capacity="disease_control", begins=LONG_AGO.date(), region=region
    )
    assert cast.actor("cdc").scope(SEE).covers_path(cast.klass.path) is reached


def test_admin_gives_no_rights_outside_their_institution(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.give_grant(
            cast.actor("stranger"),
            NOW,
            account=cast.accounts["nobody"],
            role="principal",
            unit=cast.school,
            source="x",
            begins=NOW,
        )


@pytest.mark.parametrize(
    ("who", "where", "refused"),
    [
        ("admin", "grade", None),
        ("admin", "foreign_school", NotFound),
        ("admin", "bureau", NotFound),
        ("principal", "grade", Forbidden),
        ("officer", "school", Forbidden),
        ("nobody", "school", Forbidden),
        ("admin", None, Forbidden),
    ],
)
def test_units_are_made_within_ones_own_institution(
    cast: Cast, who: str, where: str | None, refused: type[Exception] | None
) -> None:
    before = Unit.objects.count()
    parent = getattr(cast, where) if where else None
    made: dict[str, Any] = {"parent": parent, "kind": "class", "level": "class", "name": "三（9）班"}
    if refused is None:
        assert actions.create_unit(cast.actor(who), NOW, **made).parent == parent
    else:
        with pytest.raises(refused):
            actions.create_unit(cast.actor(who), NOW, **made)
    assert Unit.objects.count() == before + (refused is None)


def test_a_name_is_taken_within_its_realm_only(cast: Cast) -> None:
    system = system_actor("test", NOW)
    made: dict[str, Any] = {"parent": None, "kind": "school", "level": "institution", "name": cast.foreign_school.name}
    with pytest.raises(Invalid):
        actions.create_unit(system, NOW, **made)
    Realm.objects.create(key="drill", name="drill", created_at=NOW)
    with in_realm("drill"):
        assert actions.create_unit(system, NOW, **made).realm_id == "drill"


def test_a_name_is_declared_once() -> None:
    declare("test.once", {"principal": Reach.INSTITUTION})
    declare("test.once", {"principal": Reach.INSTITUTION})
    with pytest.raises(ValueError, match=r"test\.once"):
        declare("test.once", {"principal": Reach.CLASS})


@given(
    st.lists(st.lists(st.integers(1, 3), max_size=4).map(lambda ids: "/" + "".join(f"{i}/" for i in ids)), max_size=12)
)
def test_the_shortest_subtrees_are_those_inside_no_other(paths: list[str]) -> None:
    expected = [p for p in dict.fromkeys(paths) if not any(p != q and p.startswith(q) for q in paths)]
    assert list(_shortest(paths)) == expected
