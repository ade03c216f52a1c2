"""How cells of a school's sheet are read: headers, classes, days, words. Pure; the tables are handed in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time

_IGNORED_IN_HEADERS = re.compile(r"[\s*:_\-（）()\[\]【】\"'“”]+")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?")
_DAY_SHORT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
EXCEL_EPOCH = date(1899, 12, 30).toordinal()


def plain(text: str) -> str:
    """For comparing words: NFKC, no white space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def header_key(text: str) -> str:
    """For comparing headers: also without brackets, stars, dashes and quotes."""
    return _IGNORED_IN_HEADERS.sub("", plain(text))


def parse_day(text: str) -> date | None:
    """A day as people and spreadsheets write it: 2017-03-15, 2017/3/5, 2017.3.5, 2017年3月5日, 20170315, 42809.

    None for an empty cell. Raises ValueError for anything that is not a day.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return None
    match = _DAY.fullmatch(typed) or _DAY_SHORT.fullmatch(typed)
    if match:
        return date(int(match[1]), int(match[2]), int(match[3]))
    if re.fullmatch(r"\d{5}(?:\.0)?", typed) and 10_000 <= int(typed[:5]) <= 60_000:
        return date.fromordinal(EXCEL_EPOCH + int(typed[:5]))
    raise ValueError(typed)


@dataclass(frozen=True, slots=True)
class ClassTable:
    """How classes are written (data/class_names.yaml), compiled."""

    patterns: tuple[re.Pattern[str], ...]
    grades: tuple[re.Pattern[str], ...]
    numbers: tuple[re.Pattern[str], ...]
    numerals: Mapping[str, int]
    stages: Mapping[str, int]
    grade_names: Mapping[int, str]
    class_name: str


@dataclass(frozen=True, slots=True, order=True)
class ClassKey:
    """A class by grade (1-12) and number within it."""

    grade: int
    number: int


@dataclass(frozen=True, slots=True)
class School:
    """What is needed to turn a year of entry into a grade: the school year that a day lies in (its first calendar
    year) and the grade below the school's first (0 primary, 6 junior, 9 senior)."""

    year: int
    base: int = 0

    @classmethod
    def on(cls, day: date, base: int = 0) -> School:
        """School years begin in August."""
        return cls(day.year if day.month >= 8 else day.year - 1, base)

    def grade_of_entry(self, entry: int) -> int:
        return self.year - entry + 1 + self.base


def parse_class(text: str, table: ClassTable, school: School, grade: str = "") -> ClassKey | None:
    """The class that a cell names, with the grade of a column beside it where there is one; None when unreadable."""
    typed = plain(text)
    if grade:
        level = parse_grade(grade, table, school)
        number = _first(table.numbers, typed)
        if level is not None and number is not None:
            return _key(level, _number(number["number"], table))
    match = _first(table.patterns, typed)
    if match is None:
        return None
    return _key(_grade(match, table, school), _number(match["number"], table))


def parse_grade(text: str, table: ClassTable, school: School) -> int | None:
    """The grade (1-12) that a cell names; None when unreadable."""
    match = _first(table.grades, plain(text))
    level = _grade(match, table, school) if match else None
    return level if level is not None and 1 <= level <= 12 else None


def _first(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.fullmatch(text))), None)


def _key(grade: int | None, number: int | None) -> ClassKey | None:
    if grade is None or number is None or not 1 <= grade <= 12 or not 1 <= number <= 99:
        return None
    return ClassKey(grade, number)


def _number(text: str, table: ClassTable) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else table.numerals.get(text)


def _grade(match: re.Match[str], table: ClassTable, school: School) -> int | None:
    groups = match.groupdict()
    if groups.get("entry"):
        return school.grade_of_entry(int(groups["entry"]))
    number = _number(groups["grade"], table)
    return None if number is None else number + table.stages.get(groups.get("stage") or "", 0)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of cells → codes (data/values.yaml), keys by `plain`."""

    sex: Mapping[str, str]
    id_type: Mapping[str, str]
    relation: Mapping[str, str]
    status: Mapping[str, str]
    position: Mapping[str, str] = field(default_factory=dict)
    held_at: Mapping[str, str] = field(default_factory=dict)
    place_kind: Mapping[str, str] = field(default_factory=dict)
    weekday: Mapping[str, int] = field(default_factory=dict)
    unit_kind: Mapping[str, str] = field(default_factory=dict)

    def positions(self, text: str) -> list[str]:
        """The roles that a cell of posts names ("班主任、语文教师" names two); words that name none are passed over."""
        found = []
        for part in re.split(r"[、,，;；/+和兼\n]+", text):
            typed = plain(part)
            role = self.position.get(typed) or next(
                (code for word, code in self.position.items() if len(word) > 1 and typed.endswith(word)), None
            )
            if role and role not in found:
                found.append(role)
        return found


def similar_names(one: str, other: str) -> bool:
    """Whether two name keys may be two spellings of one name: at least half of the longer stands in both, in order."""
    shorter, longer = sorted((one, other), key=len)
    if not shorter:
        return False
    return 2 * _in_order(longer, shorter) >= len(longer)


def _in_order(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    before = [0] * (len(other) + 1)
    for letter in one:
        now = [0]
        for n, there in enumerate(other):
            now.append(before[n] + 1 if letter == there else max(before[n + 1], now[n]))
        before = now
    return before[-1]


def ancestors_that_loop(parents: Mapping[str, str]) -> set[str]:
    """Of nodes with the node above each ("" or one that is not listed at the top), those that are their own ancestors."""
    found: set[str] = set()
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        node = start
        while node in parents and node not in settled and node not in path:
            path.append(node)
            node = parents[node]
        if node in path:
            found.update(path[path.index(node) :])
        settled.update(path)
    return found


_TIME = re.compile(r"(\d{1,2})[:点时.](\d{1,2})分?(?::00)?")


def parse_time(text: str) -> time | None:
    """A time of day: 08:30, 8:30, 8点30分, 08:30:00, or the fraction of a day that a spreadsheet keeps (0.3541666).

    None for an empty cell. Raises ValueError for anything else.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return None
    if re.fullmatch(r"0\.\d{3,}", typed):
        minutes = round(float(typed) * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    match = _TIME.fullmatch(typed)
    if not match:
        raise ValueError(typed)
    return time(int(match[1]), int(match[2]))


def class_lists(text: str) -> list[str]:
    """The classes of a cell that names several."""
    return [part.strip() for part in re.split(r"[、,，;；\n]+", text) if part.strip()]


TRANSITIONS: Mapping[str, frozenset[str]] = {
    "uploaded": frozenset({"preview", "cancelled"}),
    "preview": frozenset({"preview", "queued", "committed", "cancelled"}),
    "queued": frozenset({"committing", "preview", "committed"}),
    "committing": frozenset({"committed", "preview"}),
    "committed": frozenset(),
    "cancelled": frozenset(),
}
"""Life of an import. A commit that failed goes back to `preview` with nothing stored."""


def may_become(state: str, wanted: str) -> bool:
    return wanted in TRANSITIONS[state]


DECIDED_BY_A_PERSON = frozenset({"doubt", "merge", "move", "leave"})
"""Kinds of change that are never carried out without somebody's word."""
DECIDABLE = DECIDED_BY_A_PERSON | {"create", "update", "second", "promote", "graduate"}
"""Kinds about which a word can be said at all."""


def is_carried_out(kind: str, decision: str) -> bool:
    """Whether a row of the changeset is part of the import: good rows unless declined, moves and leavers if accepted.

    A proposed merge is carried out either way, once decided (the same person, or another); a declined promotion or
    graduation means that the pupil repeats the year.
    """
    if kind == "merge":
        return bool(decision)
    if kind in DECIDED_BY_A_PERSON:
        return decision == "accept"
    if kind in ("promote", "graduate"):
        return True
    return kind in ("create", "update", "second") and decision != "decline"
