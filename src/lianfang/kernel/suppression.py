"""Small-cell suppression: counts that could point at a person are hidden, and sums must not give them away.

One function, :func:`suppress`, for a row of classes, a tree of units or a table with row and column totals. A count
from 1 to ``minimum - 1`` is hidden; zero is shown, because "nobody" is what a zero report states. Then the reader's own
arithmetic is played through: from every shown sum, the range of each hidden count is narrowed as far as it goes, sums
are subtracted from each other, and while a hidden small count could be worked out exactly, the smallest further count
of that sum is hidden too.

Method: interval propagation and elimination over the linear constraints (the audit of cell suppression, e.g. Willenborg
and de Waal, Elements of Statistical Disclosure Control, Springer 2001, ch. 4). For sums that do not cross (rows, trees)
this is exact; where they cross (row and column totals) it finds what follows by either way, not by both together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from fractions import Fraction
from typing import TypeVar

DEFAULT_MINIMUM = 3
K = TypeVar("K", bound=Hashable)


def suppress(
    counts: Mapping[K, int],
    sums: Mapping[K, Iterable[K]] | None = None,
    *,
    minimum: int = DEFAULT_MINIMUM,
    known: Collection[K] = (),
) -> dict[K, int | None]:
    """The counts as they may be shown; None where a count is hidden.

    ``counts`` holds every figure shown, sums included, by any key. ``sums`` says which key is the sum of which others
    (a school of its classes, a column total of its rows, expected = present + absent). ``known`` are counts that the
    reader has in any case (the total that a school signed): never hidden, and zeros may be hidden beside a small count
    to protect it; what they alone give away stays as it is. Raises ``ValueError`` for a negative count, ``KeyError``
    for an unknown key, ``ValueError`` for a sum that does not add up.
    """
    relations = {total: tuple(parts) for total, parts in (sums or {}).items()}
    for total, parts in relations.items():
        if counts[total] != sum(counts[part] for part in parts):
            raise ValueError(f"the sum {total!r} does not add up")
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is never negative")
    fixed = frozenset(known)
    small = {key for key, count in counts.items() if 0 < count < minimum} - fixed
    hidden = set(small)
    while True:
        exposed = _exposed(counts, relations, hidden, small, minimum, 0 if fixed else 1)
        more = _companions(counts, relations, hidden, exposed, fixed) if exposed else set()
        if not more:
            return {key: None if key in hidden else count for key, count in counts.items()}
        hidden.update(more)


def _exposed(
    counts: Mapping[K, int],
    relations: Mapping[K, tuple[K, ...]],
    hidden: set[K],
    small: set[K],
    minimum: int,
    least: int,
) -> set[K]:
    """The small hidden counts that a reader can work out from what is shown; a hidden count is at least ``least``.

    A reader may guess that a hidden part is small, so it is held to be below ``minimum``; of a hidden sum nobody can say
    whether it was small itself or went as a companion.
    """
    highest = max(counts.values(), default=0) + minimum
    ceiling = minimum - 1 if minimum > 2 else highest
    low = {key: least if key in hidden else count for key, count in counts.items()}
    high = {
        key: (ceiling if key in small and key not in relations else highest) if key in hidden else count
        for key, count in counts.items()
    }
    changed = True
    while changed:
        changed = False
        for total, parts in relations.items():
            if not any(key in hidden for key in (total, *parts)):
                continue
            parts_low, parts_high = sum(low[p] for p in parts), sum(high[p] for p in parts)
            bounds = [(total, parts_low, parts_high)]
            bounds += [
                (part, low[total] - (parts_high - high[part]), high[total] - (parts_low - low[part])) for part in parts
            ]
            for key, at_least, at_most in bounds:
                if key in hidden and (at_least > low[key] or at_most < high[key]):
                    low[key], high[key] = max(low[key], at_least), min(high[key], at_most)
                    changed = True
    determined = _determined(relations, hidden)
    return {key for key in small if low[key] == high[key] or key in determined}


def _determined(relations: Mapping[K, tuple[K, ...]], hidden: set[K]) -> set[K]:
    """The hidden counts that follow from adding and subtracting the sums alone (Gauss-Jordan elimination)."""
    solved: dict[K, dict[K, Fraction]] = {}
    for total, parts in relations.items():
        row = {part: Fraction(1) for part in parts if part in hidden}
        if total in hidden:
            row[total] = Fraction(-1)
        for key in [key for key in row if key in solved]:
            _subtract(row, solved[key], row[key])
        if not row:
            continue
        pivot = next(iter(row))
        factor = row[pivot]
        row = {key: value / factor for key, value in row.items()}
        for other in solved.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        solved[pivot] = row
    return {pivot for pivot, row in solved.items() if len(row) == 1}


def _subtract(row: dict[K, Fraction], other: Mapping[K, Fraction], times: Fraction) -> None:
    for key, value in other.items():
        left = row.get(key, Fraction()) - times * value
        if left:
            row[key] = left
        else:
            row.pop(key, None)


def _companions(
    counts: Mapping[K, int],
    relations: Mapping[K, tuple[K, ...]],
    hidden: set[K],
    exposed: set[K],
    fixed: frozenset[K],
) -> set[K]:
    """For the exposed counts: the cheapest further counts to hide, one for each sum that could give them away."""
    chosen: set[K] = set()
    for total, parts in relations.items():
        if not any(key in exposed for key in (total, *parts)):
            continue
        shown = [part for part in parts if part not in hidden | fixed and (fixed or counts[part] > 0)]
        if shown:
            chosen.add(min(shown, key=lambda part: counts[part]))
        elif total not in hidden | fixed:
            chosen.add(total)
    return chosen or {key for key in counts if key not in hidden | fixed and counts[key] > 0}
