"""From sheets to rows: which sheets are understood, which columns they have, where their rows begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lianfang.exchange.planning.changes import Row
from lianfang.exchange.rules import find_header
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


def read_rows(sheets: Sequence[Sheet]) -> tuple[list[Row], dict[str, Any]]:
    """Rows of every recognised sheet in order, without empty ones, and the mapping that was found.

    Raises InputError (`file.no_header`, `file.no_rows`).
    """
    rows: list[Row] = []
    mapping: dict[str, Any] = {}
    for sheet in sheets:
        header = find_header(sheet.rows, sheet_kinds())
        if header is None:
            continue
        texts = {name: sheet.rows[header.row][column].strip() for name, column in header.columns.items()}
        mapping[sheet.name] = {"kind": header.kind.name, "row": header.row + 1, "columns": texts}
        for index, line in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2):
            cells = {
                name: line[column].strip()
                for name, column in header.columns.items()
                if column < len(line) and line[column].strip()
            }
            if cells and any(value != texts.get(name) for name, value in cells.items()):
                rows.append(Row(sheet.name[:40], header.kind.name, index, cells, texts))
    if not mapping:
        raise InputError("file.no_header", NO_HEADER)
    if not rows:
        raise InputError("file.no_rows", NO_ROWS)
    return rows, mapping
