"""Rotation, who is on duty at an hour, and whether a shift may go to somebody else. Pure; instants aware, days local."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from lianfang.kernel.calendar import SchoolCalendar
from lianfang.kernel.clock import at_local

LONGEST = timedelta(days=200)
MOST_SLOTS = 6
MOST_PEOPLE = 60
EARLY = timedelta(minutes=60)
AFTERWARDS = timedelta(hours=24)
# Roles that are held by shifts. Each is a post below the principal's (`rules.HANDS_OVER`).
SHIFT_ROLES = ("leader_on_duty", "gate_guard", "school_nurse", "dormitory_keeper")


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours of a day in local time. An end at or before the beginning is the next day's."""

    name: str
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Held:
    """A shift as the rules see it; `person` is the account's id."""

    begins: datetime
    ends: datetime
    person: int
    id: int = 0

    def meets(self, other: Held) -> bool:
        """Whether the two share an instant."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(frozen=True, slots=True)
class Planned(Held):
    """A shift of a plan: its day and the name of its slot."""

    day: date = date.min
    name: str = ""


def slot_hours(slot: Slot, day: date, time_zone: str) -> tuple[datetime, datetime]:
    """When a slot of a local day begins and ends. A day of a changed clock is as long as it is."""
    last = day if slot.ends > slot.begins else day + timedelta(days=1)
    return at_local(day, slot.begins, time_zone), at_local(last, slot.ends, time_zone)


def slots_overlap(slots: Sequence[Slot], *, daily: bool = True) -> bool:
    """Whether two slots of one day, or of two days in a row, share an hour."""
    minutes = [(s.begins.hour * 60 + s.begins.minute, s.ends.hour * 60 + s.ends.minute) for s in slots]
    spans = [(a, b if b > a else b + 1440) for a, b in minutes]
    again = [(a + 1440, b + 1440) for a, b in spans] if daily else []
    listed = sorted([*spans, *again])
    return any(first[1] > second[0] for first, second in itertools.pairwise(listed))


def wanted_days(kind: str, calendar: SchoolCalendar, begins: date, ends: date) -> list[date]:
    """Days from `begins` until before `ends` on which a plan has shifts: school days, days off, or every day."""
    days = [begins + timedelta(days=n) for n in range((ends - begins).days)]
    if kind == "every":
        return days
    return [day for day in days if calendar.is_school_day(day) == (kind == "school")]


def rotate(
    days: Sequence[date],
    slots: Sequence[Slot],
    people: Sequence[int],
    turn: Literal["shift", "day", "week"],
    time_zone: str,
) -> list[Planned]:
    """Every slot of every day, given out in the order of `people`: the next one after each shift, day or week.

    With `turn` shift and more than one slot, the order moves on by one more each round that would give everybody the
    same slot again, so that nights go round. Raises ValueError without people or slots.
    """
    if not people or not slots:
        raise ValueError("a rotation needs people and slots")
    ordered = sorted(slots, key=lambda s: s.begins)
    shifts: list[Planned] = []
    place, week = -1, None
    for number, day in enumerate(days):
        this_week = day.isocalendar()[:2]
        if turn == "day" or (turn == "week" and this_week != week):
            place += 1
        week = this_week
        for index, slot in enumerate(ordered):
            if turn == "shift":
                count = number * len(ordered) + index
                rounds = count // len(people)
                place = count + (rounds if len(people) % len(ordered) == 0 and len(ordered) > 1 else 0)
            begins, ends = slot_hours(slot, day, time_zone)
            shifts.append(Planned(begins, ends, people[place % len(people)], 0, day, slot.name))
    return shifts


def next_of(people: Sequence[int], counts: Mapping[int, int]) -> int:
    """Whose turn it is on a day that was added: the fewest shifts so far, the order of the plan among equals."""
    return min(people, key=lambda person: (counts.get(person, 0), people.index(person)))


def on_duty(shifts: Iterable[Held], now: datetime) -> tuple[int, ...]:
    """Who is on duty at an instant. From the beginning on, until before the end."""
    return tuple(dict.fromkeys(s.person for s in shifts if s.begins <= now < s.ends))


def gaps(shifts: Iterable[Held], begins: datetime, ends: datetime) -> list[tuple[datetime, datetime]]:
    """Stretches between two instants that no shift covers."""
    found, reached = [], begins
    for shift in sorted(shifts, key=lambda s: s.begins):
        if shift.begins >= ends:
            break
        if shift.begins > reached:
            found.append((reached, shift.begins))
        reached = max(reached, shift.ends)
    if reached < ends:
        found.append((reached, ends))
    return found


def doubled(shifts: Sequence[Held]) -> set[int]:
    """Ids of shifts whose person has another shift at the same time."""
    found: set[int] = set()
    by_person: dict[int, list[Held]] = {}
    for shift in shifts:
        by_person.setdefault(shift.person, []).append(shift)
    for own in by_person.values():
        own.sort(key=lambda s: s.begins)
        for place, first in enumerate(own):
            for second in own[place + 1 :]:
                if second.begins >= first.ends:
                    break
                found |= {first.id, second.id}
    return found


Fault = Literal["past", "same_person", "not_in_post", "busy", "other_busy", "other_past", "other_role"]


@dataclass(frozen=True, slots=True)
class Move:
    """A shift going to somebody else. `other` is given in return. `schedules` are all shifts of the two people,
    `in_post` says whether each may hold the role in the hours of what they would get."""

    shift: Held
    to_person: int
    other: Held | None
    same_role: bool
    in_post: bool
    schedules: tuple[Held, ...]


def move_fault(move: Move, now: datetime, *, asked: bool) -> Fault | None:
    """Why a shift cannot go to somebody else, or None. One that began can only be ordered, one that ended not at all."""
    begun = move.shift.begins if asked else move.shift.ends
    if begun <= now:
        return "past"
    if move.other is not None:
        if (move.other.begins if asked else move.other.ends) <= now:
            return "other_past"
        if not move.same_role:
            return "other_role"
    if move.to_person == move.shift.person:
        return "same_person"
    if not move.in_post:
        return "not_in_post"
    given = {move.shift.id, move.other.id if move.other else 0}
    kept = [s for s in move.schedules if s.id not in given]
    if any(s.meets(move.shift) for s in kept if s.person == move.to_person):
        return "busy"
    if move.other is not None and any(s.meets(move.other) for s in kept if s.person == move.shift.person):
        return "other_busy"
    return None


def may_confirm(shift: Held, now: datetime) -> bool:
    """Whether somebody may say to be on post: from an hour before the beginning until the end."""
    return shift.begins - EARLY <= now < shift.ends


def may_hand_over(shift: Held, now: datetime) -> bool:
    """Whether a hand-over note may be written: from the beginning until a day after the end."""
    return shift.begins <= now < shift.ends + AFTERWARDS
