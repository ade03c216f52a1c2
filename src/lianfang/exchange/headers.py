"""Finding the header of a school's sheet: title rows above it, one line or two, merged cells. Pure; tables are handed in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lianfang.exchange.rules import header_key

HEADER_ROWS = 15
_REMARK = re.compile(r"[（(【\[][^）)】\]]*[）)】\]]\s*[*＊]?\s*$")
_INFORMATION = re.compile(r"(?:基本)?(?:信息|情况|资料)$")

Merged = Sequence[tuple[int, int, int, int]]
"""Merged cells of a sheet: first row, first column, last row, last column, counted from 0."""


@dataclass(frozen=True, slots=True)
class SheetKind:
    """A kind of sheet: which fields it must have, and the header names of each field (the first is the one we write).

    `written` are the fields of a template; the others are understood, and written where there is something to say.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    read_only: frozenset[str] = frozenset()

    def header_of(self, name: str) -> str:
        return self.columns[name][0]

    @property
    def written(self) -> list[str]:
        return [name for name in self.columns if name not in self.read_only]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands (index of its last row), which column holds which field, and what stands there.

    `unused` are columns that nobody reads: their texts by index. `double`: two lines were read as one.
    """

    kind: SheetKind
    row: int
    columns: Mapping[str, int]
    texts: Mapping[str, str] = field(default_factory=dict)
    unused: Mapping[int, str] = field(default_factory=dict)
    double: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """One candidate: for each column the texts it may be called by, best first."""

    row: int
    names: Sequence[Sequence[str]]


def find_header(
    rows: Sequence[Sequence[str]],
    kinds: Iterable[SheetKind],
    merged: Merged = (),
    remembered: Mapping[str, Mapping[str, str]] | None = None,
    at: int | None = None,
) -> Header | None:
    """The first of the top 15 rows that names all the fields that some kind of sheet needs; the kind with most
    recognised columns wins. Two lines are read together where that recognises more than either alone.

    `remembered` says, by kind, what a school's own headers mean ("" passes a column over); `at` is the index of the
    row where the header is known to end.
    """
    known = [(kind, _names(kind, (remembered or {}).get(kind.name, {}))) for kind in kinds]
    top = list(rows[:HEADER_ROWS])
    if at is not None:
        candidates = [[line for line in (_single(top, at), _double(top, at - 1, merged)) if line is not None]]
    else:
        candidates = [
            [line for line in (_single(top, n), _double(top, n, merged), _single(top, n + 1)) if line is not None]
            for n in range(len(top))
        ]
    for lines in candidates:
        found = [_best(line, known) for line in lines]
        first = found[0]
        double = next((h for h, line in zip(found, lines, strict=True) if h is not None and _is_double(line)), None)
        if double is not None and all(
            other is None or other is double or len(other.columns) < len(double.columns) for other in found
        ):
            return double
        if first is not None:
            return first
    return None


def header_texts(rows: Sequence[Sequence[str]], at: int, merged: Merged = (), double: bool = False) -> list[str]:
    """What stands above each column when the header ends at row `at`.

    Both lines where the header was read so (`double`), or where a cell is merged over them.
    """
    top = list(rows[: max(at + 1, 0)])
    double = double or any(first < at <= last for first, _left, last, _right in merged)
    line = (_double(top, at - 1, merged) if double else None) or _single(top, at)
    return [names[0] if names else "" for names in line.names] if line is not None else []


def fields_of(texts: Sequence[str], kind: SheetKind, own: Mapping[str, str]) -> dict[int, str]:
    """Which column may hold which field, of a header that does not name all that is needed."""
    line = _Line(0, [[text] if text else [] for text in texts])
    return {column: name for name, column in _read(line, kind, _names(kind, own)).columns.items()}


def _names(kind: SheetKind, own: Mapping[str, str]) -> dict[str, str]:
    names = {header_key(name): field for field, listed in kind.columns.items() for name in listed}
    return {**names, **{key: field for key, field in own.items() if not field or field in kind.columns}}


def _single(rows: Sequence[Sequence[str]], at: int) -> _Line | None:
    if not 0 <= at < len(rows):
        return None
    return _Line(at, [[text] if text.strip() else [] for text in rows[at]])


def _double(rows: Sequence[Sequence[str]], at: int, merged: Merged) -> _Line | None:
    """Two lines: what stands above is part of the name of every column below it."""
    if at < 0 or at + 1 >= len(rows):
        return None
    width = max(len(rows[at]), len(rows[at + 1]))
    upper = [text.strip() for text in rows[at]] + [""] * (width - len(rows[at]))
    lower = [text.strip() for text in rows[at + 1]] + [""] * (width - len(rows[at + 1]))
    group = _spread(upper, lower, at, merged)
    names = []
    for own, above, below in zip(upper, group, lower, strict=True):
        if not below:
            names.append([own] if own else [])
            continue
        whole = [f"{_INFORMATION.sub('', above)} {below}"] if above else []
        names.append([*whole, *([own] if own else []), below])
    return _Line(at + 1, names)


def _spread(upper: list[str], lower: list[str], at: int, merged: Merged) -> list[str]:
    """The upper line with every merged cell filled; where a file knows no merged cells, to the right until the next."""
    group = list(upper)
    if merged:
        for first, left, last, right in merged:
            if first <= at <= last and left < len(group):
                group[left : right + 1] = [upper[left]] * (min(right, len(group) - 1) - left + 1)
        return group
    for column in range(1, len(group)):
        if not group[column] and lower[column] and lower[column - 1]:
            group[column] = group[column - 1]
    return group


def _is_double(line: _Line) -> bool:
    return any(len(names) > 1 for names in line.names)


def _best(line: _Line, known: Sequence[tuple[SheetKind, Mapping[str, str]]]) -> Header | None:
    best: Header | None = None
    for kind, fields in known:
        header = _read(line, kind, fields)
        complete = all(need in header.columns for need in kind.needs)
        if complete and (best is None or len(header.columns) > len(best.columns)):
            best = header
    return best


def _read(line: _Line, kind: SheetKind, fields: Mapping[str, str]) -> Header:
    columns: dict[str, int] = {}
    texts: dict[str, str] = {}
    unused: dict[int, str] = {}
    for column, names in enumerate(line.names):
        for name in names:
            meant = fields.get(header_key(name), fields.get(header_key(_REMARK.sub("", name))))
            if meant is not None:
                break
        else:
            meant = None
        if meant and meant not in columns:
            columns[meant], texts[meant] = column, name.strip()
        elif names and meant != "":
            unused[column] = names[0].strip()
    return Header(kind, line.row, columns, texts, unused, _is_double(line))
