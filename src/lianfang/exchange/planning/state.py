"""What the system knows of an institution before an import: units, members, guardians, posts. Few queries, no decryption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from lianfang.exchange.rules import ClassKey, ClassTable, School, parse_class, parse_grade, plain
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm
from lianfang.people.models import Guardianship, Membership, Person, Post

BATCH = 500
BASES = {"primary": 0, "junior": 6, "senior": 9}


class Known(NamedTuple):
    """A membership in force with what is compared of its person."""

    membership_id: int
    person_id: int
    unit_id: int
    kind: str
    number: str
    name: str
    name_key: str
    sex: str
    birth_date: date | None
    id_index: str
    phone_index: str


class KnownGuardian(NamedTuple):
    name: str
    name_key: str
    phone_index: str
    id_index: str
    relation: str


class Elsewhere(NamedTuple):
    """A person whom the institution does not know, found by ID number."""

    person_id: int
    name_key: str


@dataclass(slots=True)
class UnitRef:
    """A unit that exists (`unit_id`) or would be made (`key` into the plan's new units)."""

    label: str
    unit_id: int | None = None
    key: str = ""

    def as_json(self) -> dict[str, object]:
        return {"id": self.unit_id, "new": self.key, "label": self.label}


@dataclass(slots=True)
class State:
    """Everything of one institution that rows are compared with."""

    institution: Unit
    school: School
    units: dict[int, Unit]
    members: list[Known]
    guardians: dict[int, list[KnownGuardian]]
    posts: dict[tuple[str, int], list[tuple[int, str]]]
    by_document: dict[str, Known] = field(default_factory=dict)
    by_number: dict[tuple[str, str], Known] = field(default_factory=dict)
    by_name: dict[tuple[int, str], list[Known]] = field(default_factory=dict)
    of_person: dict[tuple[int, str], list[Known]] = field(default_factory=dict)
    classes: dict[ClassKey, Unit] = field(default_factory=dict)
    named: dict[tuple[str, str], Unit] = field(default_factory=dict)
    grades: dict[int, Unit] = field(default_factory=dict)
    by_contact: dict[tuple[date, str], list[Known]] = field(default_factory=dict)
    """Pupils by birthday and a phone number of theirs or of a guardian."""


def load_state(institution: Unit, effective: date, table: ClassTable) -> State:
    """Read an institution as it stands from a day on. Six queries."""
    rows = Unit.objects.within(institution).filter(Q(ends=None) | Q(ends__gt=effective))
    units = {unit.pk: unit for unit in rows}
    later = Q(ends=None) | Q(ends__gt=effective)
    members = Membership.objects.filter(later, unit_id__in=list(units), void_at=None).order_by("begins", "pk")
    listed = [
        Known(*row)
        for row in members.values_list(
            "pk",
            "person_id",
            "unit_id",
            "kind",
            "number",
            "person__name",
            "person__name_key",
            "person__sex",
            "person__birth_date",
            "person__id_index",
            "person__phone_index",
        )
    ]
    children = members.filter(kind="student").order_by().values("person_id")
    guardians: dict[int, list[KnownGuardian]] = {}
    for child_id, *row in Guardianship.objects.filter(child_id__in=children, ends=None).values_list(
        "child_id", "guardian__name", "guardian__name_key", "guardian__phone_index", "guardian__id_index", "relation"
    ):
        guardians.setdefault(child_id, []).append(KnownGuardian(*row))
    posts: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for role, unit_id, person_id, name in Post.objects.filter(
        unit_id__in=list(units), void_at=None, ends=None
    ).values_list("role", "unit_id", "person_id", "person__name"):
        posts.setdefault((role, unit_id), []).append((person_id, name))
    state = State(
        institution=institution,
        school=School.on(effective, _base(institution, units.values(), table, effective)),
        units=units,
        members=listed,
        guardians=guardians,
        posts=posts,
    )
    _index(state, table)
    return state


def _base(institution: Unit, units: Iterable[Unit], table: ClassTable, on: date) -> int:
    """The grade below the school's first: from its stage, else from the lowest grade there is."""
    if institution.stage in BASES:
        return BASES[institution.stage]
    plain_school = School.on(on)
    found = [unit.grade or parse_grade(unit.name, table, plain_school) for unit in units if unit.level == "division"]
    lowest = min((grade for grade in found if grade), default=1)
    return 9 if lowest >= 10 else 6 if lowest >= 7 else 0


def _index(state: State, table: ClassTable) -> None:
    for known in state.members:
        if known.id_index:
            state.by_document.setdefault(known.id_index, known)
        if known.number:
            state.by_number.setdefault((known.kind, known.number), known)
        state.by_name.setdefault((known.unit_id, known.name_key), []).append(known)
        state.of_person.setdefault((known.person_id, known.kind), []).append(known)
        if known.kind == "student" and known.birth_date is not None:
            for phone in _phones(state, known):
                state.by_contact.setdefault((known.birth_date, phone), []).append(known)
    for unit in state.units.values():
        state.named.setdefault((unit.level, plain(unit.name)), unit)
        if unit.level == "class":
            parent = state.units.get(unit.parent_id or 0)
            beside = parent.name if parent is not None and parent.level == "division" else ""
            key = parse_class(unit.name, table, state.school) or parse_class(unit.name, table, state.school, beside)
            if key is not None:
                state.classes.setdefault(key, unit)
        elif unit.level == "division":
            grade = unit.grade or parse_grade(unit.name, table, state.school)
            if grade is not None:
                state.grades.setdefault(grade, unit)


def _phones(state: State, known: Known) -> set[str]:
    own = {guardian.phone_index for guardian in state.guardians.get(known.person_id, [])}
    return (own | {known.phone_index}) - {""}


def people_elsewhere(id_indexes: Iterable[str]) -> dict[str, Elsewhere]:
    """Persons of the realm who hold one of the ID numbers, by blind index."""
    wanted = sorted(set(id_indexes))
    found: dict[str, Elsewhere] = {}
    for start in range(0, len(wanted), BATCH):
        rows = Person.objects.filter(realm_id=current_realm(), id_index__in=wanted[start : start + BATCH])
        for index, person_id, name_key in rows.filter(erased_at=None).values_list("id_index", "pk", "name_key"):
            found[index] = Elsewhere(person_id, name_key)
    return found
