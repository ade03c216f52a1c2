"""The memberships of a roster: begun, moved, renumbered, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from lianfang.foundation.journal import Event
from lianfang.foundation.models import Unit
from lianfang.people.models import Membership, Person
from lianfang.people.roster import RosterOutcome, RosterRow, moves_within

BATCH = 500


class Belonging:
    """Compares the rows with the memberships in force and writes the difference."""

    def __init__(
        self,
        institution: Unit,
        units: dict[int, Unit],
        rows: Sequence[RosterRow],
        found: Sequence[Person],
        now: datetime,
        account_id: int | None,
    ) -> None:
        self.institution = institution
        self.units = units
        self.rows = rows
        self.found = found
        self.now = now
        self.account_id = account_id
        self._new: list[Membership] = []
        self._ended: list[Membership] = []
        self._renumbered: list[Membership] = []

    def save(self, outcome: RosterOutcome) -> list[Event]:
        kept = self._kept()
        for row, person in zip(self.rows, self.found, strict=True):
            if row.unit_id is not None:
                self._place(row, person, row.kind, row.unit_id, kept, outcome)
            if row.dormitory_id is not None:
                self._place(row, person, Membership.Kind.RESIDENT, row.dormitory_id, kept, outcome)
        Membership.objects.bulk_update(self._ended, ["ends", "end_known_at", "void_at"], batch_size=200)
        Membership.objects.bulk_update(self._renumbered, ["number", "order"], batch_size=200)
        Membership.objects.bulk_create(self._new, batch_size=BATCH)
        return [
            *(self._event("ended", m, ends=m.ends) for m in self._ended),
            *(self._event("renumbered", m, number=m.number, order=m.order) for m in self._renumbered),
            *(self._event("begun", m, begins=m.begins) for m in self._new),
        ]

    def _event(self, what: str, row: Membership, **body: object) -> Event:
        facts = {"person": row.person_id, "kind": row.kind, **body}
        return Event(f"people.membership.{what}", "membership", row.pk, row.unit_id, self.now, facts)

    def _kept(self) -> dict[tuple[int, str], list[Membership]]:
        earliest = min((row.begins for row in self.rows), default=None)
        if earliest is None:
            return {}
        rows = Membership.objects.filter(unit__path__startswith=str(self.institution.path), void_at=None)
        found: dict[tuple[int, str], list[Membership]] = {}
        for row in rows.filter(Q(ends=None) | Q(ends__gt=earliest)).order_by("begins", "pk"):
            found.setdefault((row.person_id, row.kind), []).append(row)
        return found

    def _place(
        self,
        row: RosterRow,
        person: Person,
        kind: str,
        unit_id: int,
        kept: dict[tuple[int, str], list[Membership]],
        outcome: RosterOutcome,
    ) -> None:
        own = kept.setdefault((person.pk, kind), [])
        there = next((m for m in own if m.unit_id == unit_id and m.ends is None), None)
        number = row.number if kind != Membership.Kind.RESIDENT else ""
        if there is not None:
            order = row.order or there.order
            if not there._state.adding and ((number and there.number != number) or there.order != order):
                there.number, there.order = number or there.number, order
                self._renumbered.append(there)
            return
        if kind != Membership.Kind.STAFF and moves_within(self.institution.kind):
            before = [m for m in own if m.ends is None or m.ends > row.begins]
            self._end(before, row)
            outcome.moved += bool(before)
            outcome.begun += not before
            number = number or next((m.number for m in before if m.number), "")
        else:
            outcome.begun += 1
        new = Membership(
            person=person,
            unit_id=unit_id,
            kind=kind,
            begins=row.begins,
            number=number,
            order=row.order,
            known_at=self.now,
            recorded_by_id=self.account_id,
        )
        own.append(new)
        self._new.append(new)

    def _end(self, before: Iterable[Membership], row: RosterRow) -> None:
        for old in before:
            if old._state.adding:  # begun by an earlier row of this very sheet
                self._new.remove(old)
                continue
            if old.begins >= row.begins:
                old.void_at = self.now  # it had not begun to hold
            else:
                old.ends, old.end_known_at = row.begins, self.now
            self._ended.append(old)
