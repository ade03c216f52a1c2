"""Belonging in time: begin, end, move. A row is never overwritten with another story; it is ended or voided."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.lengths import check_lengths
from lianfang.foundation.models import Unit
from lianfang.people import perms, rules
from lianfang.people.actions.following import close_account_when_done, home_of, today_at
from lianfang.people.actions.posts import end_post_as_consequence
from lianfang.people.models import Membership, Occupancy, Person, Post

# Living and riding go along with a class or department and end with the last of them.
ALONG = (Membership.Kind.RESIDENT, Membership.Kind.RIDER)


def _locked(actor: Actor, membership: Membership) -> Membership:
    scope = permit(actor, perms.ROSTER_MANAGE)
    rows = Membership.objects.select_for_update(of=("self",)).in_scope(scope).select_related("unit", "person")
    kept: Membership | None = rows.filter(pk=membership.pk, void_at=None).first()
    if kept is None:
        raise NotFound("membership")
    return kept


def _begun(actor: Actor, now: datetime, row: Membership) -> Membership:
    row.save()
    body = {"person": row.person_id, "kind": row.kind, "begins": row.begins}
    write(actor, [Event("people.membership.begun", "membership", row.pk, row.unit_id, now, body)], now)
    return row


@transaction.atomic
def add_membership(
    actor: Actor,
    now: datetime,
    *,
    person: Person,
    unit: Unit,
    kind: str,
    begins: date,
    number: str = "",
    order: int = 0,
) -> Membership:
    """A person belongs to a unit from a day on. `kind` is student (class), staff, resident (dormitory) or rider (bus).

    Raises Forbidden, NotFound (unit), Invalid: `kind`, `begins` (already belongs there), `number` (another's).
    """
    unit = unit_for(actor, perms.ROSTER_MANAGE, unit.pk)
    if unit.level not in rules.MEMBER_LEVELS.get(kind, frozenset()):
        raise invalid(
            "kind", "unit_level", _("这种人员不能直接归入这类单位：学生归入班级，住宿生归入宿舍，乘车学生归入校车。")
        )
    if unit.ends is not None and unit.ends <= begins:
        raise invalid("unit", "ended", _("“%(unit)s”在这一天已经撤销，请选择其他单位。") % {"unit": unit.name})
    kept = Membership.objects.filter(person=person, unit=unit, kind=kind, void_at=None)
    wanted = rules.Holding(begins, None)
    if rules.clash(wanted, (rules.Holding(m.begins, m.ends) for m in kept)):
        raise invalid("begins", "overlaps", _("此人在这段时间已经属于“%(unit)s”。") % {"unit": unit.name})
    number = number.strip()
    if number and number_taken(unit, kind, number, begins, person.pk):
        raise invalid("number", "taken", _("编号“%(number)s”在本单位已属于另一人，请核对。") % {"number": number})
    row = Membership(
        person=person,
        unit=unit,
        kind=kind,
        begins=begins,
        number=number,
        order=order,
        known_at=now,
        recorded_by_id=actor.account_id,
    )
    check_lengths(row)
    return _begun(actor, now, row)


def number_taken(unit: Unit, kind: str, number: str, on: date, person_id: int | None) -> bool:
    """Whether another person of the same institution has the number from a day on."""
    later = Q(ends=None) | Q(ends__gt=on)
    rows = Membership.objects.filter(later, kind=kind, number=number, void_at=None)
    return bool(rows.filter(unit__path__startswith=home_of(unit).path).exclude(person_id=person_id).exists())


@transaction.atomic
def end_membership(actor: Actor, now: datetime, *, membership: Membership, ends: date) -> Membership:
    """A person no longer belongs from `ends` on. With the last class or department of an institution go its posts,
    bed and dormitory. An end that was set before is replaced by a new row, the old one stays for the record.

    Raises Forbidden, NotFound, Invalid (`ends` before the beginning).
    """
    row = _locked(actor, membership)
    if rules.ends_before_it_begins(row.begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    if row.ends == ends:
        return row
    if row.ends is not None:
        row.void_at = now
        row.save(update_fields=["void_at"])
        row.pk, row._state.adding, row.void_at, row.known_at = None, True, None, now
        row.recorded_by_id = actor.account_id
    row.ends, row.end_known_at = ends, now
    row.save()
    body = {"person": row.person_id, "kind": row.kind, "ends": ends}
    write(actor, [Event("people.membership.ended", "membership", row.pk, row.unit_id, now, body)], now)
    if row.kind not in ALONG:
        _leave(actor, now, row, ends)
    return row


def _leave(actor: Actor, now: datetime, row: Membership, ends: date) -> None:
    """What ends with a person's last class or department of an institution."""
    home = home_of(row.unit)
    later = Q(ends=None) | Q(ends__gt=ends)
    inside = Q(unit__path__startswith=home.path)
    still = Membership.objects.filter(later, inside, person_id=row.person_id, void_at=None)
    if still.exclude(kind__in=ALONG).exists():
        return
    for bed in still.select_related("unit", "person"):
        bed.ends, bed.end_known_at = max(ends, bed.begins), now
        bed.save(update_fields=["ends", "end_known_at"])
        body = {"person": bed.person_id, "kind": bed.kind, "ends": bed.ends}
        write(actor, [Event("people.membership.ended", "membership", bed.pk, bed.unit_id, now, body)], now)
    for stay in Occupancy.objects.filter(later, person_id=row.person_id, place__unit=home, void_at=None):
        stay.ends, stay.end_known_at = max(ends, stay.begins), now
        stay.save(update_fields=["ends", "end_known_at"])
    for post in Post.objects.filter(later, inside, person_id=row.person_id, void_at=None):
        end_post_as_consequence(actor, now, post, max(ends, post.begins))
    if ends <= today_at(row.unit, now):
        close_account_when_done(actor, now, row.person)


@transaction.atomic
def move_member(actor: Actor, now: datetime, *, membership: Membership, to_unit: Unit, on: date) -> Membership:
    """From a day on the person belongs to another unit of the same institution; number kept. Returns the new row.

    Raises Forbidden, NotFound, Invalid (`to_unit` of another institution or level, `on` before the beginning).
    """
    row = _locked(actor, membership)
    to_unit = unit_for(actor, perms.ROSTER_MANAGE, to_unit.pk)
    if home_of(row.unit).pk != home_of(to_unit).pk or to_unit.level != row.unit.level:
        raise invalid("to_unit", "elsewhere", _("只能在同一单位内调整；转到其他单位请先结束，再在新单位登记。"))
    if to_unit.pk == row.unit_id:
        raise invalid("to_unit", "same", _("此人已经在“%(unit)s”。") % {"unit": to_unit.name})
    if rules.ends_before_it_begins(row.begins, on):
        raise invalid("on", "before_begin", _("调整日期不能早于原来的开始日期 %(day)s。") % {"day": row.begins})
    if row.begins == on:
        row.void_at = now
        row.save(update_fields=["void_at"])
    else:
        row.ends, row.end_known_at = on, now
        row.save(update_fields=["ends", "end_known_at"])
    body = {"person": row.person_id, "kind": row.kind, "ends": on, "moved_to": to_unit.pk}
    write(actor, [Event("people.membership.ended", "membership", row.pk, row.unit_id, now, body)], now)
    again = Membership.objects.filter(person_id=row.person_id, unit=to_unit, kind=row.kind, void_at=None)
    if rules.clash(rules.Holding(on, None), (rules.Holding(m.begins, m.ends) for m in again)):
        raise invalid("to_unit", "overlaps", _("此人在这段时间已经属于“%(unit)s”。") % {"unit": to_unit.name})
    new = Membership(
        person_id=row.person_id,
        unit=to_unit,
        kind=row.kind,
        begins=on,
        number=row.number,
        known_at=now,
        recorded_by_id=actor.account_id,
    )
    return _begun(actor, now, new)
