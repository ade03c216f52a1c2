"""Posts, rooms and timetables as rows of the sheets in which they come in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Q

from lianfang.exchange.tables import word_for
from lianfang.foundation.models import Unit
from lianfang.kernel.trees import ids_of_path
from lianfang.people.models import Lesson, Membership, Place, Post
from lianfang.people.reading import in_tree_order

STRUCTURE = ("campus", "building", "floor")

Row = dict[str, str]


def post_rows(units: Mapping[int, Unit], on: date) -> list[Row]:
    """Posts in force or to come, one a row. A role for which sheets have no word is left out."""
    posts = Post.objects.filter(unit_id__in=list(units), void_at=None).filter(Q(ends=None) | Q(ends__gt=on))
    numbers = dict(
        Membership.objects.in_force(on)
        .filter(unit_id__in=list(units), kind="staff")
        .exclude(number="")
        .values_list("person_id", "number")
    )
    rank = {unit.pk: n for n, unit in enumerate(in_tree_order(units.values()))}
    found = sorted(posts.select_related("person"), key=lambda post: (rank[post.unit_id], post.role, post.pk))
    return [
        {
            "number": numbers.get(post.person_id, ""),
            "name": post.person.name,
            "position": word_for("position", post.role),
            "held_at": units[post.unit_id].name,
            "begins": post.begins.isoformat(),
            "ends": post.ends.isoformat() if post.ends else "",
        }
        for post in found
        if word_for("position", post.role)
    ]


def room_rows(top: Unit, units: Mapping[int, Unit]) -> list[Row]:
    """Places of an institution, or those that the units below a smaller unit use. Seats belong to seat plans."""
    listed = (
        Place.objects.filter(unit=top)
        if top.level == "institution"
        else Place.objects.filter(used_by_id__in=list(units))
    )
    every = {place.pk: place for place in Place.objects.filter(unit_id__in=listed.values("unit_id").distinct())}
    names = dict(
        Unit.objects.filter(pk__in=[p.used_by_id for p in every.values() if p.used_by_id]).values_list("pk", "name")
    )
    rows = []
    for place in sorted(listed, key=lambda one: _way(one, every)):
        kind = word_for("place_kind", place.kind)
        if not kind:
            continue
        row = {
            "room": place.name,
            "room_kind": kind,
            "area": str(place.area_m2.normalize().to_eng_string()) if place.area_m2 is not None else "",
            "capacity": _text(place.capacity),
            "taps": _text(place.taps),
            "used_by": names.get(place.used_by_id or 0, ""),
        }
        for above in _above(place, every):
            if above.kind in STRUCTURE:
                row[above.kind] = above.name
        rows.append(row)
    return rows


def lesson_rows(units: Mapping[int, Unit]) -> list[Row]:
    """The weekly timetable of every class."""
    lessons = Lesson.objects.filter(unit_id__in=list(units)).select_related("teacher", "place")
    every = {place.pk: place for place in Place.objects.filter(unit_id__in=_institutions(units))}
    alike: dict[str, int] = {}
    for place in every.values():
        alike[place.name] = alike.get(place.name, 0) + 1
    rank = {unit.pk: n for n, unit in enumerate(in_tree_order(units.values()))}
    return [
        {
            "class": units[lesson.unit_id].name,
            "weekday": word_for("weekday", lesson.weekday),
            "period": str(lesson.period),
            "begins": f"{lesson.begins:%H:%M}",
            "ends": f"{lesson.ends:%H:%M}",
            "subject": lesson.subject,
            "teacher": lesson.teacher.name if lesson.teacher else "",
            "place": _called(lesson.place, every, alike) if lesson.place else "",
        }
        for lesson in sorted(lessons, key=lambda one: (rank[one.unit_id], one.weekday, one.period))
    ]


def _institutions(units: Mapping[int, Unit]) -> set[int]:
    return {pk for unit in units.values() for pk in unit.ancestor_ids}


def _above(place: Place, every: Mapping[int, Place]) -> list[Place]:
    ids = ids_of_path(place.path)
    return [every[pk] for pk in ids[:-1] if pk in every]


def _way(place: Place, every: Mapping[int, Place]) -> tuple[str, ...]:
    return (*(above.name for above in _above(place, every)), place.name)


def _called(place: Place, every: Mapping[int, Place], alike: Mapping[str, int]) -> str:
    return place.name if alike.get(place.name, 0) < 2 else " ".join(_way(place, every))


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
