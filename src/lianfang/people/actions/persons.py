"""Persons: made once, corrected, found again by their ID number."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.realm import current_realm
from lianfang.people import perms
from lianfang.people.actions.following import today_at
from lianfang.people.actions.memberships import add_membership
from lianfang.people.identity import check_person
from lianfang.people.models import Household, Membership, Person
from lianfang.people.reaching import persons_reached

FIELDS = ("name", "sex", "birth_date", "id_type", "id_number", "phone")


def _saved(person: Person) -> None:
    """Save; somebody else who stored the same ID number a moment ago is answered like one stored long ago."""
    taken = Person.objects.filter(realm_id=current_realm(), id_index=person.id_index).exclude(pk=person.pk)
    error = invalid(
        "id_number", "exists", _("这个证件号码已经登记在另一人名下。请先按证件号码查找，不要重复建立人员。")
    )
    if person.id_index and taken.exists():
        raise error
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:
        raise error from None


@transaction.atomic
def create_person(
    actor: Actor,
    now: datetime,
    *,
    name: str,
    sex: str = Person.Sex.UNKNOWN,
    birth_date: date | None = None,
    id_type: str = "",
    id_number: str = "",
    phone: str = "",
    household: Household | None = None,
) -> Person:
    """Make a person. Raises Forbidden; Invalid with every wrong field, also when the ID number is already known."""
    permit(actor, perms.PERSON_MANAGE)
    fields, errors = check_person(
        name=name,
        sex=sex,
        birth_date=birth_date,
        id_type=id_type,
        id_number=id_number,
        phone=phone,
        today=today_at(None, now),
    )
    if errors:
        raise Invalid(errors)
    person = fields.put(Person(realm_id=current_realm(), household=household, created_at=now))
    _saved(person)
    write(actor, [Event("people.person.created", "person", person.pk, None, now, {})], now)
    return person


@transaction.atomic
def update_person(actor: Actor, now: datetime, *, person: Person, **fields: Any) -> Person:
    """Change some of name, sex, birth_date, id_type, id_number, phone, household.

    Raises Forbidden, NotFound for a person outside one's reach, Invalid. Nothing is written when nothing changes.
    """
    scope = permit(actor, perms.PERSON_MANAGE)
    today = today_at(None, now)
    kept = persons_reached(scope, today).select_for_update(of=("self",)).filter(pk=person.pk).first()
    if kept is None:
        raise NotFound("person")
    unknown = set(fields) - {*FIELDS, "household"}
    if unknown:
        raise Invalid(FieldError(name, "unknown", _("没有这个字段。")) for name in sorted(unknown))
    before = {name: getattr(kept, name) for name in FIELDS}
    wanted = {name: fields.get(name, before[name]) for name in FIELDS}
    checked, errors = check_person(
        name=wanted["name"],
        sex=wanted["sex"],
        birth_date=wanted["birth_date"],
        id_type=wanted["id_type"] or "",
        id_number=wanted["id_number"] or "",
        phone=wanted["phone"] or "",
        today=today,
    )
    if errors:
        raise Invalid(errors)
    checked.put(kept)
    changed = [name for name in FIELDS if getattr(kept, name) != before[name]]
    if "household" in fields and fields["household"] != kept.household:
        kept.household = fields["household"]
        changed.append("household")
    if changed:
        kept.changed_at = now
        _saved(kept)
        write(actor, [Event("people.person.updated", "person", kept.pk, None, now, {"fields": changed})], now)
    return kept


@transaction.atomic
def enrol_person(
    actor: Actor,
    now: datetime,
    *,
    unit: Unit,
    kind: str,
    begins: date,
    number: str = "",
    order: int = 0,
    **fields: Any,
) -> Membership:
    """Make a person and their first membership together, so that nobody is left who belongs nowhere.

    Raises what `create_person` and `add_membership` raise.
    """
    person = create_person(actor, now, **fields)
    return add_membership(actor, now, person=person, unit=unit, kind=kind, begins=begins, number=number, order=order)
