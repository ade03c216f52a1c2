"""Small-cell suppression: counts that could point at a person are hidden, and sums must not give them away.

One function, :func:`suppress`, for a row of classes, a tree of units or a table with row and column totals. A count
from 1 to ``minimum - 1`` is hidden; zero is shown, because "nobody" is what a zero report states. Then the reader's own
arithmetic is played through: from every shown sum, the range of each hidden count is narrowed as far as it goes, and
while a hidden small count could be worked out exactly, the smallest further count of that sum is hidden too.

Method: interval propagation over the linear constraints (the "feasibility interval" audit of cell suppression, e.g.
Willenborg and de Waal, Elements of Statistical Disclosure Control, Springer 2001, ch. 4).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

DEFAULT_MINIMUM = 3
K = TypeVar("K", bound=Hashable)


def suppress(
    counts: Mapping[K, int],
    sums: Mapping[K, Iterable[K]] | None = None,
    *,
    minimum: int = DEFAULT_MINIMUM,
) -> dict[K, int | None]:
    """The counts as they may be shown; None where a count is hidden.

    ``counts`` holds every figure shown, sums included, by any key. ``sums`` says which key is the sum of which others
    (a school of its classes, a column total of its rows, expected = present + absent). Raises ``ValueError`` for a
    negative count, ``KeyError`` for an unknown key, ``ValueError`` for a sum that does not add up.
    """
    relations = {total: tuple(parts) for total, parts in (sums or {}).items()}
    for total, parts in relations.items():
        if counts[total] != sum(counts[part] for part in parts):
            raise ValueError(f"the sum {total!r} does not add up")
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is never negative")
    small = {key for key, count in counts.items() if 0 < count < minimum}
    hidden = set(small)
    while True:
        exposed = _exposed(counts, relations, hidden, small, minimum)
        if not exposed:
            return {key: None if key in hidden else count for key, count in counts.items()}
        hidden.update(_companions(counts, relations, hidden, exposed))


def _exposed(
    counts: Mapping[K, int], relations: Mapping[K, tuple[K, ...]], hidden: set[K], small: set[K], minimum: int
) -> set[K]:
    """The small hidden counts that a reader can work out from what is shown."""
    highest = max(counts.values(), default=0) + minimum
    low = {key: 1 if key in hidden else count for key, count in counts.items()}
    high = {
        key: (minimum - 1 if key in small else highest) if key in hidden else count for key, count in counts.items()
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
    return {key for key in small if low[key] == high[key] and _is_tied(key, relations)}


def _is_tied(key: K, relations: Mapping[K, tuple[K, ...]]) -> bool:
    """Whether any sum says something about the count; with a minimum of 2 a hidden count is 1 in any case."""
    return any(key == total or key in parts for total, parts in relations.items())


def _companions(
    counts: Mapping[K, int], relations: Mapping[K, tuple[K, ...]], hidden: set[K], exposed: set[K]
) -> set[K]:
    """For the exposed counts: the cheapest further counts to hide, one for each sum that could give them away."""
    chosen: set[K] = set()
    for total, parts in relations.items():
        if not any(key in exposed for key in (total, *parts)):
            continue
        shown = [part for part in parts if part not in hidden and counts[part] > 0]
        if shown:
            chosen.add(min(shown, key=lambda part: counts[part]))
        elif total not in hidden:
            chosen.add(total)
    return chosen or {key for key in counts if key not in hidden and counts[key] > 0}
