"""How a school year turns: grades move up, classes keep their number, pupils are dealt to classes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lianfang.exchange.rules import ClassKey, ClassTable, School, parse_class

MONTHS = range(6, 10)
"""A school year is opened between June and September."""


def year_opened(effective: date) -> int:
    """The school year that begins on or about a day, by its first calendar year."""
    return effective.year


def school_years(effective: date, base: int) -> tuple[School, School]:
    """How years of entry count before and after."""
    year = year_opened(effective)
    return School(year - 1, base), School(year, base)


def last_grade(base: int, kind: str, grades: Iterable[int]) -> int:
    """The grade after which pupils graduate: of a kindergarten the third, else the end of the highest stage it has."""
    if kind == "kindergarten":
        return 3
    highest = max([base + 1, *grades])
    return next(end for end in (6, 9, 12) if highest <= end)


def promoted_name(name: str, key: ClassKey, table: ClassTable, school: School) -> str:
    """What a class is called a year later, written as the school writes it; the usual form where that cannot be told.

    "三（1）班" → "四（1）班", "302" → "402", "2024级2班" stays, "2026级1班" of the first grade → "2027级1班".
    """
    words = {number: word for word, number in table.numerals.items()}
    tries = [name]
    for number in range(1, 13):
        tries += [
            name.replace(old, new, 1)
            for old, new in ((words[number], words[number + 1]), (str(number), str(number + 1)))
            if old in name
        ]
    tries += [name.replace(str(year), str(year + 1), 1) for year in range(school.year - 13, school.year + 1)]
    for tried in tries:
        if parse_class(tried, table, school) == key:
            return tried
    return table.class_name.format(grade=table.grade_names[key.grade], number=key.number)


@dataclass(frozen=True, slots=True)
class Pupil:
    """What is looked at when pupils are dealt to classes. `rank` keeps the order stable (number, then id)."""

    id: int
    sex: str
    rank: tuple[str, int]


def deal(pupils: Sequence[Pupil], classes: Sequence[int]) -> Mapping[int, int]:
    """A proposed split: pupil → class, sizes alike to one and girls and boys spread evenly, the same every time.

    Pupils of one sex after the other are handed out like cards, turning round at the end of each row.
    """
    if not classes:
        return {}
    order = sorted(pupils, key=lambda pupil: (pupil.sex, pupil.rank))
    found = {}
    for n, pupil in enumerate(order):
        turn, place = divmod(n, len(classes))
        found[pupil.id] = classes[place if turn % 2 == 0 else len(classes) - 1 - place]
    return found
