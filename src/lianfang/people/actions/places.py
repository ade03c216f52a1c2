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
from lianfang.people import perms, rules
from lianfang.people.models import Lesson, Occupancy, Person, Place


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
    if place.kind not in rules.PLACE_KINDS:
        errors.append(FieldError("kind", "unknown", _("没有这种场所类型，请从列表中选择。")))
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
    """Add a place of an institution, below another place or at the top. `kind` is one of `rules.PLACE_KINDS`.

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
    place.save()
    place.path = f"{parent.path if parent else '/'}{place.pk}/"
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
def occupy(actor: Actor, now: datetime, *, person: Person, place: Place, begins: date) -> Occupancy:
    """A person sleeps or works in a place from a day on. A full room refuses. Raises Forbidden, NotFound, Invalid."""
    kept = _place(actor, place.pk)
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
