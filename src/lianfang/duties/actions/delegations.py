"""Handing a post's duties over while somebody is away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.comms.actions import send_notice
from lianfang.duties import perms, rules
from lianfang.duties.models import Delegation
from lianfang.duties.planning import institution_ids
from lianfang.foundation.access import one, permit
from lianfang.foundation.actions import end_grants_of_source, give_grant
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account, Grant, Unit
from lianfang.foundation.realm import current_realm
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local, local_date
from lianfang.rulepacks import packs

LONGEST = timedelta(days=366)


def holds_now(now: datetime) -> Q:
    """Grants in force at an instant, of active accounts."""
    return Q(begins__lte=now, account__is_active=True) & (Q(ends=None) | Q(ends__gt=now))


@transaction.atomic
def delegate(
    actor: Actor,
    now: datetime,
    *,
    unit_id: int,
    role: str,
    from_account_id: int,
    to_account_id: int,
    begins: date,
    ends: date,
    reason: str = "",
) -> Delegation:
    """From `begins` until before `ends` (local days) the deputy holds the role at the unit: their grant, the notices
    and the duties follow, and end by themselves.

    One hands over one's own post, or, as somebody above, a post below (`rules.may_hand_over`); the deputy works at the
    same institution. Raises Forbidden, NotFound, Invalid, Conflict (already handed over in these days).
    """
    permit(actor, perms.DELEGATE)
    unit = Unit.objects.filter(pk=unit_id, realm_id=current_realm()).first()
    if unit is None or not _may(actor, unit, role, from_account_id):
        raise NotFound("unit")
    zone = time_zone_of(unit)
    _check(now, unit, role, from_account_id, to_account_id, (begins, ends), local_date(now, zone), reason)
    clash = Delegation.objects.filter(
        unit=unit, role=role, from_account_id=from_account_id, begins__lt=ends, ends__gt=begins
    )
    if clash.exists():
        raise Conflict(_("这几天已经安排了代班，请先结束原来的安排。"))
    row: Delegation = Delegation.objects.create(
        unit=unit,
        role=role,
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        begins=begins,
        ends=ends,
        reason=reason.strip(),
        recorded_at=now,
        recorded_by_id=actor.account_id,
    )
    system = system_actor(f"delegation:{row.pk}", now)
    give_grant(
        system,
        now,
        account=row.to_account,
        role=role,
        unit=unit,
        source=f"delegation:{row.pk}",
        begins=at_local(begins, "00:00", zone),
        ends=at_local(ends, "00:00", zone),
        reason=reason.strip(),
    )
    known = packs().roles.get(role)
    send_notice(
        actor,
        now,
        text_key="duties.delegated",
        params={
            "unit": unit.name,
            "role": known.label if known else role,
            "begins": begins.isoformat(),
            "last": (ends - timedelta(days=1)).isoformat(),
        },
        accounts=[to_account_id],
        link="/duties/",
        unit=unit,
        dedupe=f"delegation:{row.pk}",
    )
    body = {"role": role, "from": from_account_id, "to": to_account_id, "begins": begins, "ends": ends}
    write(actor, [Event("duties.delegated", "delegation", row.pk, unit.pk, now, body)], now)
    return row


@transaction.atomic
def end_delegation(actor: Actor, now: datetime, *, delegation_id: int) -> Delegation:
    """The holder is back, or it was a mistake: the delegation and its grant end at once. Raises Forbidden, NotFound."""
    permit(actor, perms.DELEGATE)
    row: Delegation = one(Delegation.objects.select_related("unit").select_for_update(of=("self",)), pk=delegation_id)
    if not _may(actor, row.unit, row.role, row.from_account_id):
        raise NotFound("delegation")
    today = local_date(now, time_zone_of(row.unit))
    if row.ends > today:
        row.ends = max(row.begins, today)
        row.save(update_fields=["ends"])
        end_grants_of_source(system_actor(f"delegation:{row.pk}", now), now, f"delegation:{row.pk}")
        write(
            actor, [Event("duties.delegation_ended", "delegation", row.pk, row.unit_id, now, {"ends": row.ends})], now
        )
    return row


def may_end(actor: Actor, row: Delegation) -> bool:
    """Whether the actor may end a delegation that they see: the stand-in alone may not."""
    try:
        return _may(actor, row.unit, row.role, row.from_account_id)
    except Forbidden:
        return False


def _may(actor: Actor, unit: Unit, role: str, from_account_id: int) -> bool:
    if actor.system:
        return True
    own = from_account_id == actor.account_id and unit.pk in actor.units_of(role)
    above = {h.role for h in actor.held if perms.DELEGATE.roles.get(h.role) and (unit.path or "").startswith(h.path)}
    if own or rules.may_hand_over(above, role):
        return True
    if above:
        raise Forbidden("this post is not below one's own")
    return False


def _check(
    now: datetime,
    unit: Unit,
    role: str,
    from_account_id: int,
    to_account_id: int,
    days: tuple[date, date],
    today: date,
    reason: str,
) -> None:
    errors = []
    begins, ends = days
    if ends <= begins:
        errors.append(FieldError("ends", "before_begin", _("最后一天不能早于第一天。")))
    elif ends <= today:
        errors.append(FieldError("ends", "past", _("代班的日子已经过去，请改为今天或以后。")))
    elif ends - begins > LONGEST:
        errors.append(FieldError("ends", "too_long", _("代班最长一年，请缩短时间。")))
    held = Grant.objects.filter(holds_now(now), unit=unit, role=role, account_id=from_account_id)
    if not held.exists():
        errors.append(FieldError("from_account", "not_holder", _("这个人现在不在这个岗位上，请重新选择。")))
    if to_account_id == from_account_id:
        errors.append(FieldError("to_account", "same", _("请选择另一个人代班。")))
    elif not deputies(unit, now).filter(pk=to_account_id).exists():
        errors.append(FieldError("to_account", "foreign", _("代班人须是本单位在岗的教职工，请重新选择。")))
    if len(reason.strip()) > 200:
        errors.append(FieldError("reason", "too_long", _("原因最多 200 字，请写短一些。")))
    if errors:
        raise Invalid(errors)


def deputies(unit: Unit, now: datetime) -> Any:
    """Accounts that may stand in at a unit: whoever holds a post of staff in its institution (an authority: there)."""
    above = Unit.objects.in_bulk(unit.ancestor_ids)
    top = above[institution_ids(above.values())[unit.pk]]
    staff = [r.id for r in packs().roles.values() if r.family not in ("pupil", "guardian")]
    grants = Grant.objects.filter(holds_now(now), unit__path__startswith=top.path or "", role__in=staff)
    return Account.objects.filter(pk__in=grants.values("account_id"), is_active=True)
