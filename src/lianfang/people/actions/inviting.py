"""Invitations: made by the school's staff, on paper; taken back by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.crypto import blind_index
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import joining, perms
from lianfang.people.actions.following import today_at
from lianfang.people.identity import name_words
from lianfang.people.models import Invitation, Membership, Person
from lianfang.people.rules import clean_name, name_fault
from lianfang.rulepacks import packs


@dataclass(frozen=True, slots=True)
class Slip:
    """A new invitation with its code, which is kept nowhere else."""

    invitation: Invitation
    code: str = field(repr=False)
    child: Person | None = None
    number: str = ""

    @property
    def shown(self) -> str:
        return joining.shown(self.code)


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post that an invitation brings: where, which role, from which day at the earliest."""

    unit_id: int
    role: str
    begins: date


def code_digest(code: str) -> str:
    """What is stored of a code (`joining.typed` form)."""
    return blind_index("people.invitation", code)


def _expiry(now: datetime, days: int) -> datetime:
    if not 1 <= days <= joining.LONGEST_DAYS:
        raise invalid("days", "range", _("有效期请填 1 到 %(n)d 天。") % {"n": joining.LONGEST_DAYS})
    return now + timedelta(days=days)


def _issued(actor: Actor, now: datetime, unit: Unit, slips: list[Slip]) -> list[Slip]:
    Invitation.objects.bulk_create([slip.invitation for slip in slips])
    body = {"kind": slips[0].invitation.kind, "count": len(slips), "expires_at": slips[0].invitation.expires_at}
    write(actor, [Event("people.invitation.issued", "unit", unit.pk, unit.pk, now, body)], now)
    return slips


def _slip(actor: Actor, now: datetime, unit: Unit, expires_at: datetime, **fields: object) -> Slip:
    code = joining.new_code()
    child, number = fields.pop("child", None), str(fields.pop("number", ""))
    row = Invitation(
        unit=unit,
        digest=code_digest(code),
        created_at=now,
        created_by_id=actor.account_id,
        expires_at=expires_at,
        child=child if isinstance(child, Person) else None,
        **fields,
    )
    return Slip(row, code, row.child, number)


@transaction.atomic
def invite_guardians(
    actor: Actor,
    now: datetime,
    *,
    unit: Unit,
    children: Sequence[int] | None = None,
    copies: int = 1,
    days: int = joining.DAYS_VALID,
) -> list[Slip]:
    """Slips for the guardians of a class's pupils (of all, or of those named), `copies` a pupil, each good once.

    Raises Forbidden, NotFound (class or child outside one's reach), Invalid (`copies`, `days`, `unit`).
    """
    unit = unit_for(actor, perms.GUARDIAN_MANAGE, unit.pk)
    expires_at = _expiry(now, days)
    if not 1 <= copies <= joining.MOST_COPIES:
        raise invalid("copies", "range", _("每人请打印 1 到 %(n)d 张。") % {"n": joining.MOST_COPIES})
    rows = Membership.objects.in_force(today_at(unit, now)).filter(unit=unit, kind="student")
    if children is not None:
        rows = rows.filter(person_id__in=children)
    pupils = list(rows.select_related("person").order_by("order", "number", "pk"))
    if children is not None and len({row.person_id for row in pupils}) != len(set(children)):
        raise NotFound("person")
    if not pupils:
        raise invalid("unit", "empty", _("这个班还没有学生。请先导入或登记名册。"))
    slips = [
        _slip(actor, now, unit, expires_at, kind="guardian", child=row.person, number=row.number)
        for row in pupils
        for _copy in range(copies)
    ]
    return _issued(actor, now, unit, slips)


@transaction.atomic
def invite_class(actor: Actor, now: datetime, *, unit: Unit, days: int = joining.DAYS_VALID) -> Slip:
    """One code for a whole class: each guardian types the child's name. Raises Forbidden, NotFound, Invalid."""
    unit = unit_for(actor, perms.GUARDIAN_MANAGE, unit.pk)
    if unit.level != "class":
        raise invalid("unit", "level", _("班级邀请码只能发给班级。"))
    return _issued(actor, now, unit, [_slip(actor, now, unit, _expiry(now, days), kind="guardian", many=True)])[0]


@transaction.atomic
def invite_staff(
    actor: Actor, now: datetime, *, unit: Unit, name: str, posts: Sequence[NewPost], days: int = joining.DAYS_VALID
) -> Slip:
    """A slip for one member of staff with the posts that begin when it is accepted, or on their later day.

    Raises Forbidden, NotFound, Invalid (`name`, `posts`, `role`, `days`).
    """
    unit = unit_for(actor, perms.POST_MANAGE, unit.pk)
    cleaned = clean_name(name)
    fault = name_fault(cleaned)
    if fault:
        raise invalid("name", fault, name_words(fault))
    if not 1 <= len(posts) <= 10:
        raise invalid("posts", "count", _("请给出 1 到 10 个岗位。"))
    for post in posts:
        where = unit_for(actor, perms.POST_MANAGE, post.unit_id)
        known = packs().roles.get(post.role)
        if known is None or known.family in ("pupil", "guardian") or where.kind not in known.unit_kinds:
            raise invalid("role", "unit_kind", _("“%(unit)s”没有这个岗位，请选择其他岗位。") % {"unit": where.name})
    named = [{"unit": post.unit_id, "role": post.role, "begins": post.begins.isoformat()} for post in posts]
    slip = _slip(actor, now, unit, _expiry(now, days), kind="staff", name=cleaned, posts=named)
    return _issued(actor, now, unit, [slip])[0]


@transaction.atomic
def revoke_invitation(actor: Actor, now: datetime, *, invitation: Invitation) -> Invitation:
    """Take an invitation back; one that was used stays as it is. Raises Forbidden, NotFound."""
    needed = perms.POST_MANAGE if invitation.kind == Invitation.Kind.STAFF else perms.GUARDIAN_MANAGE
    unit_for(actor, needed, invitation.unit_id)
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.revoked_at is None and (row.many or row.used_at is None):
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        write(actor, [Event("people.invitation.revoked", "invitation", row.pk, row.unit_id, now, {})], now)
    return row
