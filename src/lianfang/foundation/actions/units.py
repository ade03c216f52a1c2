"""Units and authority relations."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation import perms
from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.lengths import check_lengths
from lianfang.foundation.models import AuthorityRelation, Unit
from lianfang.foundation.realm import current_realm


@transaction.atomic
def create_unit(
    actor: Actor,
    now: datetime,
    *,
    parent: Unit | None,
    kind: str,
    level: str,
    name: str,
    code: str = "",
    stage: str = "",
    grade: int | None = None,
    region: str = "",
    time_zone: str = "",
    order: int = 0,
    begins: date | None = None,
) -> Unit:
    """Create a unit below `parent` (a root only by the system). Raises Forbidden, NotFound, Invalid."""
    if parent is None and not actor.system:
        raise Forbidden("a root unit")
    if parent is not None:
        unit_for(actor, perms.UNIT_MANAGE, parent.pk)
    if not name.strip():
        raise invalid("name", "required", _("请填写名称。"))
    if Unit.objects.filter(parent=parent, name=name.strip(), ends=None, realm_id=current_realm()).exists():
        raise invalid("name", "taken", _("同一上级下已有同名单位“%(name)s”，请换一个名称。") % {"name": name.strip()})
    unit = Unit(
        parent=parent,
        realm_id=current_realm(),
        kind=kind,
        level=level,
        name=name.strip(),
        code=code,
        stage=stage,
        grade=grade,
        region=region or (parent.region if parent else ""),
        time_zone=time_zone,
        order=order,
        begins=begins,
        depth=parent.depth + 1 if parent else 0,
    )
    check_lengths(unit)
    unit.save()
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    write(
        actor,
        [
            Event(
                "foundation.unit.created",
                "unit",
                unit.pk,
                unit.pk,
                now,
                {"kind": kind, "level": level, "name": unit.name},
            )
        ],
        now,
    )
    return unit


@transaction.atomic
def rename_unit(actor: Actor, now: datetime, unit: Unit, name: str) -> Unit:
    """Give a unit another name. Raises Forbidden, NotFound, Invalid."""
    unit_for(actor, perms.UNIT_MANAGE, unit.pk)
    if not name.strip():
        raise invalid("name", "required", _("请填写名称。"))
    before, unit.name = unit.name, name.strip()
    check_lengths(unit)
    unit.save(update_fields=["name"])
    write(
        actor, [Event("foundation.unit.renamed", "unit", unit.pk, unit.pk, now, {"from": before, "to": unit.name})], now
    )
    return unit


@transaction.atomic
def end_unit(actor: Actor, now: datetime, unit: Unit, ends: date) -> Unit:
    """Close a unit from a day on. Raises Forbidden, NotFound, Invalid."""
    unit_for(actor, perms.UNIT_MANAGE, unit.pk)
    if unit.begins and ends <= unit.begins:
        raise invalid("ends", "before_begin", _("结束日期必须在开始日期之后。"))
    unit.ends = ends
    unit.save(update_fields=["ends"])
    write(actor, [Event("foundation.unit.ended", "unit", unit.pk, unit.pk, now, {"ends": ends})], now)
    return unit


@transaction.atomic
def relate_authority(
    actor: Actor,
    now: datetime,
    *,
    authority: Unit,
    capacity: str,
    begins: date,
    subject: Unit | None = None,
    region: str = "",
    ends: date | None = None,
) -> AuthorityRelation:
    """Put a subtree, or a region's institutions, under an authority in one capacity. Only the system (an operator) may."""
    if not actor.system:
        permit(actor, perms.UNIT_MANAGE)
        raise Forbidden("authority relation")
    relation = AuthorityRelation.objects.create(
        authority=authority, subject=subject, region=region, capacity=capacity, begins=begins, ends=ends
    )
    body = {
        "authority": authority.pk,
        "subject": subject.pk if subject else None,
        "region": region,
        "capacity": capacity,
    }
    write(
        actor, [Event("foundation.authority.related", "authority_relation", relation.pk, authority.pk, now, body)], now
    )
    return relation
