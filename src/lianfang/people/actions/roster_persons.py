"""The persons of a roster: found by id, by ID number or by number at the institution; made or brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from lianfang.foundation.errors import FieldError, Invalid, NotFound
from lianfang.foundation.journal import Event
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm
from lianfang.people.identity import PersonFields, check_person
from lianfang.people.models import Household, Membership, Person
from lianfang.people.roster import RosterOutcome, RosterRow

BATCH = 500


class Persons:
    """`found` holds the person of each row after `match`; those without a key are made by `save`."""

    def __init__(self, institution: Unit, rows: Sequence[RosterRow], now: datetime, today: date) -> None:
        self.institution = institution
        self.rows = rows
        self.now = now
        self.today = today
        self.found: list[Person] = []
        self._fields: list[PersonFields] = []

    def match(self) -> None:
        """Check every row and find its person. Raises Invalid with every fault, NotFound for a person of elsewhere."""
        errors: list[FieldError] = []
        for n, row in enumerate(self.rows):
            fields, wrong = check_person(
                name=row.name,
                sex=row.sex,
                birth_date=row.birth_date,
                id_type=row.id_type,
                id_number=row.id_number,
                phone=row.phone,
                today=self.today,
            )
            self._fields.append(fields)
            errors += [FieldError(f"rows.{n}.{e.field}", e.code, e.message) for e in wrong]
        if errors:
            raise Invalid(errors)
        by_id, by_document, by_number = self._known()
        made: dict[str, Person] = {}
        for n, (row, fields) in enumerate(zip(self.rows, self._fields, strict=True)):
            person = by_id.get(row.person_id) if row.person_id is not None else None
            if row.person_id is not None and person is None:
                raise NotFound("person")
            document = by_document.get(fields.id_index) or made.get(fields.id_index) if fields.id_index else None
            if document is not None and person is not None and document is not person:
                errors.append(
                    FieldError(f"rows.{n}.id_number", "exists", _("这个证件号码已经登记在另一人名下，请核对。"))
                )
            elif document is not None and person is None and document.name_key != fields.name_key:
                errors.append(
                    FieldError(f"rows.{n}.name", "other_name", _("这个证件号码已登记，但姓名不同，请核对姓名和号码。"))
                )
            numbered = by_number.get((row.kind, row.number)) if row.number else None
            if person is None and document is None and numbered is not None and numbered.name_key != fields.name_key:
                errors.append(
                    FieldError(f"rows.{n}.number", "other_name", _("这个编号已登记在另一个姓名下，请核对编号和姓名。"))
                )
            person = person or document or numbered
            if person is None:
                person = fields.put(Person(realm_id=current_realm(), created_at=self.now))
                if fields.id_index:
                    made[fields.id_index] = person
                if row.number:  # a further row of the same new person: another course of a training institution
                    by_number[row.kind, row.number] = person
            self.found.append(person)
        if errors:
            raise Invalid(errors)

    def _known(self) -> tuple[dict[int, Person], dict[str, Person], dict[tuple[str, str], Person]]:
        """Persons that the rows may mean: members of the institution, and holders of one of the ID numbers."""
        members = Membership.objects.filter(unit__path__startswith=str(self.institution.path), void_at=None)
        by_id: dict[int, Person] = {}
        by_number: dict[tuple[str, str], Person] = {}
        for row in members.filter(person__erased_at=None).select_related("person").order_by("begins", "pk"):
            person = by_id.setdefault(row.person_id, row.person)
            if row.number and (row.ends is None or row.ends > self.today):
                by_number[row.kind, row.number] = person
        by_document = {person.id_index: person for person in by_id.values() if person.id_index}
        wanted = sorted({f.id_index for f in self._fields if f.id_index} - set(by_document))
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            for person in Person.objects.filter(realm_id=current_realm(), id_index__in=part, erased_at=None):
                by_document[person.id_index] = by_id[person.pk] = person
        return by_id, by_document, by_number

    def save(self, outcome: RosterOutcome) -> list[Event]:
        """Write new and changed persons; returns their events."""
        events: list[Event] = []
        changed: dict[int, Person] = {}
        columns: set[str] = set()
        making: dict[int, Person] = {}
        for row, person, fields in zip(self.rows, self.found, self._fields, strict=True):
            if person._state.adding:
                making[id(person)] = person
                continue
            touched = bring_up_to_date(person, fields, row.sex != "unknown")
            if touched:
                person.changed_at = self.now
                changed[person.pk] = person
                columns |= touched
                body = {"fields": sorted(touched & {"name", "sex", "birth_date", "id_type", "id_number", "phone"})}
                events.append(Event("people.person.updated", "person", person.pk, None, self.now, body))
        new = list(making.values())
        self._households(new)
        Person.objects.bulk_create(new, batch_size=BATCH)
        if changed:
            Person.objects.bulk_update(list(changed.values()), sorted(columns | {"changed_at"}), batch_size=100)
        events += [Event("people.person.created", "person", p.pk, None, self.now, {}) for p in new]
        outcome.created += len(new)
        outcome.updated += len(changed)
        outcome.unchanged += len({id(p) for p in self.found}) - len(new) - len(changed)
        return events

    def _households(self, new: list[Person]) -> None:
        """New children whose sheet gives an address get a household; the same address in one sheet is one household."""
        makes = {id(person) for person in new}
        homes: dict[str, Household] = {}
        for row, person in zip(self.rows, self.found, strict=True):
            address = row.address.strip()
            if address and id(person) in makes:
                person.household = homes.setdefault(address, Household(address=address))
        Household.objects.bulk_create(homes.values(), batch_size=BATCH)
        for person in new:
            if person.household is not None:
                person.household_id = person.household.pk


def bring_up_to_date(person: Person, fields: PersonFields, sex_given: bool) -> set[str]:
    """Set what the sheet says and the row does not; returns the columns that changed. Silence changes nothing."""
    before = {column: getattr(person, column) for column in PersonFields.__slots__}
    if fields.name:
        person.name, person.name_key = fields.name, fields.name_key
    if sex_given or person.sex == Person.Sex.UNKNOWN:
        person.sex = fields.sex
    if fields.birth_date is not None:
        person.birth_date = fields.birth_date
    if fields.id_number:
        person.id_type, person.id_number, person.id_index = fields.id_type, fields.id_number, fields.id_index
    if fields.phone:
        person.phone, person.phone_index = fields.phone, fields.phone_index
    return {column for column, value in before.items() if getattr(person, column) != value}
