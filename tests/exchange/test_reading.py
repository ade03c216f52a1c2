"""Files that lie, are broken, locked or too large; cells, headers, classes and days as people write them."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.exchange import sheets
from lianfang.exchange.headers import find_header
from lianfang.exchange.planning.reading import read_rows
from lianfang.exchange.rules import ClassKey, School, class_lists, parse_class, parse_day, plain
from lianfang.exchange.sheets import Sheet, cell_text, read_sheets, safe_cell, tidy, write_xlsx
from lianfang.exchange.tables import class_table, sheet_kinds, value_words
from lianfang.kernel.errors import InputError
from lianfang.people.rules import clean_name, name_key
from tests.exchange.sheetmaking import STUDENTS, child, students, workbook


def packed(parts, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def with_cell_at(reference):
    """A real workbook whose only cell says that it stands somewhere else."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(workbook(("学生", [["姓名"]])))) as package:
        for part in package.infolist():
            parts[part.filename] = package.read(part)
    sheet = parts["xl/worksheets/sheet1.xml"]
    number = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'r="A1"', f'r="{reference}"'.encode()).replace(
        b'<row r="1"', f'<row r="{number}"'.encode()
    )
    return packed(parts)


def lying_about_its_size():
    content = bytearray(packed({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b"x" * 5000}))
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = 0
        while (start := content.find(signature, start)) >= 0:
            if struct.unpack_from("<I", content, start + at)[0] == 5000:
                struct.pack_into("<I", content, start + at, 10)
            start += 4
    return bytes(content)


FILES = [
    ("empty", "a.xlsx", b"", "file.empty"),
    ("too large", "a.csv", b"a" * (sheets.MAX_BYTES + 1), "file.too_large"),
    ("csv called xlsx", "a.xlsx", "姓名,班级\n".encode(), "file.lying"),
    ("html called xlsx", "a.xlsx", b"<html><table>", "file.lying"),
    ("picture called xlsx", "a.xlsx", b"\xff\xd8\xff\xe0", "file.lying"),
    ("xlsx called csv", "a.csv", students(), "file.lying"),
    ("xlsx called pdf", "a.pdf", students(), "file.lying"),
    ("text called docx", "a.docx", b"hello", "file.not_a_sheet"),
    ("no extension", "roster", b"a,b", "file.not_a_sheet"),
    ("binary called csv", "a.csv", b"a,b\n\0\0\1", "file.not_a_sheet"),
    ("old or encrypted", "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "file.locked"),
    ("cut off", "a.xlsx", students()[:-200], "file.corrupt"),
    ("word document", "a.xlsx", packed({"word/document.xml": b"<a/>"}), "file.not_a_sheet"),
    ("workbook of nonsense", "a.xlsx", packed({"xl/workbook.xml": b"<<<"}), "file.corrupt"),
    ("bomb", "a.xlsx", packed({"xl/workbook.xml": b"<a/>", "xl/big": b"\0" * 30_000_000}), "file.bomb"),
    ("many parts", "a.xlsx", packed({f"x{n}": b"" for n in range(2001)}), "file.bomb"),
    ("lying about sizes", "a.xlsx", lying_about_its_size(), "file.corrupt"),
    ("a cell at the far corner", "a.xlsx", with_cell_at("XFD1048576"), "file.too_many"),
    ("a cell far below", "a.xlsx", with_cell_at("A20001"), "file.too_many"),
    ("wide csv", "a.csv", b"," * 300, "file.too_many"),
    ("neither utf-8 nor gb18030", "a.csv", b"\x81\x20\xff,", "file.encoding"),
]


@pytest.mark.parametrize("name, content, kind", [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_files_that_are_not_taken(name, content, kind):
    with pytest.raises(InputError) as error:
        read_sheets(name, content)
    assert error.value.kind == kind
    assert error.value.label.zh
    assert error.value.label.en


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_the_encodings_that_schools_have(encoding, delimiter):
    content = delimiter.join(["姓名", "班级"]) + "\r\n" + delimiter.join(["王　芳", "三(2)班"]) + "\r\n"
    assert read_sheets("a.csv", content.encode(encoding))[0].rows == (("姓名", "班级"), ("王　芳", "三(2)班"))


def test_hidden_sheets_are_passed_over():
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("学生")
        book.add_worksheet("旧名单").hide()
    assert [sheet.name for sheet in read_sheets("a.xlsx", buffer.getvalue())] == ["学生"]


@pytest.mark.parametrize(
    "value, text",
    [
        (20260101.0, "20260101"),
        (3.2, "3.2"),
        (3.30106201703151e17, "3.301062E+17"),
        (datetime(2017, 3, 15), "2017-03-15"),  # noqa: DTZ001
        (date(2017, 3, 15), "2017-03-15"),
        (time(8, 30), "08:30:00"),
        (True, "TRUE"),
        ("  王芳\u3000", "王芳"),
        ("'=1+1", "=1+1"),
        ("x" * 5000, "x" * 2000),
    ],
)
def test_cells_as_text(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@x", "\tx", "\rx"])
def test_no_cell_that_goes_out_starts_a_formula(text):
    content = write_xlsx([("学生", [["姓名"], [text]])])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
        assert (
            f"'{text.strip()}" in package.read("xl/sharedStrings.xml").decode()
            or "'" in package.read("xl/sharedStrings.xml").decode()
        )
    assert safe_cell(text).startswith("'")


@given(st.text(max_size=40))
def test_what_goes_out_comes_in_again(text):
    assert tidy(safe_cell(tidy(text))) == tidy(text)


def test_titles_above_the_header_and_empty_lines_are_passed_over():
    rows = (("三年级学生名册", ""), ("", ""), (" 姓 名 *", "班级（必填）"), ("", ""), ("王芳", "三(2)班"))
    found, mapping = read_rows([Sheet("Sheet1", rows)])
    assert [(row.number, row.cells) for row in found] == [(5, {"name": "王芳", "class": "三(2)班"})]
    assert mapping["Sheet1"]["row"] == 3


@pytest.mark.parametrize("rows, kind", [((("a", "b"),), "file.no_header"), ((("姓名", "班级"),), "file.no_rows")])
def test_sheets_without_a_roster(rows, kind):
    with pytest.raises(InputError) as error:
        read_rows([Sheet("", rows)])
    assert error.value.kind == kind


def test_every_header_that_is_known_is_found():
    for kind in sheet_kinds():
        needed = {field: kind.columns[field][0] for field in kind.needs}
        for field, names in kind.columns.items():
            for name in names:
                header = find_header([list({**needed, field: name}.values())], [kind])
                assert header is not None
                assert field in header.columns, (kind.name, name)


@pytest.mark.parametrize(
    "text, grade, expected",
    [
        ("三年级(2)班", "", (3, 2)),
        ("三年级（2）班", "", (3, 2)),
        ("三年级２班", "", (3, 2)),
        ("三年级第2班", "", (3, 2)),
        ("三年二班", "", (3, 2)),
        ("三(2)班", "", (3, 2)),
        ("三（2）", "", (3, 2)),
        ("3.2班", "", (3, 2)),
        ("3.2", "", (3, 2)),
        ("3-2", "", (3, 2)),
        ("302", "", (3, 2)),
        ("302班", "", (3, 2)),
        ("2024级2班", "", (3, 2)),
        ("2024级(12)班", "", (3, 12)),
        ("一年级十一班", "", (1, 11)),
        ("初一(3)班", "", (7, 3)),
        ("初三5班", "", (9, 5)),
        ("七年级1班", "", (7, 1)),
        ("高二（10）班", "", (11, 10)),
        ("1203", "", (12, 3)),
        ("2班", "三年级", (3, 2)),
        ("（2）", "3", (3, 2)),
        ("2", "2024级", (3, 2)),
        ("三年级2班", "三年级", (3, 2)),
        ("实验班", "", None),
        ("三年级", "", None),
        ("2班", "", None),
        ("十三年级1班", "", None),
        ("2010级1班", "", None),
        ("", "", None),
    ],
)
def test_classes_as_they_are_written(text, grade, expected):
    found = parse_class(text, class_table(), School.on(date(2026, 9, 15)), grade)
    assert found == (ClassKey(*expected) if expected else None)


def test_a_year_of_entry_counts_school_years_and_the_schools_first_grade():
    table = class_table()
    assert parse_class("2024级2班", table, School.on(date(2026, 7, 1))) == ClassKey(2, 2)
    assert parse_class("2024级2班", table, School.on(date(2026, 9, 1), base=6)) == ClassKey(9, 2)


@given(st.integers(1, 12), st.integers(1, 20))
def test_the_name_that_we_give_a_class_is_read_as_that_class(grade, number):
    table = class_table()
    name = table.class_name.format(grade=table.grade_names[grade], number=number)
    assert parse_class(name, table, School.on(date(2026, 9, 15))) == ClassKey(grade, number)


@given(st.text(max_size=30), st.text(max_size=10))
def test_no_text_upsets_the_reader_of_classes(text, grade):
    parse_class(text, class_table(), School.on(date(2026, 9, 15)), grade)


@pytest.mark.parametrize(
    "text", ["2017-03-05", "2017/3/5", "2017.3.5", "2017年3月5日", "20170305", "42799", " 2017-3-5 ", "２０１７-3-5"]
)
def test_days_as_they_are_written(text):
    assert parse_day(text) == date(2017, 3, 5)


@pytest.mark.parametrize("text", ["2017-02-30", "2017-13-01", "去年", "3/5", "99999", "20171301"])
def test_days_that_are_none(text):
    with pytest.raises(ValueError):
        parse_day(text)


@given(st.dates(min_value=date(1930, 1, 1)))
def test_every_day_is_read_back(day):
    assert parse_day(day.isoformat()) == parse_day(f"{day.year}年{day.month}月{day.day}日") == day


@given(st.text(max_size=40))
def test_names_are_normalised_once(text):
    assert clean_name(clean_name(text)) == clean_name(text)
    assert name_key(name_key(text)) == name_key(text)
    assert len(name_key(text)) <= 60


@pytest.mark.parametrize(
    "one, other", [("王　芳", "王芳"), ("买买提·艾力", "买买提•艾力"), ("Li Wei", "li wei"), ("Ａｎｎ", "Ann")]
)
def test_two_spellings_of_one_name(one, other):
    assert name_key(one) == name_key(other)


def test_words_of_cells():
    words = value_words()
    assert words.sex[plain("男生")] == "male"
    assert words.relation[plain("外婆")] == "grandparent"
    assert words.positions("班主任、语文教师") == ["homeroom_teacher", "subject_teacher"]
    assert words.positions("副校长") == ["leader_on_duty"]
    assert words.positions("顾问") == []
    assert class_lists("三(1)班、三(2)班，三(3)班") == ["三(1)班", "三(2)班", "三(3)班"]
    assert len(child()) == len(STUDENTS)
