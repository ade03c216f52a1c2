"""Roster files as schools send them and as nobody should: bytes made here, each with the changeset that it must give.

The school is that of `tests.people.cast`: 林小雨 (20260101, with an ID number) and 王一诺 (20260102) in 三年级（1）班,
张浩然 (20260201) in 三年级（2）班.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter

from tests.exchange.sheetmaking import workbook
from tests.people.cast import id_number

LIN_ID = id_number(sequence=121)
CLASS = "三年级（1）班"
HEAD = ["学号", "姓名", "性别", "身份证号", "出生日期", "班级", "联系电话"]


@dataclass(frozen=True)
class Nasty:
    """A file and what must come of it: the kind of each row by its number, codes of errors by row, new units by name.

    `refused` is the kind of the answer where the file is not taken at all. `leave` counts proposed leavers.
    """

    name: str
    file: str
    content: bytes
    kinds: dict[int, str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    refused: str = ""
    leave: int = 0


def line(
    number: Any = "", name: str = "", sex: str = "", document: Any = "", born: Any = "", phone: Any = ""
) -> list[Any]:
    """One pupil of 三年级（1）班 in the order of HEAD."""
    return [number, name, sex, document, born, CLASS, phone]


def csv_of(rows: list[list[Any]], encoding: str = "utf-8", separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(str(cell) for cell in row) for row in rows).encode(encoding)


def pupils(*rows: list[Any], head: list[str] | None = None) -> bytes:
    return workbook(("学生", [head or HEAD, *rows]))


def merged_title() -> bytes:
    """A title over all columns, a note below it, then the header; classes merged downwards."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("花名册")
        page.merge_range(0, 0, 0, 3, "文一路小学2026学年学生花名册")
        page.merge_range(1, 0, 1, 3, "填表人：方敏　填表日期：2026年9月1日")
        for column, text in enumerate(("序号", "班级", "姓名", "性别")):
            page.write(3, column, text)
        page.merge_range(4, 1, 6, 1, CLASS)
        for n, name in enumerate(("甲乙", "丙丁", "戊己")):
            page.write(4 + n, 0, n + 1)
            page.write(4 + n, 2, name)
            page.write(4 + n, 3, "女")
    return buffer.getvalue()


def two_line_header() -> bytes:
    """基本信息 and 监护人 stand over their columns; single columns are merged over both lines."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("Sheet1")
        page.merge_range(0, 0, 1, 0, "学号")
        page.merge_range(0, 1, 0, 3, "学生基本信息")
        page.merge_range(0, 4, 0, 6, "监护人信息")
        for column, text in enumerate(("姓名", "性别", "班级", "姓名", "关系", "电话"), start=1):
            page.write(1, column, text)
        page.write_row(2, 0, ["N1", "甲乙", "男", CLASS, "甲父", "父亲", "13800138001"])
    return buffer.getvalue()


def hidden_sheet() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for title, rows in (("在校", [HEAD, line("N1", "甲乙")]), ("去年", [HEAD, line("N9", "不该进来")])):
            page = book.add_worksheet(title)
            for y, row in enumerate(rows):
                page.write_row(y, 0, row)
            if title == "去年":
                page.hide()
    return buffer.getvalue()


def formulas() -> bytes:
    """A formula whose result is kept is read as its result; one without a result is an empty cell."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("学生")
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, line("N1"))
        page.write_formula(1, 1, '="甲"&"乙"', None, "甲乙")
        page.write_row(2, 0, line("N2"))
        page.write_formula(2, 1, "=VLOOKUP(A3,去年!A:B,2,0)", None, "#N/A")
        page.write_row(3, 0, line("N3", "=cmd|' /C calc'!A0"))
    return buffer.getvalue()


def rounded(number: str) -> str:
    """As a spreadsheet that kept fifteen digits writes it out again."""
    return number[:15] + "000"


def lucky_or_none() -> str:
    """Over birthdays until a rounded number fits its check character."""
    for day in range(1, 29):
        for sequence in range(100, 1000, 100):
            number = id_number(f"201703{day:02d}", sequence)
            if number.endswith("000"):
                return number
    raise AssertionError("no such number")


UNIT_HEAD = ["单位名称", "单位类型", "上级单位"]
POST_HEAD = ["姓名", "岗位", "任职班级", "任职开始", "任职结束"]
ROOM_HEAD = ["校区", "楼栋", "楼层", "房间号", "类型", "面积", "座位数", "使用班级"]
LESSON_HEAD = ["班级", "星期", "节次", "上课时间", "下课时间", "科目", "任课教师", "教室"]
