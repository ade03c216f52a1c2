"""Where a place may lie, what a tap is for, how a seat plan is read: without a database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lianfang.rulepacks.catalogs.organisation import PlaceKind

DEEPEST = 200  # characters of a path
PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,6}[A-Z0-9\u5b66\u8b66\u6302\u9886]?")
MOST_SEATS = 100
MOST_ROWS, MOST_COLUMNS = 20, 20
PlacingFault = Literal["unknown", "top", "under"]


def placing_fault(kind: str, above: str | None, kinds: Mapping[str, PlaceKind]) -> PlacingFault | None:
    """What is wrong with a place of `kind` in a place of kind `above` (None: at the top), or None."""
    known = kinds.get(kind)
    if known is None:
        return "unknown"
    if above is None:
        return None if known.top else "top"
    return None if above in known.under else "under"


def is_inside(path: str, other: str) -> bool:
    """Whether the place with `path` is the one with the path `other`, or lies in it: it cannot hold that one."""
    return path.startswith(other)


def moved_path(path: str, from_path: str, to_path: str) -> str:
    """The path of something in a moved place: `from_path` is the moved place's old path, `to_path` its new one."""
    return to_path + path.removeprefix(from_path)


def taps_short(taps: int | None, persons: int, persons_per_tap: int) -> int:
    """How many taps are missing by the standard (one for every `persons_per_tap` persons begun); 0 when it is met or
    the number of taps is not known."""
    if taps is None or persons_per_tap <= 0:
        return 0
    return max(0, -(-persons // persons_per_tap) - taps)


def clean_plate(text: str) -> str:
    """A number plate as it is kept: no spaces and dots, capital letters."""
    return re.sub(r"[\s·.\-]", "", text).upper()


def is_plate(text: str) -> bool:
    """Whether a cleaned text is a number plate of the mainland."""
    return PLATE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows × columns of desks; `aisles` are the columns after which a gangway runs."""

    rows: int
    columns: int
    aisles: tuple[int, ...] = ()


SeatFault = Literal["rows", "columns", "aisles", "outside", "twice_seat", "twice_person"]


def grid_fault(grid: Grid) -> SeatFault | None:
    """What is wrong with a grid, or None: 1-20 rows and columns, gangways between columns, each once."""
    if not 1 <= grid.rows <= MOST_ROWS:
        return "rows"
    if not 1 <= grid.columns <= MOST_COLUMNS:
        return "columns"
    if len(set(grid.aisles)) != len(grid.aisles) or any(not 1 <= a < grid.columns for a in grid.aisles):
        return "aisles"
    return None


Cell = tuple[int, int]


def seats_fault(grid: Grid, seats: Sequence[tuple[int, int, int]]) -> tuple[SeatFault, int] | None:
    """The first wrong one of (row, column, person) and what is wrong with it, or None."""
    cells: set[Cell] = set()
    people: set[int] = set()
    for index, (row, column, person) in enumerate(seats):
        if not (1 <= row <= grid.rows and 1 <= column <= grid.columns):
            return "outside", index
        if (row, column) in cells:
            return "twice_seat", index
        if person in people:
            return "twice_person", index
        cells.add((row, column))
        people.add(person)
    return None


def filled_in_order(grid: Grid, people: Sequence[int]) -> dict[Cell, int]:
    """Persons row by row from the front left, in the order given; who has no desk left stays without one."""
    cells = ((row, column) for row in range(1, grid.rows + 1) for column in range(1, grid.columns + 1))
    return dict(zip(cells, people, strict=False))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody at a desk next to another one, also over a corner. `across_aisle`: a gangway lies between."""

    person_id: int
    side: Literal["front", "behind", "left", "right", "corner"]
    across_aisle: bool


def neighbours(grid: Grid, seats: Mapping[Cell, int], person_id: int) -> list[Neighbour]:
    """Who sits on the up to eight desks around a person, front row first; empty for who has no seat."""
    own = next((cell for cell, person in seats.items() if person == person_id), None)
    if own is None:
        return []
    row, column = own
    found = []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            beside = seats.get((row + down, column + right))
            if beside is None or beside == person_id:
                continue
            side: Literal["front", "behind", "left", "right", "corner"] = "corner"
            if right == 0:
                side = "front" if down < 0 else "behind"
            elif down == 0:
                side = "left" if right < 0 else "right"
            crossed = right != 0 and min(column, column + right) in grid.aisles
            found.append(Neighbour(beside, side, crossed))
    return found


__all__ = [
    "Cell",
    "Grid",
    "Neighbour",
    "clean_plate",
    "filled_in_order",
    "grid_fault",
    "is_inside",
    "is_plate",
    "moved_path",
    "neighbours",
    "placing_fault",
    "seats_fault",
    "taps_short",
]
