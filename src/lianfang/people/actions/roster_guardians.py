"""The guardians of a roster: recognised by ID number or by name and phone, linked to their children, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lianfang.foundation.journal import Event
from lianfang.foundation.realm import current_realm
from lianfang.kernel.clock import local_date
from lianfang.people import rules
from lianfang.people.identity import PersonFields, check_person
from lianfang.people.models import Guardianship, Person
from lianfang.people.roster import RosterGuardian, RosterOutcome, RosterRow

BATCH = 500


class Guardians:
    """`accounts` are those of guardians whose rights changed. The school's own roster confirms the link."""

    def __init__(
        self, rows: Sequence[RosterRow], found: Sequence[Person], now: datetime, account_id: int | None
    ) -> None:
        self.pairs = [(row, person) for row, person in zip(rows, found, strict=True) if row.guardians]
        self.now = now
        self.account_id = account_id
        self.accounts: set[int] = set()
        self._new: list[Person] = []
        self._changed: dict[int, Person] = {}
        self._links: list[Guardianship] = []
        self._relations: list[Guardianship] = []
        self._by_key: dict[tuple[str, str], Person] = {}
        self._by_document: dict[str, Person] = {}

    def save(self, outcome: RosterOutcome) -> list[Event]:
        if not self.pairs:
            return []
        checked = [[(given, self._fields(given)) for given in row.guardians] for row, _child in self.pairs]
        self._know([fields for group in checked for _given, fields in group])
        linked = self._linked()
        for (row, child), group in zip(self.pairs, checked, strict=True):
            own = linked.setdefault(child.pk, [])
            for given, fields in group:
                self._link(row, child, given, fields, own)
        Person.objects.bulk_create(self._new, batch_size=BATCH)
        for link in self._links:
            link.guardian_id = link.guardian.pk
        Person.objects.bulk_update(
            list(self._changed.values()), ["phone", "phone_index", "household", "changed_at"], batch_size=100
        )
        Guardianship.objects.bulk_update(self._relations, ["relation"], batch_size=200)
        Guardianship.objects.bulk_create(self._links, batch_size=BATCH)
        outcome.guardians += len(self._links)
        return [
            *(Event("people.person.created", "person", p.pk, None, self.now, {}) for p in self._new),
            *(
                Event("people.person.updated", "person", p.pk, None, self.now, {"fields": ["phone"]})
                for p in self._changed.values()
            ),
            *(
                Event(
                    "people.guardian.linked",
                    "guardianship",
                    link.pk,
                    None,
                    self.now,
                    {"guardian": link.guardian_id, "child": link.child_id, "confirmed": True},
                )
                for link in self._links
            ),
        ]

    def _fields(self, given: RosterGuardian) -> PersonFields:
        fields, _errors = check_person(
            name=given.name,
            phone=given.phone,
            id_type=given.id_type,
            id_number=given.id_number,
            today=local_date(self.now),
        )
        return fields

    def _know(self, wanted: Sequence[PersonFields]) -> None:
        """People who may be meant: with the same ID number, or the same phone and name."""
        documents = sorted({f.id_index for f in wanted if f.id_index})
        phones = sorted({f.phone_index for f in wanted if f.phone_index})
        here = Person.objects.filter(realm_id=current_realm(), erased_at=None)
        for start in range(0, len(documents), BATCH):
            for person in here.filter(id_index__in=documents[start : start + BATCH]):
                self._by_document[person.id_index] = person
        for start in range(0, len(phones), BATCH):
            for person in here.filter(phone_index__in=phones[start : start + BATCH]).order_by("-pk"):
                same = self._by_document.get(person.id_index, person) if person.id_index else person
                self._by_key[person.name_key, person.phone_index] = same

    def _linked(self) -> dict[int, list[Guardianship]]:
        children = [child.pk for _row, child in self.pairs]
        found: dict[int, list[Guardianship]] = {}
        for start in range(0, len(children), BATCH):
            rows = Guardianship.objects.filter(child_id__in=children[start : start + BATCH], ends=None)
            for link in rows.select_related("guardian"):
                found.setdefault(link.child_id, []).append(link)
        return found

    def _link(
        self, row: RosterRow, child: Person, given: RosterGuardian, fields: PersonFields, own: list[Guardianship]
    ) -> None:
        relation = given.relation if given.relation in rules.RELATIONS else "guardian"
        known = next((link for link in own if self._same(link.guardian, fields)), None)
        if known is not None:
            if fields.phone_index and known.guardian.phone_index != fields.phone_index:
                known.guardian.phone, known.guardian.phone_index = fields.phone, fields.phone_index
                self._change(known.guardian)
            if known.relation != relation and known.pk is not None and given.relation != "guardian":
                known.relation = relation
                self._relations.append(known)
            return
        person = self._person(fields)
        if person is child:
            return
        if person.household is None and child.household is not None and row.address:
            person.household = child.household
            self._change(person)
        link = Guardianship(
            guardian=person,
            child=child,
            relation=relation,
            begins=row.begins,
            confirmed_at=self.now,
            confirmed_by_id=self.account_id,
        )
        own.append(link)
        self._links.append(link)
        if person.account_id is not None:
            self.accounts.add(person.account_id)

    def _change(self, person: Person) -> None:
        if person.pk is not None:
            person.changed_at = self.now
            self._changed[person.pk] = person

    def _same(self, person: Person, fields: PersonFields) -> bool:
        if fields.id_index and person.id_index:
            return fields.id_index == person.id_index
        return person.name_key == fields.name_key

    def _person(self, fields: PersonFields) -> Person:
        known = self._by_document.get(fields.id_index) if fields.id_index else None
        if known is None and fields.phone_index:
            known = self._by_key.get((fields.name_key, fields.phone_index))
        if known is not None:
            return known
        person = fields.put(Person(realm_id=current_realm(), created_at=self.now))
        self._new.append(person)
        if fields.id_index:
            self._by_document[fields.id_index] = person
        if fields.phone_index:
            self._by_key[fields.name_key, fields.phone_index] = person
        return person
