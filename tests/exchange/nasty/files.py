"""The table of nasty files. Every entry says in its name what is wrong with it, or what is usual about it."""

from __future__ import annotations

import zipfile
from io import BytesIO

from tests.exchange.nasty.making import (
    CLASS,
    HEAD,
    LESSON_HEAD,
    LIN_ID,
    POST_HEAD,
    ROOM_HEAD,
    UNIT_HEAD,
    Nasty,
    csv_of,
    formulas,
    hidden_sheet,
    line,
    lucky_or_none,
    merged_title,
    pupils,
    rounded,
    two_line_header,
)
from tests.exchange.sheetmaking import workbook
from tests.people.cast import id_number

FIRST = {2: "create"}
WANG = line("20260102", "王一诺")
LIN = line("20260101", "林小雨", document=LIN_ID)


def bomb() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<a/>")
        package.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    return buffer.getvalue()


def xlsx(name: str, content: bytes, **more: object) -> Nasty:
    return Nasty(name, "名册.xlsx", content, **more)  # type: ignore[arg-type]


DATES = (
    "2017-09-01",
    "2017/9/1",
    "20170901",
    "2017年9月1日",
    42979,
    "2017.9.1",
    "２０１７年９月１日",
    "2017-09-01 00:00:00",
)
USUAL = (
    xlsx("merged title rows and classes merged downwards", merged_title(),
         kinds={5: "create", 6: "create", 7: "create"}, leave=2),
    xlsx("a header of two lines", two_line_header(), kinds={3: "create"}, leave=2),
    Nasty("GBK with a title", "名册.csv", csv_of([["三年级名册"], HEAD, line("N1", "甲乙")], "gbk"),
          kinds={3: "create"}, leave=2),
    Nasty("GB18030 with rare characters", "名册.csv", csv_of([HEAD, line("N1", "𠮷喆")], "gb18030"), kinds=FIRST, leave=2),
    Nasty("UTF-8 with a mark", "名册.csv", csv_of([HEAD, line("N1", "甲乙")], "utf-8-sig"), kinds=FIRST, leave=2),
    Nasty("UTF-16 with tabs", "名册.txt", csv_of([HEAD, line("N1", "甲乙")], "utf-16", "\t"), kinds=FIRST, leave=2),
    xlsx("a hidden sheet beside the right one", hidden_sheet(), kinds=FIRST, leave=2),
    xlsx("every shape of a date", pupils(*(line(f"N{n}", f"甲{c}", born=day) for n, (day, c) in
         enumerate(zip(DATES, "一二三四五六七八", strict=True)))), kinds=dict.fromkeys(range(2, 10), "create"), leave=2),
    xlsx("full-width digits", pupils(line("Ｎ１", "甲乙", phone="１３８００１３８００１", born="２０１７-03-05")), kinds=FIRST, leave=2),
    xlsx("numbers typed as numbers", pupils(line(20260102, "王一诺", phone=13800138001), LIN), kinds={2: "update", 3: "same"}),
    xlsx("two guardians in one cell", pupils(line("N1", "甲乙", phone="妈妈13800138001 / 爸爸 139-0013-9001")), kinds=FIRST, leave=2),
    xlsx("spaces inside names", pupils(line("20260102", "王 一　诺"), LIN), kinds={2: "same", 3: "same"}),
    xlsx("the header again in the middle", pupils(LIN, HEAD, WANG), kinds={2: "same", 4: "same"}),
    xlsx("a passport", pupils([*line("N1", "Anna Lee", document="E12345678"), "护照"], head=[*HEAD, "证件类型"]),
         kinds=FIRST, leave=2),
    xlsx("a formula with its result, one without, and one typed as text", formulas(),
         kinds={2: "create", 3: "error", 4: "error"}, codes={3: "name.required", 4: "name.characters"}, leave=2),
)  # fmt: skip
WRONG = (
    xlsx("an ID number as a number", pupils(line("N1", "甲乙", document=int(LIN_ID[:17] + "0"))), kinds={2: "error"},
         codes={2: "id_number.id.scientific"}, leave=2),
    Nasty("an ID number in scientific notation", "名册.csv", csv_of([HEAD, line("N1", "甲乙", document="3.30106E+17")]),
          kinds={2: "error"}, codes={2: "id_number.id.scientific"}, leave=2),
    xlsx("an ID number rounded to fifteen digits", pupils(line("N1", "甲乙", document=rounded(id_number(sequence=777)))),
         kinds={2: "error"}, codes={2: "id_number.rounded"}, leave=2),
    xlsx("a rounded number that fits by luck waits for a person", pupils(line("N1", "甲乙", document=lucky_or_none())),
         kinds={2: "doubt"}, leave=2),
    xlsx("a wrong check character", pupils(line("N1", "甲乙", document=LIN_ID[:-1] + ("1" if LIN_ID[-1] != "1" else "2"))),
         kinds={2: "error"}, codes={2: "id_number.id.check_digit"}, leave=2),
    xlsx("a pupil's number in scientific notation", pupils(line("2.02601E+12", "甲乙")), kinds={2: "error"},
         codes={2: "number.scientific"}, leave=2),
    xlsx("one name twice in a class and nothing else", pupils(line("", "甲乙"), line("", "甲乙")),
         kinds={2: "create", 3: "error"}, codes={3: "row.double.name"}, leave=2),
    xlsx("one person under two spellings with one ID number", pupils(line("20260101", "林晓雨", document=LIN_ID), WANG),
         kinds={2: "merge", 3: "same"}),
    xlsx("an ID number with a name that is nothing alike", pupils(line("N1", "欧阳克", document=LIN_ID), WANG),
         kinds={2: "error", 3: "same"}, codes={2: "id_number.other_name"}),
    xlsx("one person twice in a file", pupils(line("", "陈思雨", born="2017-03-05", phone="13800138001"),
         line("", "陈思宇", born="2017/3/5", phone="13800138001")), kinds={2: "create", 3: "merge"}, leave=2),
    xlsx("a phone number one digit short", pupils(line("N1", "甲乙", phone="妈妈1380013800")), kinds={2: "error"},
         codes={2: "guardian.phone.phone.format"}, leave=2),
    xlsx("one good number and one broken", pupils(line("N1", "甲乙", phone="妈妈13800138001 爸爸139001390")), kinds={2: "error"},
         codes={2: "guardian.phone.phone.format"}, leave=2),
    Nasty("a formula that came out as an error", "名册.csv", csv_of([HEAD, line("#REF!", "甲乙")]), kinds={2: "error"},
          codes={2: "cell.formula_error"}, leave=2),
    xlsx("units in a circle", workbook(("单位", [UNIT_HEAD, ["甲处", "部门", "乙处"], ["乙处", "部门", "丙处"],
         ["丙处", "部门", "甲处"], ["丁处", "部门", "丙处"], ["总务处", "部门", ""]])),
         kinds={2: "error", 3: "error", 4: "error", 5: "error", 6: "create"},
         codes={2: "unit.own_ancestor", 3: "unit.own_ancestor", 4: "unit.own_ancestor", 5: "unit.below_faulty"},
         units=("总务处",)),
    xlsx("a unit above itself", workbook(("单位", [UNIT_HEAD, ["教研室", "部门", "教研室"]])), kinds={2: "error"},
         codes={2: "unit.own_ancestor"}),
    xlsx("a class below a department", workbook(("单位", [UNIT_HEAD, ["五年级1班", "班级", "教务处"]])), kinds={2: "error"},
         codes={2: "unit.parent_kind"}),
    xlsx("a post that ended before it began", workbook(("任职", [POST_HEAD, ["李静", "任课教师", CLASS, "2026-09-10", "2026-09-01"],
         ["何平", "任课教师", CLASS, "2026年9月1日", ""]])), kinds={2: "error", 3: "create"},
         codes={2: "post.ends_before_it_begins"}),
    xlsx("a post of nobody known", workbook(("任职", [POST_HEAD, ["无此人", "任课教师", CLASS, "", ""]])), kinds={2: "error"},
         codes={2: "name.unknown"}),
    xlsx("rooms: a floor without a building, a negative area, twice the same", workbook(("场所", [ROOM_HEAD,
         ["", "", "二层", "201", "教室", 60, 40, CLASS], ["", "东楼", "二层", "202", "教室", -5, 40, ""],
         ["", "东楼", "二层", "203", "教室", "55.5㎡", 40, "三(2)班"], ["", "东楼", "二层", "203", "教室", 1, 1, ""],
         ["", "东楼", "", "多功能", "飞船", "", "", ""]])),
         kinds={2: "error", 3: "error", 4: "create", 5: "error", 6: "error"},
         codes={2: "room.order", 3: "number.format", 5: "room.double", 6: "room.kind"}),
    xlsx("a timetable with one bad line stays out for that class", workbook(("课表", [LESSON_HEAD,
         [CLASS, "周一", 1, "8:00", "08:40", "语文", "李静", ""], [CLASS, "周八", 2, "8:50", "9:30", "数学", "", ""],
         ["三(2)班", "星期二", "第一节", "8点00分", "8:40", "体育", "何平", ""]])), kinds={2: "error", 3: "error", 4: "create"},
         codes={2: "lesson.class_incomplete", 3: "lesson.weekday"}),
)  # fmt: skip
REFUSED = (
    xlsx("a zip bomb", bomb(), refused="file.bomb"),
    Nasty("a million columns", "名册.csv", b"," * 1_000_000, refused="file.too_many"),
    Nasty("bytes of no encoding", "名册.csv", b"\xff\xfa\x81\x20," * 10, refused="file.encoding"),
    Nasty("UTF-16 without a mark", "名册.csv", "姓名,班级\n甲,乙".encode("utf-16-le"), refused="file.not_a_sheet"),
    Nasty("a web page called XLSX", "名册.xlsx", "<html><table>姓名".encode(), refused="file.lying"),
    xlsx("only a header", pupils(), refused="file.no_rows"),
    Nasty(
        "headers that nobody knows", "名册.csv", csv_of([["娃儿", "哪个班"], ["甲乙", CLASS]]), refused="file.no_header"
    ),
)
FILES = (*USUAL, *WRONG, *REFUSED)
