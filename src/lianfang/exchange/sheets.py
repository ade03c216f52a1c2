"""Reading a spreadsheet that somebody uploaded: only what it really is, only as much as is reasonable.

XLSX through calamine, CSV in UTF-8 (with or without mark) or GB18030. Everything is turned into text; the rest of the
room never sees a type that a spreadsheet guessed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
MAX_PARTS = 2000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELLS = 2_000_000
MAX_CELL = 2_000
MAX_MERGED = 20_000

EMPTY = Label("文件是空的。请检查后重新选择。", "The file is empty. Please check and choose it again.")
TOO_LARGE = Label(
    "文件超过 {limit} MB。名册通常不到 5 MB，请去掉图片或分成几份再上传。",
    "The file is larger than {limit} MB. Rosters are usually below 5 MB: remove pictures, or split it.",
)
LYING = Label(
    "文件名说是 {claimed}，内容却是 {found}。请用表格软件打开，另存为 XLSX 或 CSV 再上传。",
    "The name says {claimed}, but the content is {found}. Open it in a spreadsheet program and save it as XLSX or CSV.",
)
OLD_OR_LOCKED = Label(
    "文件加了密码，或是旧版 XLS。请去掉密码，另存为 XLSX 再上传。",
    "The file is protected by a password, or an old XLS. Remove the password and save it as XLSX.",
)
CORRUPT = Label(
    "文件已损坏，读不出来。请用表格软件打开，另存为新的 XLSX 再上传。",
    "The file is damaged and cannot be read. Open it in a spreadsheet program and save it as a new XLSX.",
)
NOT_A_SHEET = Label(
    "这不是表格文件。请上传 XLSX 或 CSV。",
    "This is not a spreadsheet. Please upload XLSX or CSV.",
)
BOMB = Label(
    "文件解压后异常庞大，没有读取。请确认来源；如确是名册，请另存为新的 XLSX。",
    "Unpacked, the file is extraordinarily large; it was not read. If it really is a roster, save it as a new XLSX.",
)
TOO_MANY = Label(
    "表格太大：每张表最多 {rows} 行、{columns} 列。请删去多余的空行空列或分成几份。",
    "The sheet is too large: at most {rows} rows and {columns} columns. Remove empty ones, or split it.",
)
ENCODING = Label(
    "CSV 的文字编码认不出来。请另存为 UTF-8 编码的 CSV，或直接用 XLSX。",
    "The encoding of the CSV is not recognised. Save it as CSV in UTF-8, or use XLSX.",
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet as text. `rows[0]` is row 1 of the file; `merged` as in `headers.Merged`."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_sheets(name: str, content: bytes) -> list[Sheet]:
    """The visible sheets of a file. Raises InputError with kind `file.*` and words for the person."""
    if not content:
        raise InputError("file.empty", EMPTY)
    if len(content) > MAX_BYTES:
        raise InputError("file.too_large", TOO_LARGE, limit=MAX_BYTES // 1024 // 1024)
    claimed = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if content.startswith(_OLE):
        raise InputError("file.locked", OLD_OR_LOCKED)
    if content.startswith(b"PK\x03\x04"):
        if claimed not in ("xlsx", "xlsm"):
            raise InputError("file.lying", LYING, claimed=f".{claimed}", found="XLSX (ZIP)")
        _check_package(content)
        return _read_xlsx(content)
    if claimed in ("xlsx", "xlsm"):
        raise InputError("file.lying", LYING, claimed=f".{claimed}", found=_guess(content))
    if claimed not in ("csv", "txt"):
        raise InputError("file.not_a_sheet", NOT_A_SHEET)
    return [Sheet("", _read_csv(content))]


def _guess(content: bytes) -> str:
    if content.startswith(b"%PDF"):
        return "PDF"
    if content[:3] == b"\xff\xd8\xff" or content.startswith(b"\x89PNG"):
        return "JPEG/PNG"
    if content.lstrip()[:1] == b"<":
        return "HTML"
    return "TXT/CSV" if b"\0" not in content[:4096] else "?"


def _check_package(content: bytes) -> None:
    """Unpack everything once, counted: declared sizes are true, ratios are human, cells lie within the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
                raise InputError("file.bomb", BOMB)
            if any(p.file_size > 1024 * 1024 and p.file_size > MAX_RATIO * max(p.compress_size, 1) for p in parts):
                raise InputError("file.bomb", BOMB)
            if any(p.flag_bits & 1 for p in parts):
                raise InputError("file.locked", OLD_OR_LOCKED)
            names = {p.filename for p in parts}
            if "xl/workbook.xml" not in names:
                raise InputError("file.not_a_sheet", NOT_A_SHEET)
            for part in parts:
                text = package.read(part)  # raises where the declared size or the checksum is not true
                if len(text) != part.file_size:
                    raise InputError("file.bomb", BOMB)
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_extent(text)
    except InputError:
        raise
    except Exception as error:  # a broken package, zlib.error, a compression that is not known
        raise InputError("file.corrupt", CORRUPT) from error


def _check_extent(text: bytes) -> None:
    """A cell at XFD1048576 would make a reader fill the whole rectangle."""
    width = height = 0
    for match in _CELL.finditer(text):
        letters = match[1]
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        width, height = max(width, column), max(height, int(match[2]))
    for match in _ROW.finditer(text):
        height = max(height, int(match[1])) if int(match[1]) <= MAX_ROWS else height
    _limit(height, width)


def _limit(rows: int, columns: int) -> None:
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise InputError("file.too_many", TOO_MANY, rows=MAX_ROWS, columns=MAX_COLUMNS)


def _read_xlsx(content: bytes) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet
        ]
        sheets = []
        for title in visible:
            table = book.get_sheet_by_name(title)
            _limit(table.total_height, table.total_width)
            rows = table.to_python(skip_empty_area=False)
            merged = tuple((top, left, down, right) for (top, left), (down, right) in table.merged_cell_ranges or ())
            texts = tuple(tuple(cell_text(value) for value in row) for row in rows)
            sheets.append(Sheet(title, texts, merged[:MAX_MERGED]))
        return sheets
    except CalamineError as error:
        if "password" in str(error).lower():
            raise InputError("file.locked", OLD_OR_LOCKED) from error
        raise InputError("file.corrupt", CORRUPT) from error


def _read_csv(content: bytes) -> tuple[tuple[str, ...], ...]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[tuple[str, ...]] = []
    csv.field_size_limit(MAX_BYTES)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            _limit(len(rows) + 1, len(row))
            rows.append(tuple(tidy(value) for value in row))
    except csv.Error as error:
        raise InputError("file.corrupt", CORRUPT) from error
    return tuple(rows)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError("file.encoding", ENCODING) from error
    if b"\0" in content:
        raise InputError("file.not_a_sheet", NOT_A_SHEET)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("file.encoding", ENCODING)


def cell_text(value: Any) -> str:
    """The text of a cell. A number with more digits than a spreadsheet keeps stays visibly broken (3.30E+17)."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if abs(value) >= 1e15:
            return f"{value:.6E}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return tidy(str(value))


def tidy(text: str) -> str:
    """Without surrounding space, the apostrophe that keeps a cell from being a formula, and beyond 2,000 characters."""
    plain = text.replace("\ufeff", "").strip().strip("\u3000").strip()
    if plain[:1] == "'" and plain[1:2] in ("=", "+", "-", "@", "\t", "\r"):
        plain = plain[1:]
    return plain[:MAX_CELL]


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def write_xlsx(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> bytes:
    """Sheets of text cells; the first row is the header. Cells never start a formula or become a link."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        text = book.add_format({"num_format": "@"})
        for title, rows in sheets:
            page = book.add_worksheet(title[:31])
            page.freeze_panes(1, 0)
            for y, row in enumerate(rows):
                for x, value in enumerate(row):
                    if value:
                        page.write_string(y, x, safe_cell(value), head if y == 0 else text)
            widths = [max((len(row[x]) for row in rows[:200] if x < len(row)), default=8) for x in range(len(rows[0]))]
            for x, width in enumerate(widths):
                page.set_column(x, x, min(max(width * 1.6 + 2, 8), 42), text)
    return buffer.getvalue()
