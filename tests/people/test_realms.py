"""Whoever looks from real days finds nothing of an exercise, and the other way round: units, persons, what is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lianfang.duties.perms import CHASE_VIEW
from lianfang.duties.queries.posts import people_to_stand_in
from lianfang.exchange import queries as exchange
from lianfang.exchange.planning.state import people_elsewhere
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import load_actor, system_actor
from lianfang.foundation.models import Realm, Unit
from lianfang.foundation.permissions import Scope
from lianfang.foundation.realm import REAL, in_realm
from lianfang.people import actions, perms, queries
from lianfang.people.actions.privacy import once_here
from lianfang.people.models import Guardianship, Person
from lianfang.people.reaching import persons_reached
from lianfang.people.roster import RosterGuardian, RosterRow
from tests.people.cast import AUTUMN, LONG_AGO, NOW, TODAY, Cast, id_number

SYSTEM = system_actor("test", LONG_AGO)
NUMBER = id_number(sequence=121)  # a pupil of the cast has it, and another one of the exercise
MOTHER = ("林妈妈", "13800138000")


@dataclass
class Exercise:
    """A school in an exercise whose people are called like those of the cast."""

    school: Unit
    klass: Unit
    child: Person
    mother: Person


@pytest.fixture
def drill(cast: Cast) -> Exercise:
    Realm.objects.create(key="drill", name="drill", created_at=LONG_AGO)
    with in_realm("drill"):
        given: dict[str, Any] = {"region": "330106", "begins": AUTUMN}
        school = foundation.create_unit(
            SYSTEM, LONG_AGO, parent=None, kind="school", level="institution", name="文一路小学", **given
        )
        klass = foundation.create_unit(
            SYSTEM, LONG_AGO, parent=school, kind="class", level="class", name="三年级（1）班", **given
        )
        child = actions.create_person(SYSTEM, LONG_AGO, name="林小雨", id_type="resident_id", id_number=NUMBER)
        actions.add_membership(SYSTEM, LONG_AGO, person=child, unit=klass, kind="student", begins=AUTUMN)
        link = actions.register_guardian(
            SYSTEM, LONG_AGO, child=child, name=MOTHER[0], phone=MOTHER[1], relation="mother", begins=AUTUMN
        )
        return Exercise(school, klass, child, link.guardian)


def test_units_are_listed_in_their_own_realm(cast: Cast, drill: Exercise) -> None:
    def listed() -> list[set[int]]:
        return [
            {node.unit.pk for node in queries.unit_tree(SYSTEM, TODAY)},
            {unit.pk for unit in queries.institutions(SYSTEM, perms.CALENDAR_VIEW)},
            {unit.pk for unit in exchange.institutions(SYSTEM)},
        ]

    for found in listed():
        assert cast.school.pk in found and not found & {drill.school.pk, drill.klass.pk}
    with in_realm("drill"):
        assert listed() == [{drill.school.pk, drill.klass.pk}, {drill.school.pk}, {drill.school.pk}]


def test_persons_are_found_in_their_own_realm(cast: Cast, drill: Exercise) -> None:
    (index,) = Person.objects.filter(pk=drill.child.pk).values_list("id_index", flat=True)

    def found() -> tuple[list[set[int]], int]:
        everybody = Scope(everything=True)
        reached = [
            set(rows.values_list("pk", flat=True)) for rows in (persons_reached(everybody, TODAY), once_here(everybody))
        ]
        return reached, people_elsewhere([index])[index].person_id

    reached, holder = found()
    assert holder == cast.persons["lin"].pk
    for ids in reached:
        assert cast.persons["lin"].pk in ids and not ids & {drill.child.pk, drill.mother.pk}
    with in_realm("drill"):
        assert found() == ([{drill.child.pk, drill.mother.pk}] * 2, drill.child.pk)


def test_nobody_is_taken_for_somebody_of_the_other_realm(cast: Cast, drill: Exercise) -> None:
    assert Person.objects.get(pk=cast.persons["mother"].pk).name == drill.mother.name
    assert drill.mother.pk != cast.persons["mother"].pk and drill.mother.realm_id == "drill"
    link = actions.register_guardian(
        SYSTEM, NOW, child=cast.persons["wang"], name=MOTHER[0], phone=MOTHER[1], relation="mother", begins=AUTUMN
    )
    assert (link.guardian_id, link.guardian.realm_id) == (cast.persons["mother"].pk, REAL)


def test_an_imported_row_means_nobody_of_the_other_realm(cast: Cast, drill: Exercise) -> None:
    """The drill's pupil has an ID number and the drill's mother a telephone that the real roster now holds too."""
    number = id_number(sequence=987)
    with in_realm("drill"):
        actions.update_person(SYSTEM, LONG_AGO, person=drill.child, id_type="resident_id", id_number=number)
        other = actions.register_guardian(
            SYSTEM, LONG_AGO, child=drill.child, name="丁爸爸", phone="13800138077", relation="father", begins=AUTUMN
        )
    row = RosterRow(
        "student", "丁小丁", begins=AUTUMN, unit_id=cast.klass.pk, id_type="resident_id", id_number=number,
        guardians=(RosterGuardian("丁爸爸", "father", "13800138077"),),
    )  # fmt: skip
    outcome = actions.apply_roster(SYSTEM, NOW, institution=cast.school, rows=[row])
    (made,) = outcome.person_ids
    assert made != drill.child.pk
    (link,) = Guardianship.objects.filter(child_id=made)
    assert link.guardian_id != other.guardian_id and link.guardian.realm_id == REAL


def test_an_authority_over_a_region_reaches_the_schools_of_its_realm(cast: Cast, drill: Exercise) -> None:
    foundation.relate_authority(
        SYSTEM, LONG_AGO, authority=cast.bureau, capacity="education", begins=AUTUMN, region="330106"
    )
    scope = cast.actor("officer").scope(CHASE_VIEW)
    assert scope.covers_path(cast.school.path) and not scope.covers_path(drill.school.path)


def test_a_stand_in_is_of_ones_own_realm(cast: Cast, drill: Exercise) -> None:
    """An account that holds posts in both: in each realm the staff of that one's institution."""
    account = cast.actor("principal")
    with in_realm("drill"):
        other, _secret = foundation.create_account(
            SYSTEM, LONG_AGO, username="drill-nurse", display_name="演练保健", password="long enough 1"
        )
        row = Person.objects.get(pk=cast.persons["principal"].pk).account
        assert row is not None
        for who, role in ((other, "school_nurse"), (row, "principal")):
            foundation.give_grant(
                SYSTEM, LONG_AGO, account=who, role=role, unit=drill.school, source=f"drill:{role}", begins=LONG_AGO
            )
    row.refresh_from_db()
    both = load_actor(row, NOW)
    assert set(both.units_of()) == {*account.units_of(), drill.school.pk}
    names = {one.display_name for one in people_to_stand_in(both, NOW)}
    assert "钱芳" in names and "演练保健" not in names
    with in_realm("drill"):
        assert {one.display_name for one in people_to_stand_in(both, NOW)} == {"演练保健", "周正"}


def test_a_roster_takes_nobody_of_the_other_realm(cast: Cast, drill: Exercise) -> None:
    """A new child of the exercise with the ID number of somebody of real days, whose mother both realms know."""
    number = id_number(sequence=131)
    known = actions.create_person(SYSTEM, NOW, name="新同学", id_type="resident_id", id_number=number)
    with in_realm("drill"):
        row = RosterRow(
            kind="student",
            name="新同学",
            begins=AUTUMN,
            unit_id=drill.klass.pk,
            id_number=number,
            guardians=(RosterGuardian(MOTHER[0], "mother", MOTHER[1]),),
        )
        counts = actions.apply_roster(SYSTEM, NOW, institution=drill.school, rows=[row]).counts()
    assert (counts["created"], counts["guardians"]) == (1, 1)
    link = Guardianship.objects.select_related("child").get(child__name="新同学")
    assert (link.guardian_id, link.child.realm_id) == (drill.mother.pk, "drill")
    assert link.child_id != known.pk
