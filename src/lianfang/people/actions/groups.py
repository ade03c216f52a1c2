"""Leading groups and special teams: formed, dissolved, and who has which part in them."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import perms, rules
from lianfang.people.actions.following import home_of
from lianfang.people.models import Group, GroupMember, Membership, Person, Post
from lianfang.rulepacks import packs


@transaction.atomic
def form_group(
    actor: Actor, now: datetime, *, unit: Unit, kind: str, begins: date, name: str = "", task: str = ""
) -> Group:
    """A leading group or special team of a unit from a day on; without a name it bears that of its kind.

    Raises Forbidden, NotFound (unit), Invalid: `kind` (not at this kind of unit; only one at a time), `name`, `task`.
    """
    unit = unit_for(actor, perms.GROUP_MANAGE, unit.pk)
    Unit.objects.select_for_update().get(pk=unit.pk)
    known = packs().group_kinds.get(kind)
    if known is None or unit.kind not in known.unit_kinds:
        raise invalid("kind", "unit_kind", _("“%(unit)s”没有这种工作组，请选择其他类型。") % {"unit": unit.name})
    name, task = name.strip() or known.label.zh, task.strip()
    errors = []
    if len(name) > 60:
        errors.append(FieldError("name", "too_long", _("名称最多 60 字，请写短一些。")))
    if len(task) > 500:
        errors.append(FieldError("task", "too_long", _("职责最多 500 字，请写短一些。")))
    others = Group.objects.filter(unit=unit, void_at=None).filter(Q(ends=None) | Q(ends__gt=begins))
    if known.single and others.filter(kind=kind).exists():
        errors.append(FieldError("kind", "single", _("已经有一个这样的工作组，请先结束原来的。")))
    elif others.filter(name=name).exists():
        errors.append(FieldError("name", "taken", _("已有名为“%(name)s”的工作组，请换一个名称。") % {"name": name}))
    if errors:
        raise Invalid(errors)
    row: Group = Group.objects.create(
        unit=unit, kind=kind, name=name, task=task, begins=begins, known_at=now, recorded_by_id=actor.account_id
    )
    body = {"kind": kind, "begins": begins}
    write(actor, [Event("people.group.formed", "group", row.pk, unit.pk, now, body)], now)
    return row


def _group(actor: Actor, group_id: int) -> Group:
    scope = permit(actor, perms.GROUP_MANAGE)
    rows = Group.objects.select_for_update(of=("self",)).in_scope(scope).select_related("unit")
    row: Group | None = rows.filter(pk=group_id, void_at=None).first()
    if row is None:
        raise NotFound("group")
    return row


def _check_end(begins: date, ends: date, already: date | None) -> None:
    if rules.ends_before_it_begins(begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    if already is not None and ends > already:
        raise invalid("ends", "already_ended", _("已定于 %(day)s 结束，不能往后改；请重新添加。") % {"day": already})


@transaction.atomic
def end_group(actor: Actor, now: datetime, *, group_id: int, ends: date) -> Group:
    """A group is dissolved from a day on, and with it the parts of its members. Raises Forbidden, NotFound, Invalid."""
    row = _group(actor, group_id)
    _check_end(row.begins, ends, row.ends)
    row.ends, row.end_known_at = ends, now
    row.save(update_fields=["ends", "end_known_at"])
    members = GroupMember.objects.filter(group=row, void_at=None).filter(Q(ends=None) | Q(ends__gt=ends))
    for member in members:
        member.ends, member.end_known_at = max(ends, member.begins), now
        member.save(update_fields=["ends", "end_known_at"])
    write(actor, [Event("people.group.ended", "group", row.pk, row.unit_id, now, {"ends": ends})], now)
    return row


def works_at(person_ids: set[int], unit: Unit, on: date) -> set[int]:
    """Which of these persons hold a post or belong to the staff at the unit's institution on a day. Two queries."""
    inside = Q(unit__path__startswith=home_of(unit).path, person_id__in=person_ids)
    staff = (
        Membership.objects.in_force(on).filter(inside, kind=Membership.Kind.STAFF).values_list("person_id", flat=True)
    )
    posts = Post.objects.in_force(on).filter(inside).values_list("person_id", flat=True)
    return {*staff, *posts}


@transaction.atomic
def add_group_member(
    actor: Actor, now: datetime, *, group_id: int, person: Person, part: str, begins: date, task: str = ""
) -> GroupMember:
    """A person has a part in a group from a day on.

    Raises Forbidden, NotFound (group), Invalid: `part` (unknown; there is a head already), `person` (does not work at
    the institution; is in the group already), `begins` (outside the group's time), `task`.
    """
    group = _group(actor, group_id)
    later = Q(ends=None) | Q(ends__gt=begins)
    kept = GroupMember.objects.filter(later, group=group, void_at=None)
    errors = []
    if part not in GroupMember.Part.values:
        errors.append(FieldError("part", "unknown", _("请选择组长、副组长或组员。")))
    elif part == GroupMember.Part.HEAD and kept.filter(part=part).exists():
        errors.append(FieldError("part", "single", _("已经有组长，请先结束原来的任职。")))
    if person.pk not in works_at({person.pk}, group.unit, begins):
        errors.append(FieldError("person", "not_in_post", _("这个人那天不在本单位岗位上，请先登记岗位或部门。")))
    elif kept.filter(person=person).exists():
        errors.append(FieldError("person", "overlaps", _("这个人已经在组里；要换角色，请先结束原来的。")))
    if begins < group.begins or (group.ends is not None and begins >= group.ends):
        errors.append(FieldError("begins", "outside", _("那天工作组还没有成立，或者已经结束。")))
    if len(task.strip()) > 200:
        errors.append(FieldError("task", "too_long", _("分工最多 200 字，请写短一些。")))
    if errors:
        raise Invalid(errors)
    row: GroupMember = GroupMember.objects.create(
        group=group,
        person=person,
        part=part,
        task=task.strip(),
        begins=begins,
        ends=group.ends,
        known_at=now,
        recorded_by_id=actor.account_id,
    )
    body = {"group": group.pk, "person": person.pk, "part": part, "begins": begins}
    write(actor, [Event("people.group.joined", "group_member", row.pk, group.unit_id, now, body)], now)
    return row


@transaction.atomic
def end_group_member(actor: Actor, now: datetime, *, member_id: int, ends: date) -> GroupMember:
    """A person has no part in the group any more from a day on. Raises Forbidden, NotFound, Invalid."""
    scope = permit(actor, perms.GROUP_MANAGE)
    rows = GroupMember.objects.select_for_update(of=("self",)).filter(scope.unit_q("group__unit__path"), void_at=None)
    row: GroupMember | None = rows.select_related("group").filter(pk=member_id).first()
    if row is None:
        raise NotFound("group_member")
    _check_end(row.begins, ends, row.ends)
    row.ends, row.end_known_at = ends, now
    row.save(update_fields=["ends", "end_known_at"])
    body = {"group": row.group_id, "person": row.person_id, "ends": ends}
    write(actor, [Event("people.group.left", "group_member", row.pk, row.group.unit_id, now, body)], now)
    return row
