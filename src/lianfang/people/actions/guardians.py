"""Guardians: linked to a child, confirmed by the school, ended. Only a confirmed link opens the child's rows (D8)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit
from lianfang.foundation.actions import touch_access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.realm import current_realm
from lianfang.people import perms, rules
from lianfang.people.actions.following import close_account_when_done, following, today_at
from lianfang.people.actions.persons import create_person
from lianfang.people.identity import check_person
from lianfang.people.models import Guardianship, Person
from lianfang.people.reaching import persons_reached


def _child(actor: Actor, now: datetime, child_id: int) -> None:
    scope = permit(actor, perms.GUARDIAN_MANAGE)
    if not persons_reached(scope, today_at(None, now)).filter(pk=child_id).exists():
        raise NotFound("person")


def _tell(actor: Actor, now: datetime, what: str, row: Guardianship, **body: object) -> None:
    """Journal the change and drop the guardian's cached rights."""
    if row.guardian.account_id is not None:
        touch_access([row.guardian.account_id])
    facts = {"guardian": row.guardian_id, "child": row.child_id, **body}
    write(actor, [Event(f"people.guardian.{what}", "guardianship", row.pk, None, now, facts)], now)


@transaction.atomic
def link_guardian(
    actor: Actor,
    now: datetime,
    *,
    guardian: Person,
    child: Person,
    relation: str,
    begins: date,
    confirmed: bool = False,
) -> Guardianship:
    """Say that one person is a guardian of another from a day on. `relation` is one of `rules.RELATIONS`.

    Raises Forbidden, NotFound (child outside one's reach), Invalid (`guardian`, `relation`).
    """
    _child(actor, now, child.pk)
    if guardian.pk == child.pk:
        raise invalid("guardian", "same", _("监护人不能是孩子本人。"))
    if relation not in rules.RELATIONS:
        raise invalid("relation", "unknown", _("没有这种关系，请从列表中选择。"))
    if Guardianship.objects.filter(guardian=guardian, child=child, ends=None).exists():
        raise invalid("guardian", "exists", _("这位监护人已经登记过了。"))
    row = Guardianship(
        guardian=guardian,
        child=child,
        relation=relation,
        begins=begins,
        confirmed_at=now if confirmed else None,
        confirmed_by_id=actor.account_id if confirmed else None,
    )
    row.save()
    _tell(actor, now, "linked", row, confirmed=confirmed)
    return row


@transaction.atomic
def register_guardian(
    actor: Actor, now: datetime, *, child: Person, name: str, relation: str, begins: date, phone: str = ""
) -> Guardianship:
    """The school writes down a guardian of a child and thereby confirms the link. Somebody with the same name and
    phone who is known already is the same person. Raises Forbidden, NotFound, Invalid."""
    _child(actor, now, child.pk)
    fields, errors = check_person(name=name, phone=phone, today=today_at(None, now))
    if errors:
        raise Invalid(errors)
    known = Person.objects.filter(realm_id=current_realm(), name_key=fields.name_key, erased_at=None)
    guardian = known.filter(phone_index=fields.phone_index).order_by("pk").first() if fields.phone_index else None
    if guardian is None:
        guardian = create_person(following(actor), now, name=name, phone=phone)
    return link_guardian(actor, now, guardian=guardian, child=child, relation=relation, begins=begins, confirmed=True)


@transaction.atomic
def confirm_guardian(actor: Actor, now: datetime, *, guardianship: Guardianship) -> Guardianship:
    """The school confirms the link; from now on the guardian sees the child. Raises Forbidden, NotFound."""
    _child(actor, now, guardianship.child_id)
    row = Guardianship.objects.select_for_update(of=("self",)).select_related("guardian").get(pk=guardianship.pk)
    if row.confirmed_at is None:
        row.confirmed_at, row.confirmed_by_id = now, actor.account_id
        row.save(update_fields=["confirmed_at", "confirmed_by"])
        _tell(actor, now, "confirmed", row)
    return row


@transaction.atomic
def end_guardian(actor: Actor, now: datetime, *, guardianship: Guardianship, ends: date) -> Guardianship:
    """The link no longer holds from `ends` on. Raises Forbidden, NotFound, Invalid."""
    _child(actor, now, guardianship.child_id)
    row = Guardianship.objects.select_for_update(of=("self",)).select_related("guardian").get(pk=guardianship.pk)
    if rules.ends_before_it_begins(row.begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    if row.ends == ends:
        return row
    row.ends = ends
    row.save(update_fields=["ends"])
    _tell(actor, now, "ended", row, ends=ends)
    if ends <= today_at(None, now):
        close_account_when_done(actor, now, row.guardian)
    return row
