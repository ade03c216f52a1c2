"""From the chosen changes to the actions of `people` and `foundation`: units, people, posts, places, timetable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from lianfang.exchange.actions.rolling import end_old_classes, end_old_posts
from lianfang.exchange.models import RosterChange, RosterImport
from lianfang.exchange.planning.plan import needed_units
from lianfang.exchange.rows import content_of, roster_row
from lianfang.exchange.rules import plain
from lianfang.foundation.actions import create_unit
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.kernel.trees import ids_of_path
from lianfang.people import actions as people
from lianfang.people.actions import NewLesson
from lianfang.people.models import Lesson, Person, Place, Post
from lianfang.rulepacks import packs

Json = Mapping[str, Any]


class Carrying:
    """One commit. The import was permitted; what follows from it is done as a consequence."""

    def __init__(self, actor: Actor, now: datetime, row: RosterImport, institution: Unit) -> None:
        self.actor = replace(actor, system=True)
        self.now = now
        self.row = row
        self.institution = institution
        self.units: dict[str, int] = {}
        self.persons: dict[tuple[str, int], int] = {}
        self.places: dict[tuple[str, ...], Place] = {}
        self.counts: dict[str, int] = {}

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def make_units(self, proposed: Sequence[Json], whole: bool) -> None:
        """The units that what is carried out needs; of a rollover all of them, the empty first grade too."""
        made: dict[str, Unit] = {}
        for new in self.row.new_units if whole else needed_units(self.row.new_units, proposed):
            parent = made.get(new["parent_key"]) or Unit.objects.filter(pk=new["parent_id"]).first() or self.institution
            made[new["key"]] = create_unit(
                self.actor,
                self.now,
                parent=parent,
                kind=new["kind"],
                level=new["level"],
                name=new["name"],
                grade=new["grade"],
                order=new["order"] or 0,
                begins=self.row.effective,
            )
        self.units = {key: unit.pk for key, unit in made.items()}
        if made:
            self.count("units", len(made))

    def unit_id(self, ref: Json | None) -> int | None:
        if not ref:
            return None
        return int(ref["id"]) if ref["id"] else self.units[str(ref["new"])]

    def people(self, chosen: Sequence[RosterChange], progress: Callable[[int, int], None] | None) -> None:
        rows, made_by = [], []
        for change in chosen:
            row = roster_row(change, self.row.effective, self.units)
            if row is not None:
                rows.append(row)
                made_by.append((change.sheet, change.row))
        rolling = self.row.source == RosterImport.Source.ROLLOVER
        over = [c for c in chosen if c.kind == "leave" or (c.kind == "graduate" and c.decision != "decline")]
        outcome = people.apply_roster(
            self.actor,
            self.now,
            institution=self.institution,
            rows=rows,
            leavers=[c.membership_id for c in over if c.membership_id is not None],
            leave_on=self.row.effective if rolling else None,
            progress=progress,
        )
        self.persons = dict(zip(made_by, outcome.person_ids, strict=True))
        for what, number in outcome.counts().items():
            self.count(what, number)

    def posts(self, contents: Sequence[Json]) -> None:
        """Posts with their own days. Who holds a post that only one can hold gives it up on the day the next begins."""
        wanted = [(one["post"]["person"], said) for one in contents if "post" in one for said in one["post"]["posts"]]
        for ref, said in wanted:
            begins, ends = date.fromisoformat(said["begins"]), _day(said["ends"])
            if said["id"] is not None:
                people.end_post(self.actor, self.now, post=Post.objects.get(pk=said["id"]), ends=ends or begins)
                continue
            person_id, unit_id = self._person(ref), self.unit_id(said["unit"])
            if person_id is None or unit_id is None:
                continue  # the row that would have made the person was declined
            held = Post.objects.filter(unit_id=unit_id, role=said["role"], void_at=None, ends=None)
            role = packs().roles.get(said["role"])
            if role is not None and role.single and (ends is None or ends > self.row.effective):
                for post in held.exclude(person_id=person_id):
                    people.end_post(self.actor, self.now, post=post, ends=max(begins, post.begins))
            person, unit = Person.objects.get(pk=person_id), Unit.objects.get(pk=unit_id)
            people.assign_post(
                self.actor, self.now, person=person, unit=unit, role=said["role"], begins=begins, ends=ends
            )
            self.count("posts")

    def _person(self, ref: Json | None) -> int | None:
        if not ref:
            return None
        return int(ref["id"]) if "id" in ref else self.persons.get((str(ref["sheet"]), int(ref["row"])))

    def rooms(self, contents: Sequence[Json]) -> None:
        wanted = [one["place"] for one in contents if "place" in one]
        self._know_places()
        for said in wanted:
            used_by = self.unit_id(said["used_by"])
            fields: dict[str, Any] = {"kind": said["kind"]}
            fields |= {"area_m2": Decimal(said["area"])} if said["area"] else {}
            fields |= {name: int(Decimal(said[name])) for name in ("capacity", "taps") if said[name]}
            fields |= {"used_by": Unit.objects.get(pk=used_by)} if used_by else {}
            parent: Place | None = None
            path: tuple[str, ...] = ()
            if said["id"] is not None:
                kept = Place.objects.get(pk=said["id"])
                people.update_place(self.actor, self.now, place=kept, **fields)
                self.count("places_changed")
                continue
            for kind, name in said["above"]:
                path = (*path, plain(name))
                if path not in self.places:
                    self._add(path, kind=kind, name=name, parent=parent)
                parent = self.places[path]
            path = (*path, plain(said["name"]))
            known = self.places.get(path)
            if known is not None:  # an earlier row stood below it
                people.update_place(self.actor, self.now, place=known, **fields)
            else:
                self._add(path, name=said["name"], parent=parent, **fields)

    def _add(self, path: tuple[str, ...], **fields: Any) -> None:
        self.places[path] = people.add_place(self.actor, self.now, unit=self.institution, **fields)
        self.count("places")

    def _know_places(self) -> None:
        rows = {place.pk: place for place in Place.objects.filter(unit=self.institution)}
        for place in rows.values():
            ids = ids_of_path(place.path)
            self.places[tuple(plain(rows[pk].name) for pk in ids if pk in rows)] = place

    def lessons(self, changes: Sequence[RosterChange], chosen: Sequence[RosterChange]) -> None:
        """The whole timetable of every class in which something changes."""
        carried = {change.pk for change in chosen}
        touched: dict[int, dict[tuple[int, int], Json | None]] = {}
        rows = [(c, content_of(c).get("row") or {}) for c in changes if c.subject == "lesson" and c.kind != "error"]
        for change, content in rows:
            if change.pk not in carried:
                continue
            said = content.get("lesson") or content.get("drop") or {}
            unit_id = self.unit_id(said.get("unit"))
            if unit_id is not None:
                slot = (int(said["weekday"]), int(said["period"]))
                touched.setdefault(unit_id, {})[slot] = content.get("lesson")
        if touched and not self.places:
            self._know_places()
        units = Unit.objects.in_bulk(list(touched))
        for unit_id, slots in touched.items():
            kept = Lesson.objects.filter(unit_id=unit_id).select_related("teacher", "place")
            lessons = {(old.weekday, old.period): _again(old) for old in kept}
            for slot, lesson in slots.items():
                lessons.pop(slot, None)
                if lesson is not None:
                    lessons[slot] = self._lesson(slot, lesson)
            listed = [lesson for _slot, lesson in sorted(lessons.items())]
            people.set_lessons(self.actor, self.now, unit=units[unit_id], lessons=listed)
            self.count("timetables")

    def _lesson(self, slot: tuple[int, int], said: Json) -> NewLesson:
        person_id, place = self._person(said["teacher"]), said["place"]
        found: Place | None = None
        if place:
            found = (
                Place.objects.filter(pk=place["id"]).first() if place["id"] else self.places.get(tuple(place["path"]))
            )
        return NewLesson(
            weekday=slot[0],
            period=slot[1],
            begins=time.fromisoformat(said["begins"]),
            ends=time.fromisoformat(said["ends"]),
            subject=said["subject"],
            teacher=Person.objects.filter(pk=person_id).first() if person_id else None,
            place=found,
        )


def _again(old: Lesson) -> NewLesson:
    return NewLesson(old.weekday, old.period, old.begins, old.ends, old.subject, old.teacher, old.place)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def carry_out(
    actor: Actor,
    now: datetime,
    row: RosterImport,
    institution: Unit,
    changes: Sequence[RosterChange],
    chosen: Sequence[RosterChange],
    progress: Callable[[int, int], None] | None,
) -> dict[str, int]:
    """Do what was chosen of a changeset, inside the caller's transaction. Returns the figures of the outcome."""
    doing = Carrying(actor, now, row, institution)
    contents = [content_of(change).get("row") or {} for change in chosen]
    rolling = row.source == RosterImport.Source.ROLLOVER
    if rolling:
        doing.count("classes_ended", end_old_classes(doing.actor, now, row))
    doing.make_units(contents, rolling)
    doing.people(chosen, progress)
    doing.posts(contents)
    if rolling:
        doing.count("posts_ended", end_old_posts(doing.actor, now, row))
    doing.rooms(contents)
    doing.lessons(changes, chosen)
    return doing.counts
