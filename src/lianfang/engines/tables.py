"""CSV files of series at a terminal: read strictly, answer in one line what is wrong and where."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MISSING = frozenset({"", "NA", "NaN", "nan", "null", "NULL"})


class TableError(ValueError):
    """The file cannot be used; the message is one sentence that names file, line and column."""


@dataclass(frozen=True)
class Table:
    """Rows of a CSV file: ``names`` of the columns, ``rows`` of cells, ``lines`` their 1-based line numbers."""

    path: str
    names: list[str]
    rows: list[list[str]]
    lines: list[int]

    def where(self, row: int) -> str:
        """Return ``FILE, line N`` for a row index."""
        return f"{self.path}, line {self.lines[row]}"


@dataclass(frozen=True)
class SeriesTable:
    """Series over time: ``t`` as written, ``epochs`` as written, ``days`` if all epochs are ISO dates.

    ``counts`` holds one list per series, NaN where a cell is empty or ``NA``.
    """

    names: list[str]
    t: list[int]
    epochs: list[str]
    days: list[date] | None
    counts: list[list[float]]


def read_table(path: str) -> Table:
    """Read a UTF-8 CSV file with a header (``-``: standard input). Raises :class:`TableError`."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise TableError(f"{path}: is a folder, not a CSV file") from None
    except UnicodeDecodeError:
        raise TableError(f"{path}: not a UTF-8 text file") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    if "\0" in text:
        raise TableError(f"{path}: not a text file")
    rows, lines = [], []
    try:
        reader = csv.reader(text.splitlines(), strict=True)
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise TableError(f"{path}: not a CSV file ({error})") from None
    if not rows:
        raise TableError(f"{path}: the file is empty")
    names = rows[0]
    if len(set(names)) != len(names) or "" in names:
        raise TableError(f"{path}, line {lines[0]}: every column needs a name of its own")
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(names):
            raise TableError(f"{path}, line {line}: {len(row)} cells, but the header has {len(names)}")
    if len(rows) == 1:
        raise TableError(f"{path}: there is a header but no row")
    return Table(path, names, rows[1:], lines[1:])


def number(table: Table, row: int, column: int, *, missing: bool = False) -> float:
    """Return one cell as a finite number; NaN for an empty one if ``missing`` is allowed."""
    cell = table.rows[row][column]
    name = table.names[column]
    if cell in MISSING:
        if missing:
            return math.nan
        raise TableError(f"{table.where(row)}: {name} is missing")
    try:
        value = float(cell)
    except ValueError:
        raise TableError(f'{table.where(row)}: {name} is not a number: "{cell}"') from None
    if not math.isfinite(value):
        raise TableError(f'{table.where(row)}: {name} is not a finite number: "{cell}"')
    return value


def whole_numbers(table: Table, column: int) -> Iterator[int]:
    """Yield the cells of a column as whole numbers."""
    for row in range(len(table.rows)):
        value = number(table, row, column)
        if value != int(value):
            raise TableError(f"{table.where(row)}: {table.names[column]} must be a whole number, not {value:g}")
        yield int(value)


def read_series(path: str) -> SeriesTable:
    """Read ``t,epoch,<series>,…``: ``t`` ascending whole numbers, counts not negative, empty cells missing."""
    table = read_table(path)
    if table.names[:2] != ["t", "epoch"]:
        raise TableError(f'{path}: the header must begin with "t,epoch", not "{",".join(table.names[:2])}"')
    if len(table.names) == 2:
        raise TableError(f"{path}: there is no series after t and epoch")
    t = list(whole_numbers(table, 0))
    for row in range(1, len(t)):
        if t[row] <= t[row - 1]:
            raise TableError(f"{table.where(row)}: t must ascend, but {t[row]} follows {t[row - 1]}")
    epochs = [row[1] for row in table.rows]
    days = _dates(epochs)
    if days is not None:
        for row in range(1, len(days)):
            if days[row] <= days[row - 1]:
                raise TableError(f"{table.where(row)}: epoch must ascend, but {days[row]} follows {days[row - 1]}")
    counts = []
    for column in range(2, len(table.names)):
        values = [number(table, row, column, missing=True) for row in range(len(t))]
        for row, value in enumerate(values):
            if value < 0:
                raise TableError(
                    f"{table.where(row)}: {table.names[column]} has a negative count ({value:g}), which cannot be judged"
                )
        counts.append(values)
    return SeriesTable(table.names[2:], t, epochs, days, counts)


def _dates(epochs: list[str]) -> list[date] | None:
    try:
        return [date.fromisoformat(epoch) for epoch in epochs]
    except ValueError:
        return None


def cell(value: float) -> str:
    """Write a number so that it reads back exactly; empty for NaN, no decimals for whole numbers."""
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
