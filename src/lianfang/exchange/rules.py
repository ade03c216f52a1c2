"""How cells of a school's sheet are read: headers, classes, days, words. Pure; the tables are handed in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

_IGNORED_IN_HEADERS = re.compile(r"[\s*:_\-（）()\[\]【】\"'“”]+")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?")
_DAY_SHORT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_REMARK = re.compile(r"[（(【\[][^）)】\]]*[）)】\]]\s*[*＊]?\s*$")
HEADER_ROWS = 15
EXCEL_EPOCH = date(1899, 12, 30).toordinal()


def plain(text: str) -> str:
    """For comparing words: NFKC, no white space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def header_key(text: str) -> str:
    """For comparing headers: also without brackets, stars, dashes and quotes."""
    return _IGNORED_IN_HEADERS.sub("", plain(text))


@dataclass(frozen=True, slots=True)
class SheetKind:
    """A kind of sheet: which fields it must have, and the header names of each field (the first is the one we write)."""

    name: str
    title: str
    needs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]

    def header_of(self, name: str) -> str:
        return self.columns[name][0]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands (index of its row) and which column holds which field."""

    kind: SheetKind
    row: int
    columns: Mapping[str, int]


def find_header(rows: Sequence[Sequence[str]], kinds: Iterable[SheetKind]) -> Header | None:
    """The first of the top 15 rows that names all the fields that some kind of sheet needs; the kind with most
    recognised columns wins. Title rows above are passed over."""
    known = [(kind, {header_key(n): f for f, names in kind.columns.items() for n in names}) for kind in kinds]
    for index, row in enumerate(rows[:HEADER_ROWS]):
        best: Header | None = None
        for kind, fields in known:
            found: dict[str, int] = {}
            for column, text in enumerate(row):
                name = fields.get(header_key(text)) or fields.get(header_key(_REMARK.sub("", text)))
                if name is not None and name not in found:
                    found[name] = column
            complete = all(need in found for need in kind.needs)
            if complete and (best is None or len(found) > len(best.columns)):
                best = Header(kind, index, found)
        if best is not None:
            return best
    return None


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
    if re.fullmatch(r"\d{5}", typed) and 10_000 <= int(typed) <= 60_000:
        return date.fromordinal(EXCEL_EPOCH + int(typed))
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


DECIDED_BY_A_PERSON = frozenset({"move", "leave"})
"""Kinds of change that are never carried out without somebody's word."""


def is_carried_out(kind: str, decision: str) -> bool:
    """Whether a row of the changeset is part of the import: good rows unless declined, moves and leavers if accepted."""
    if kind in DECIDED_BY_A_PERSON:
        return decision == "accept"
    return kind in ("create", "update", "second") and decision != "decline"
