"""What an authority may see of the classes of a school: counts with small cells hidden, never who (D8).

All classes of an institution go through one table, whatever page asks, so that no two pages can be subtracted from each
other. The institution's own sums are known to the authority: they are what it signed and sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lianfang.kernel.suppression import suppress

HEAD_COUNTS = ("registered", "excused", "expected", "unanswered")
Shown = Mapping[str, int | None]


def class_table(rows: Mapping[int, Mapping[str, int]], fields: Sequence[str]) -> dict[int, dict[str, int | None]]:
    """The counts of each class as an authority may see them, by unit id; None where a count is hidden.

    `rows`: the counts of every class that answered. Head counts are no health data and stay. The sums of the columns
    and the equations of each row (absent is the sum of its causes, expected of present and absent) are part of what is
    played through.
    """
    counts: dict[tuple[object, str], int] = {}
    sums: dict[tuple[object, str], list[tuple[object, str]]] = {}
    for unit_id, row in rows.items():
        for name in fields:
            counts[unit_id, name] = row.get(name, 0)
        for total, parts in _row_sums(fields):
            if row.get(total, 0) == sum(row.get(part, 0) for part in parts):
                sums[unit_id, total] = [(unit_id, part) for part in parts]
    known: list[tuple[object, str]] = []
    for name in fields:
        counts["sum", name] = sum(row.get(name, 0) for row in rows.values())
        sums["sum", name] = [(unit_id, name) for unit_id in rows]
        known.append(("sum", name))
        if name in HEAD_COUNTS:
            known.extend((unit_id, name) for unit_id in rows)
    shown = suppress(counts, sums, known=known)
    return {unit_id: {name: shown[unit_id, name] for name in fields} for unit_id in rows}


def _row_sums(fields: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Which field of a row is the sum of which others, as far as all of them are shown."""
    equations = [
        ("absent", ["absent_ill", "absent_other", "absent_unknown"]),
        ("expected", ["present", "absent", "unanswered"]),
    ]
    return [(total, parts) for total, parts in equations if {total, *parts} <= set(fields)]
