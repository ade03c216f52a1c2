"""The bureau's paper table as XLSX, rendered from the layout that the rule pack declares, so that nobody types it again.

A school's table has its classes as rows, an authority's its institutions. Signed figures where a report stands, else
what is known now with the state beside it. Texts are written as texts, never as formulas.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.foundation.access import one
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Unit
from lianfang.kernel.labels import Label
from lianfang.people.models import Person
from lianfang.reporting import queries, rules
from lianfang.reporting.kinds import lowest_level, table_for
from lianfang.reporting.picture import Line
from lianfang.reporting.queries import Board
from lianfang.reporting.snapshot import lowest_of
from lianfang.reporting.wording import instant_words
from lianfang.rulepacks.catalogs.reporting import BureauTable, TableColumn
from lianfang.ui import status

HIDDEN = "—"
_FONT = "SimSun"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: a unit's name, its counts and its state in words. A count that is not there stays empty (of a silent
    unit only the heads are known); None is a count that is hidden."""

    name: str
    counts: Mapping[str, int | None]
    state: str


def bureau_table(
    actor: Actor, layout_id: str, unit_id: int | str, day: date, now: datetime, *, kind_id: str = ""
) -> bytes:
    """The table of a unit for a day. Raises Forbidden, NotFound (unit, layout, or a unit below the table's level)."""
    board, table = _found(actor, layout_id, unit_id, day, now, kind_id)
    return render(table, table_rows(board), board.figures, _places(board), _row_header(board))


def _found(
    actor: Actor, layout_id: str, unit_id: int | str, day: date, now: datetime, kind_id: str
) -> tuple[Board, BureauTable]:
    unit = one(Unit.objects.all(), pk=unit_id)  # whose it is, the board asks
    table = table_for(unit, layout_id, day)
    if kind_id and table.report_kind != kind_id:
        raise NotFound("table")
    board = queries.board(actor, table.report_kind, unit_id, day, now)
    if board.is_class:
        raise NotFound("table")
    return board, table


def table_rows(board: Board) -> list[TableRow]:
    """The rows: classes inside an institution, else the units that report to this one."""
    if board.unit.level == "authority" or not board.sight.plain:
        listed = [(row.line, row.counts, row.state) for row in board.rows]
    else:
        kept = _signed_counts(board)
        lines = lowest_of(board.picture)
        listed = [(low, kept.get(low.unit.pk) if kept is not None else low.counts, low.state.value) for low in lines]
    return [
        TableRow(line.unit.name, counts if counts is not None else _heads(board, line), _state_words(state))
        for line, counts, state in listed
    ]


def _heads(board: Board, line: Line) -> dict[str, int | None]:
    """What is known of a unit that has not answered: how many it has, and that they are not answered for."""
    silent = rules.part_counts(board.kind, replace(line.part(), counts=None))
    return {name: silent[name] for name in ("registered", "excused", "expected", "unanswered") if name in silent}


def _signed_counts(board: Board) -> dict[int, Mapping[str, int | None] | None] | None:
    """What each class had when the institution signed; None while it has not."""
    report = board.report
    if report is None:
        return None
    fields = list(board.kind.fields)
    return {
        i["unit"]: {name: i["counts"].get(name, 0) for name in fields} if i["counts"] is not None else None
        for i in report.basis["lowest"]
    }


def _state_words(state: str) -> str:
    return str(status.get(state, "report_seen" if state == "reported" else "report").label)


def _row_header(board: Board) -> str | None:
    """What a row is, where it is not what the layout's header says (schools instead of classes)."""
    if not board.rows:
        return None
    level_id = board.rows[0].line.owed.level_id
    if board.unit.level != "authority" or level_id == lowest_level(board.kind):
        return None
    return board.kind.levels[level_id].label.text(get_language() or "")


def _places(board: Board) -> dict[str, str]:
    """What the texts of the layout name in braces."""
    report = board.report
    account = report.signed_by if report is not None else None
    phone = ""
    if account is not None and board.sight.plain:
        phone = str(Person.objects.filter(account=account).values_list("phone", flat=True).first() or "")
    sessions = {"morning": _("晨检"), "noon": _("午检"), "evening": _("晚检")}
    return {
        "unit": board.unit.name,
        "date": date_format(board.picture.day, "DATE_FORMAT"),
        "session": sessions[board.kind.session],
        "signer": (account.display_name or account.username) if account is not None else _("（尚未签发）"),
        "signed_at": instant_words(report.signed_at, board.line.owed.time_zone) if report is not None else "",
        "phone": phone,
    }


def render(
    table: BureauTable,
    rows: Sequence[TableRow],
    sums: Mapping[str, int | None] | None,
    places: Mapping[str, str],
    row_header: str | None = None,
) -> bytes:
    """The workbook of a layout: title, lines above, two header lines with merged groups, rows, totals, signature."""
    import xlsxwriter

    language = get_language() or ""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(_sheet_name(table.label.text(language)))
    columns = list(table.columns.values())
    last = len(columns) - 1
    styles = _Styles(book)

    def text(label: Label) -> str:
        filled = label.text(language)
        for name, value in places.items():
            filled = filled.replace("{" + name + "}", value)
        return filled

    _across(sheet, 0, last, text(table.title), styles.title)
    line = 1
    for label in table.above:
        _across(sheet, line, last, text(label), styles.plain)
        line += 1
    line = _headers(sheet, line, columns, language, row_header, styles)
    first_row = line
    for number, row in enumerate(rows, 1):
        for index, column in enumerate(columns):
            _write(sheet, line, index, _cell(column, row, number), column, styles)
        line += 1
    if table.totals is not None:
        sheet.write_string(line, 0, table.totals.text(language), styles.head)
        for index, column in enumerate(columns[1:], 1):
            _write(sheet, line, index, _total(column, sums), column, styles, bold=True)
        line += 1
    for label in (*table.signature, *table.footnotes):
        _across(sheet, line, last, text(label), styles.plain)
        line += 1
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)
    sheet.freeze_panes(first_row, 2)
    if table.orientation == "landscape":
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, first_row - 1)
    book.close()
    return target.getvalue()


class _Styles:
    """Cell formats of a workbook."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": _FONT, "font_size": 11, "valign": "vcenter"}
        boxed = {**base, "border": 1, "align": "center"}
        self.title = book.add_format({**base, "font_size": 16, "bold": True, "align": "center"})
        self.plain = book.add_format({**base, "text_wrap": True})
        self.head = book.add_format({**boxed, "bold": True, "text_wrap": True, "bg_color": "#EDEAE0"})
        self.cell = book.add_format({**boxed, "num_format": "0"})
        self.left = book.add_format({**boxed, "align": "left"})
        self.percent = book.add_format({**boxed, "num_format": "0.0%"})
        self.bold = book.add_format({**boxed, "num_format": "0", "bold": True})
        self.bold_percent = book.add_format({**boxed, "num_format": "0.0%", "bold": True})


def _sheet_name(name: str) -> str:
    return "".join(letter for letter in name if letter not in "[]:*?/\\")[:31] or "1"


def _across(sheet: Any, line: int, last: int, text: str, style: Any) -> None:
    """A text over the whole width."""
    if last:
        sheet.merge_range(line, 0, line, last, "", style)
    sheet.write_string(line, 0, text, style)


def _headers(
    sheet: Any, line: int, columns: Sequence[TableColumn], language: str, row_header: str | None, styles: _Styles
) -> int:
    """Two header lines; equal neighbouring groups are merged, columns without a group span both. The next line."""
    index = 0
    while index < len(columns):
        column = columns[index]
        header = column.header.text(language)
        if row_header is not None and column.value.is_name and column.value.text.strip() == "unit.name":
            header = row_header
        if column.group is None:
            sheet.merge_range(line, index, line + 1, index, "", styles.head)
            sheet.write_string(line, index, header, styles.head)
            index += 1
            continue
        end = index
        while end + 1 < len(columns) and columns[end + 1].group == column.group:
            end += 1
        if end > index:
            sheet.merge_range(line, index, line, end, "", styles.head)
        sheet.write_string(line, index, column.group.text(language), styles.head)
        for inner in range(index, end + 1):
            sheet.write_string(line + 1, inner, columns[inner].header.text(language), styles.head)
        index = end + 1
    return line + 2


def _cell(column: TableColumn, row: TableRow, number: int) -> str | int | float | None:
    """What stands in a cell: a text, a count, a share; None where nothing came; a dash where it is hidden."""
    name = column.value.text.strip()
    texts: dict[str, str | int] = {"row.number": number, "unit.name": row.name, "report.state": row.state}
    if column.value.is_name and name in texts:
        return texts[name]
    return _worked_out(column, row.counts)


def _total(column: TableColumn, sums: Mapping[str, int | None] | None) -> str | int | float | None:
    """The sum of a column, or for a share the share of the sums."""
    return None if column.total == "none" else _worked_out(column, sums)


def _worked_out(column: TableColumn, counts: Mapping[str, int | None] | None) -> str | int | float | None:
    if counts is None:
        return None
    if not column.value.names <= counts.keys():
        return None
    known = {name: counts[name] for name in column.value.names}
    if any(value is None for value in known.values()):
        return HIDDEN
    value: Fraction | None = column.value.evaluate({name: int(value or 0) for name, value in known.items()})
    if value is None:
        return None
    return int(value) if value.denominator == 1 and column.format != "percent" else float(value)


def _write(
    sheet: Any,
    line: int,
    index: int,
    value: str | float | None,
    column: TableColumn,
    styles: _Styles,
    *,
    bold: bool = False,
) -> None:
    style = styles.bold if bold else styles.cell
    if column.format == "percent":
        style = styles.bold_percent if bold else styles.percent
    elif column.format == "text" and not bold:
        style = styles.left
    if value is None:
        sheet.write_blank(line, index, None, style)
    elif isinstance(value, str):
        sheet.write_string(line, index, value, style)
    else:
        sheet.write_number(line, index, value, style)
