"""Small counts are hidden, and nobody can work them out from what is left."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernel.suppression import suppress


@pytest.mark.parametrize(
    "parts, shown, total_shown",
    [
        ([0, 0, 0], [0, 0, 0], True),
        ([5, 6, 7], [5, 6, 7], True),
        # one small count: the next smallest goes with it
        ([1, 5, 9], [None, None, 9], True),
        ([2, 5, 5], [None, None, 5], True),
        # zero is a statement of its own and never the companion
        ([1, 0, 9], [None, 0, None], True),
        # two small ones hide each other, as long as their sum says nothing
        ([1, 2, 9], [None, None, 9], True),
        # 1 + 1 = 2 and 2 + 2 = 4 say everything
        ([1, 1, 9], [None, None, None], True),
        ([2, 2, 9], [None, None, None], True),
        # nothing else to hide: the sum goes
        ([1, 1, 1], [None, None, None], False),
        ([2, 2, 0], [None, None, 0], False),
        ([2, 0, 0], [None, 0, 0], False),
    ],
)
def test_a_row_with_its_sum(parts, shown, total_shown):
    counts: dict[object, int] = dict(enumerate(parts))
    counts["all"] = sum(parts)
    sums: dict[object, list[object]] = {"all": list(range(len(parts)))}
    result = suppress(counts, sums)
    assert [result[index] for index in range(len(parts))] == shown
    assert (result["all"] is not None) is total_shown


def test_without_sums_only_small_counts_go():
    assert suppress({"a": 1, "b": 2, "c": 3, "d": 0}) == {"a": None, "b": None, "c": 3, "d": 0}
    assert suppress({"a": 1, "b": 9}, minimum=10) == {"a": None, "b": None}
    assert suppress({"a": 1, "b": 9}, minimum=1) == {"a": 1, "b": 9}
    assert suppress({}) == {}


def test_a_tree_of_units():
    counts = {"3-1": 1, "3-2": 4, "3": 5, "4-1": 6, "4-2": 7, "4": 13, "school": 18}
    result = suppress(counts, {"3": ["3-1", "3-2"], "4": ["4-1", "4-2"], "school": ["3", "4"]})
    assert result["3-1"] is result["3-2"] is None
    assert (result["3"], result["4"], result["school"]) == (5, 13, 18)


def test_a_minimum_of_two_hides_single_persons():
    result = suppress({"a": 1, "b": 4, "all": 5}, {"all": ["a", "b"]}, minimum=2)
    assert result == {"a": None, "b": None, "all": 5}


def test_crossing_sums_are_subtracted_from_each_other():
    counts = {"a": 0, "b": 2, "c": 1, "d": 1, "e": 1, "f": 2, "top": 3, "low": 4, "left": 1, "mid": 3, "right": 3}
    sums = {"top": "abc", "low": "def", "left": "ad", "mid": "be", "right": "cf"}
    result = suppress(counts, sums)
    shown = {key for key, count in result.items() if count is not None}
    assert not {"top", "low", "mid", "right"} <= shown  # low - (mid + right - top) would be d


def test_what_the_reader_knows_already_is_never_hidden():
    counts = {"3-1": 1, "3-2": 0, "3-3": 0, "school": 1}
    result = suppress(counts, {"school": ["3-1", "3-2", "3-3"]}, known=["school"])
    assert result["school"] == 1
    assert result["3-1"] is None
    assert [result["3-2"], result["3-3"]].count(None) == 1


def test_wrong_tables_are_refused():
    with pytest.raises(ValueError):
        suppress({"a": -1})
    with pytest.raises(ValueError):
        suppress({"a": 1, "all": 2}, {"all": ["a"]})
    with pytest.raises(KeyError):
        suppress({"a": 1}, {"all": ["a"]})


def possible_values(result, sums, parts, highest):
    """By brute force: every value of every hidden part in any table that agrees with what is shown."""
    hidden = [key for key in parts if result[key] is None]
    values: dict[object, set[int]] = {key: set() for key in hidden}
    for guess in product(range(1, highest + 1), repeat=len(hidden)):
        table = {**{key: result[key] for key in parts}, **dict(zip(hidden, guess, strict=True))}
        fits = True
        for total, members in sums.items():
            worked_out = sum(table[m] for m in members)
            fits = fits and (result[total] is None or worked_out == result[total])
        if fits:
            for key, value in zip(hidden, guess, strict=True):
                values[key].add(value)
    return values


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_no_row_gives_a_small_count_away(parts):
    counts: dict[object, int] = dict(enumerate(parts))
    counts["all"] = sum(parts)
    sums: dict[object, list[object]] = {"all": list(range(len(parts)))}
    result = suppress(counts, sums)
    found = possible_values(result, sums, range(len(parts)), 8)
    for key, count in enumerate(parts):
        assert result[key] in (None, count)
        if 0 < count < 3:
            assert result[key] is None
            assert len(found[key]) > 1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_no_table_with_both_sums_gives_a_small_count_away(cells):
    rows, columns = 2, 3
    parts = [(r, c) for r in range(rows) for c in range(columns)]
    counts: dict[object, int] = dict(zip(parts, cells, strict=True))
    sums: dict[object, list[tuple[int, int]]] = {}
    for r in range(rows):
        sums["row", r] = [(r, c) for c in range(columns)]
    for c in range(columns):
        sums["column", c] = [(r, c) for r in range(rows)]
    for total, members in sums.items():
        counts[total] = sum(counts[m] for m in members)
    result = suppress(counts, sums)
    found = possible_values(result, sums, parts, 5)
    for key in parts:
        if 0 < counts[key] < 3:
            assert len(found[key]) > 1, (cells, result)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=40))
def test_a_school_of_many_classes_keeps_its_sum_where_it_can(parts):
    counts: dict[object, int] = dict(enumerate(parts))
    counts["all"] = sum(parts)
    sums: dict[object, list[object]] = {"all": list(range(len(parts)))}
    result = suppress(counts, sums)
    hidden = [key for key in range(len(parts)) if result[key] is None]
    assert len(hidden) != 1 or result["all"] is None
    if sum(count >= 3 for count in parts) >= 2:
        assert result["all"] == sum(parts)
