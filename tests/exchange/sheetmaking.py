"""Workbooks for the tests."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

STUDENTS = ["学号", "姓名", "性别", "身份证号", "出生日期", "年级", "班级", "家长姓名", "关系", "联系电话"]
STAFF = ["工号", "姓名", "岗位", "部门", "班主任班级", "任教班级", "电话"]


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    """An XLSX; None leaves a cell empty."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
        for title, rows in sheets:
            page = book.add_worksheet(title)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    if value is not None:
                        page.write(y, x, value)
    return buffer.getvalue()


def students(*rows: list[Any], header: list[str] = STUDENTS) -> bytes:
    return workbook(("学生", [header, *rows]))


def child(number="", name="黄蕾", klass="三年级(1)班", document="", **more: Any) -> list[Any]:
    """A line of the students' sheet in the order of STUDENTS."""
    line = {"学号": number, "姓名": name, "班级": klass, "身份证号": document, **more}
    return [line.get(column, "") for column in STUDENTS]
