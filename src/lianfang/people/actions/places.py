"""Places, who sleeps or works in them, and the weekly timetable of a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import perms, rules, words
from lianfang.people.models import Lesson, Occupancy, Person, Place
from lianfang.people.place_rules import DEEPEST, is_inside, moved_path, placing_fault
from lianfang.rulepacks import packs

NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class NewLesson:
    """One period of a week: weekday 0 Monday … 6 Sunday, local times."""

    weekday: int
    period: int
    begins: time
    ends: time
    subject: str
    teacher: Person | None = None
    place: Place | None = None


def _place(actor: Actor, place_id: int) -> Place:
    scope = permit(actor, perms.PLACE_MANAGE)
    rows = Place.objects.select_for_update(of=("self",)).filter(scope.unit_q("unit__path"))
    kept = rows.select_related("unit").filter(pk=place_id).first()
    if kept is None:
        raise NotFound("place")
    return kept


def _check(place: Place) -> None:
    """Raises Invalid with every field of a place that cannot be."""
    errors = []
    if not place.name.strip():
        errors.append(FieldError("name", "required", _("请填写场所名称。")))
    if len(place.name) > NAME_LENGTH:
        errors.append(FieldError("name", "too_long", _("名称太长，最多 %(n)d 个字。") % {"n": NAME_LENGTH}))
    errors += _placing_errors(place)
    if place.area_m2 is not None and not 0 < place.area_m2 < 10_000_000:
        errors.append(FieldError("area_m2", "range", _("面积应大于 0 平方米。")))
    for name in ("capacity", "taps"):
        value = getattr(place, name)
        if value is not None and not 0 <= value <= 100_000:
            errors.append(FieldError(name, "range", _("数量应在 0 到 100000 之间。")))
    same = Place.objects.filter(unit_id=place.unit_id, parent_id=place.parent_id, name=place.name)
    if same.exclude(pk=place.pk).exists():
        errors.append(FieldError("name", "taken", _("同一处已有名为“%(name)s”的场所。") % {"name": place.name}))
    if errors:
        raise Invalid(errors)


def _placing_errors(place: Place) -> list[FieldError]:
    """What is wrong with the place's kind where it lies, and with the kinds of what lies in it."""
    kinds = packs().place_kinds
    above = place.parent.kind if place.parent is not None else None
    fault = placing_fault(place.kind, above, kinds)
    named = {"kind": words.place_kind_words(place.kind), "above": words.place_kind_words(above or "")}
    if fault == "unknown":
        return [FieldError("kind", "unknown", _("没有这种场所类型，请从列表中选择。"))]
    if fault == "top":
        return [FieldError("parent", "required", _("“%(kind)s”要放在上一级场所里，请选择位于哪里。") % named)]
    if fault == "under":
        return [FieldError("parent", "kind", _("“%(kind)s”不能放在“%(above)s”里，请换一个上级或类型。") % named)]
    inside = Place.objects.filter(parent_id=place.pk).values_list("kind", flat=True) if place.pk else ()
    for kind in sorted(set(inside)):
        if placing_fault(kind, place.kind, kinds) is not None:
            named = {"kind": words.place_kind_words(place.kind), "inside": words.place_kind_words(kind)}
            return [FieldError("kind", "inside", _("里面已有“%(inside)s”，不能改成“%(kind)s”。") % named)]
    return []


@transaction.atomic
def add_place(
    actor: Actor,
    now: datetime,
    *,
    unit: Unit,
    kind: str,
    name: str,
    parent: Place | None = None,
    area_m2: Decimal | None = None,
    capacity: int | None = None,
    taps: int | None = None,
    used_by: Unit | None = None,
) -> Place:
    """Add a place of an institution, below another place or at the top. `kind` is one of the rule pack `place_kinds`.

    Raises Forbidden, NotFound (unit, parent), Invalid.
    """
    unit = unit_for(actor, perms.PLACE_MANAGE, unit.pk)
    if parent is not None and parent.unit_id != unit.pk:
        raise NotFound("place")
    if used_by is not None and not str(used_by.path).startswith(str(unit.path)):
        raise NotFound("unit")
    place = Place(
        unit=unit,
        parent=parent,
        kind=kind,
        name=name.strip(),
        area_m2=area_m2,
        capacity=capacity,
        taps=taps,
        used_by=used_by,
    )
    _check(place)
    if parent is not None and parent.closed_from is not None:
        place.closed_from = parent.closed_from
    place.save()
    place.path = f"{parent.path if parent else '/'}{place.pk}/"
    if len(place.path) > DEEPEST:
        raise invalid("parent", "too_deep", _("场所层级太深，请放到更上一级。"))
    place.save(update_fields=["path"])
    write(actor, [Event("people.place.added", "place", place.pk, unit.pk, now, {"kind": kind})], now)
    return place


@transaction.atomic
def update_place(actor: Actor, now: datetime, *, place: Place, **fields: Any) -> Place:
    """Change kind, name, area_m2, capacity, taps, used_by. Raises Forbidden, NotFound, Invalid."""
    kept = _place(actor, place.pk)
    allowed = ("kind", "name", "area_m2", "capacity", "taps", "used_by")
    unknown = sorted(set(fields) - set(allowed))
    if unknown:
        raise Invalid(FieldError(name, "unknown", _("没有这个字段。")) for name in unknown)
    used_by = fields.get("used_by")
    if used_by is not None and not str(used_by.path).startswith(str(kept.unit.path)):
        raise NotFound("unit")
    changed = [name for name in allowed if name in fields and getattr(kept, name) != fields[name]]
    for name in changed:
        setattr(kept, name, fields[name].strip() if name == "name" else fields[name])
    if changed:
        _check(kept)
        kept.save(update_fields=changed)
        write(actor, [Event("people.place.updated", "place", kept.pk, kept.unit_id, now, {"fields": changed})], now)
    return kept


@transaction.atomic
def move_place(actor: Actor, now: datetime, *, place: Place, parent: Place | None) -> Place:
    """Put a place, with everything in it, into another one (None: at the top). Nobody's bed and no class's room changes.

    Raises Forbidden, NotFound (another institution's `parent`), Invalid: `parent` (lies in the place itself, or a kind
    in which this one cannot be), `name` (taken there).
    """
    kept = _place(actor, place.pk)
    if parent is not None and (parent.unit_id != kept.unit_id or parent.path is None):
        raise NotFound("place")
    if kept.parent_id == (parent.pk if parent else None):
        return kept
    old = str(kept.path)
    if parent is not None and is_inside(str(parent.path), old):
        raise invalid("parent", "inside_itself", _("“%(place)s”不能放进它自己或它里面的场所。") % {"place": kept.name})
    kept.parent = parent
    _check(kept)
    new = f"{parent.path if parent else '/'}{kept.pk}/"
    inside = list(Place.objects.select_for_update(of=("self",)).filter(path__startswith=old).order_by("pk"))
    for row in inside:
        row.path = moved_path(str(row.path), old, new)
    if max(len(str(row.path)) for row in inside) > DEEPEST:
        raise invalid("parent", "too_deep", _("场所层级太深，请放到更上一级。"))
    Place.objects.bulk_update(inside, ["path"])
    kept.path = new
    kept.save(update_fields=["parent", "path"])
    body = {"parent": parent.pk if parent else None, "moved": len(inside)}
    write(actor, [Event("people.place.moved", "place", kept.pk, kept.unit_id, now, body)], now)
    return kept


@transaction.atomic
def close_place(actor: Actor, now: datetime, *, place: Place, closed_from: date | None) -> int:
    """Take a place and everything in it out of use from a day on (None: in use again). Returns how many places.

    Raises Forbidden, NotFound, Invalid: `closed_from` (somebody sleeps or works there on or after that day).
    """
    kept = _place(actor, place.pk)
    inside = Place.objects.filter(path__startswith=str(kept.path))
    if closed_from is not None:
        there = Occupancy.objects.filter(place__in=inside, void_at=None)
        staying = there.filter(Q(ends=None) | Q(ends__gt=closed_from)).values("person_id").distinct().count()
        if staying:
            raise invalid(
                "closed_from",
                "occupied",
                _("“%(place)s”这一天之后还有 %(n)d 人，请先安排他们搬走。") % {"place": kept.name, "n": staying},
            )
    changed = inside.update(closed_from=closed_from)
    body = {"closed_from": closed_from, "places": changed}
    write(actor, [Event("people.place.closed", "place", kept.pk, kept.unit_id, now, body)], now)
    return changed


@transaction.atomic
def occupy(actor: Actor, now: datetime, *, person: Person, place: Place, begins: date) -> Occupancy:
    """A person sleeps or works in a place from a day on. A full room refuses. Raises Forbidden, NotFound, Invalid."""
    kept = _place(actor, place.pk)
    if kept.closed_from is not None and begins >= kept.closed_from:
        raise invalid("place", "closed", _("“%(place)s”这一天已经停用，请换一处。") % {"place": kept.name})
    there = Occupancy.objects.filter(place=kept, void_at=None).filter(Q(ends=None) | Q(ends__gt=begins))
    if there.filter(person=person).exists():
        raise invalid("person", "overlaps", _("此人已经登记在这个房间。"))
    if kept.capacity is not None and there.count() >= kept.capacity:
        raise invalid("place", "full", _("“%(place)s”已住满 %(n)d 人。") % {"place": kept.name, "n": kept.capacity})
    row = Occupancy(person=person, place=kept, begins=begins, known_at=now, recorded_by_id=actor.account_id)
    row.save()
    body = {"person": person.pk, "place": kept.pk, "begins": begins}
    write(actor, [Event("people.occupancy.begun", "occupancy", row.pk, kept.unit_id, now, body)], now)
    return row


@transaction.atomic
def vacate(actor: Actor, now: datetime, *, occupancy: Occupancy, ends: date) -> Occupancy:
    """A person leaves a place from `ends` on. Raises Forbidden, NotFound, Invalid."""
    kept = _place(actor, occupancy.place_id)
    row: Occupancy = Occupancy.objects.select_for_update(of=("self",)).get(pk=occupancy.pk)
    if rules.ends_before_it_begins(row.begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    row.ends, row.end_known_at = ends, now
    row.save(update_fields=["ends", "end_known_at"])
    body = {"person": row.person_id, "place": kept.pk, "ends": ends}
    write(actor, [Event("people.occupancy.ended", "occupancy", row.pk, kept.unit_id, now, body)], now)
    return row


@transaction.atomic
def set_lessons(actor: Actor, now: datetime, *, unit: Unit, lessons: Sequence[NewLesson]) -> list[Lesson]:
    """Replace the weekly timetable of a class. Raises Forbidden, NotFound, Invalid (paths `lessons.<n>.<field>`)."""
    unit = unit_for(actor, perms.PLACE_MANAGE, unit.pk)
    errors, seen = [], set()
    for n, lesson in enumerate(lessons):
        if not 0 <= lesson.weekday <= 6:
            errors.append(FieldError(f"lessons.{n}.weekday", "range", _("星期应为周一到周日。")))
        if lesson.ends <= lesson.begins:
            errors.append(FieldError(f"lessons.{n}.ends", "before_begin", _("下课时间应晚于上课时间。")))
        if (lesson.weekday, lesson.period) in seen:
            errors.append(FieldError(f"lessons.{n}.period", "twice", _("同一天的同一节课出现了两次。")))
        seen.add((lesson.weekday, lesson.period))
    if errors:
        raise Invalid(errors)
    Lesson.objects.filter(unit=unit).delete()
    rows = Lesson.objects.bulk_create(
        Lesson(
            unit=unit,
            weekday=item.weekday,
            period=item.period,
            begins=item.begins,
            ends=item.ends,
            subject=item.subject.strip()[:40],
            teacher=item.teacher,
            place=item.place,
        )
        for item in lessons
    )
    write(actor, [Event("people.timetable.set", "unit", unit.pk, unit.pk, now, {"lessons": len(rows)})], now)
    return rows
