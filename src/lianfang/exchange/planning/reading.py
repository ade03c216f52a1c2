"""From sheets to rows: which sheets are understood, which columns they have, where their rows begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lianfang.exchange.headers import Header, find_header
from lianfang.exchange.planning.changes import Row
from lianfang.exchange.sheets import Sheet
from lianfang.exchange.tables import sheet_kinds
from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

NO_HEADER = Label(
    "没有找到名册的表头。学生表至少要有“姓名”和“班级”两列，教职工表要有“姓名”和“岗位”；可以先下载模板对照。",
    "No header of a roster was found. A pupils' sheet needs at least the columns 姓名 (name) and 班级 (class), a "
    "staff sheet 姓名 and 岗位 (post). The template shows them.",
)
NO_ROWS = Label("表头下面没有内容。请检查是否选对了文件。", "There is nothing below the header. Is it the right file?")
REPEATED = frozenset({"class", "grade", "department", "dormitory", "campus", "building", "floor"})
"""Fields whose merged cells mean every row that they cover."""

Remembered = Mapping[str, Mapping[str, str]]
Said = Mapping[str, Mapping[str, Any]]


def read_rows(
    sheets: Sequence[Sheet], remembered: Remembered | None = None, said: Said | None = None
) -> tuple[list[Row], dict[str, Any]]:
    """Rows of every recognised sheet in order, without empty ones, and the mapping that was found.

    `remembered`: what the school's own headers mean, by kind of sheet. `said`: by sheet, what somebody said it is
    (`kind`, and `row` of the header as a spreadsheet counts). Raises InputError (`file.no_header`, `file.no_rows`).
    """
    rows: list[Row] = []
    mapping: dict[str, Any] = {}
    for sheet in sheets:
        header = header_of(sheet, remembered, (said or {}).get(sheet.name, {}))
        if header is None:
            continue
        mapping[sheet.name] = {
            "kind": header.kind.name,
            "row": header.row + 1,
            "columns": dict(header.texts),
            "unused": sorted(set(header.unused.values())),
        }
        rows += _rows(sheet, header)
    if not mapping:
        raise InputError("file.no_header", NO_HEADER)
    if not rows:
        raise InputError("file.no_rows", NO_ROWS)
    return rows, mapping


def header_of(sheet: Sheet, remembered: Remembered | None, said: Mapping[str, Any]) -> Header | None:
    """The header of one sheet; None where it is not understood, or where somebody said that it is no roster."""
    if said.get("kind") == "none":
        return None
    kinds = [kind for kind in sheet_kinds() if said.get("kind") in (None, "", kind.name)]
    at = int(said["row"]) - 1 if said.get("row") else None
    return find_header(sheet.rows, kinds, sheet.merged, remembered, at)


def _rows(sheet: Sheet, header: Header) -> list[Row]:
    spread = _spread(sheet, header)
    texts = dict(header.texts)
    found = []
    for index, line in enumerate(sheet.rows[header.row + 1 :], start=header.row + 1):
        cells = {
            name: line[column].strip()
            for name, column in header.columns.items()
            if column < len(line) and line[column].strip()
        }
        if not cells or all(value == texts.get(name) for name, value in cells.items()):
            continue
        for name, text in spread.get(index, {}).items():
            cells.setdefault(name, text)
        found.append(Row(sheet.name[:40], header.kind.name, index + 1, cells, texts))
    return found


def _spread(sheet: Sheet, header: Header) -> dict[int, dict[str, str]]:
    """What merged cells below the header say for the rows that they cover."""
    fields = {column: name for name, column in header.columns.items() if name in REPEATED}
    found: dict[int, dict[str, str]] = {}
    done: dict[int, int] = {}  # merged cells of one column never overlap; a file that says so is not followed
    for first, left, last, _right in sorted(sheet.merged):
        if left not in fields or first <= max(header.row, done.get(left, 0)) or first >= len(sheet.rows):
            continue
        done[left] = last
        line = sheet.rows[first]
        text = line[left].strip() if left < len(line) else ""
        if text:
            for index in range(first + 1, min(last, len(sheet.rows) - 1) + 1):
                found.setdefault(index, {})[fields[left]] = text
    return found
