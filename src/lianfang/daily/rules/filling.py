"""What a roll shows of a person before anybody touches the row: from where, and how the absence goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lianfang.daily.rules.marks import ABSENT, LEFT_EARLY, Mark

Source = Literal["notice", "left", "class_absent", "carried", "none"]
FREE_OF_DETAIL = frozenset({"vehicle"})


@dataclass(frozen=True, slots=True)
class Filling:
    """What is known of one person at a session.

    `notice`: a report of this day says that the person does not come. `well_reported`: a report says that all is well.
    `left`: went home before this session. `class_word`: the class said absent or here at its last check of this day
    ("" when it was not called or the roll is the class's own). `carried`: absent at this group's last check.
    """

    notice: bool = False
    well_reported: bool = False
    left: bool = False
    class_word: Literal["absent", "here", ""] = ""
    carried: bool = False


def source_of(known: Filling) -> Source:
    """From where the row is filled in; the first that holds.

    | known | filled in from |
    |---|---|
    | today's notice of absence | the notice |
    | left before this session | leaving |
    | absent at the class's check today | that check |
    | absent at the last check here, and neither the class nor a report says otherwise | that check |
    """
    if known.notice:
        return "notice"
    if known.left:
        return "left"
    if known.class_word == "absent":
        return "class_absent"
    if known.carried and known.class_word != "here" and not known.well_reported:
        return "carried"
    return "none"


def carried_on(mark: Mark, level: str) -> Mark:
    """An absence as it stands at a later roll: no reading, no note, no answers; on a bus no detail of the illness."""
    if level in FREE_OF_DETAIL:
        return Mark(person_id=mark.person_id, presence=ABSENT, cause=mark.cause, counts_as=mark.counts_as)
    return replace(mark, presence=ABSENT, temperature=None, site="", instrument="", fever=False, note="", answers=())


def left_mark(person_id: int, cause: str, own_group: bool, counts_as: str | None) -> Mark:
    """Who left early: at a later session of the same group as one who left, at another group's as absent."""
    if own_group:
        return Mark(person_id=person_id, presence=LEFT_EARLY)
    return Mark(person_id=person_id, presence=ABSENT, cause=cause, counts_as=counts_as)  # type: ignore[arg-type]


def missing(marks: dict[int, Mark] | None, explained: frozenset[int] = frozenset()) -> list[int]:
    """Persons who are not here and nobody knows why: absent with a cause that counts as unknown, not explained by a
    notice, the class or an early leave of the day."""
    return sorted(
        person
        for person, mark in (marks or {}).items()
        if mark.absent and mark.counts_as == "unknown" and person not in explained
    )
