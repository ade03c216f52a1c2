"""What a roster sheet says about people, in the shape that `actions.apply_roster` takes, and the mark of a roster."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.db.models import Count, Max, Q

from lianfang.foundation.models import Unit
from lianfang.people.models import Guardianship, Membership, Person, Place, Post
from lianfang.people.rules import Holding as Holding
from lianfang.people.rules import clean_name as clean_name
from lianfang.people.rules import ends_before_it_begins as ends_before_it_begins
from lianfang.people.rules import name_key as name_key


@dataclass(frozen=True, slots=True)
class RosterGuardian:
    """A guardian as a sheet names them; "" where the sheet is silent."""

    name: str
    relation: str = "guardian"
    phone: str = ""
    id_type: str = ""
    id_number: str = ""


@dataclass(frozen=True, slots=True)
class RosterPost:
    """A role that a member of staff holds at a unit."""

    role: str
    unit_id: int


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of a sheet. Empty values mean that the sheet is silent, and leave what is known as it is.

    `person_id` names a known person: a member of the institution, or one with the same ID number elsewhere. Without
    it the person is found by ID number, else by `number` at the institution, else made. `unit_id` is the class
    (student) or department (staff); `dormitory_id` the dormitory a student lives in. `begins` is the day from which a
    new membership or post counts.
    """

    kind: Literal["student", "staff"]
    name: str
    begins: date
    unit_id: int | None = None
    number: str = ""
    order: int = 0
    sex: str = "unknown"
    birth_date: date | None = None
    id_type: str = ""
    id_number: str = ""
    phone: str = ""
    person_id: int | None = None
    guardians: tuple[RosterGuardian, ...] = ()
    posts: tuple[RosterPost, ...] = ()
    dormitory_id: int | None = None
    address: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.kind not in ("student", "staff"):
            raise ValueError(f"a roster row is about a student or a member of staff, not {self.kind!r}")


@dataclass(slots=True)
class RosterOutcome:
    """What came of a roster. `person_ids` are in the order of the rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    begun: int = 0
    moved: int = 0
    ended: int = 0
    guardians: int = 0
    posts: int = 0
    person_ids: list[int] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The figures without the ids."""
        names = ("created", "updated", "unchanged", "begun", "moved", "ended", "guardians", "posts")
        return {name: int(getattr(self, name)) for name in names}


def moves_within(kind: str) -> bool:
    """Whether a student of an institution of this kind is in one class at a time, so that another class means a move.

    At a training institution a child takes several courses side by side.
    """
    return kind != "training_institution"


def roster_mark(institution: Unit) -> str:
    """A short digest that changes whenever units, people, memberships, guardians, posts or places of an institution do.

    Seven small queries whatever the size; a preview keeps it to notice that it has grown stale.
    """
    inside = Q(unit__path__startswith=institution.path)
    members = Membership.objects.filter(inside)
    persons = Person.objects.filter(pk__in=members.values("person_id"))
    wards = Guardianship.objects.filter(child_id__in=members.values("person_id"))
    parents = Person.objects.filter(pk__in=wards.values("guardian_id"))
    facts: list[Any] = [
        members.aggregate(Count("pk"), Max("pk"), Max("known_at"), Max("end_known_at"), Max("void_at")),
        persons.aggregate(Count("pk"), Max("changed_at")),
        wards.aggregate(Count("pk"), Max("pk"), Count("ends"), Count("confirmed_at")),
        parents.aggregate(Count("pk"), Max("changed_at")),
        Post.objects.filter(inside).aggregate(Count("pk"), Max("pk"), Max("end_known_at"), Max("void_at")),
        Place.objects.filter(unit=institution).aggregate(Count("pk"), Max("pk")),
        list(Unit.objects.within(institution).order_by("pk").values_list("pk", "name", "parent_id", "ends")),
    ]
    return hashlib.sha256(repr(_plain(facts)).encode()).hexdigest()[:32]


def _plain(facts: Sequence[Any]) -> list[Any]:
    """Without Django's types, so that two databases and two processes write the same."""
    plain: list[Any] = []
    for fact in facts:
        rows = fact.items() if isinstance(fact, dict) else fact
        plain.append(sorted(tuple(str(value) for value in row) for row in rows))
    return plain
