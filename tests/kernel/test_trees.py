"""Paths in a tree."""

import pytest

from lianfang.kernel.trees import ids_of_path


@pytest.mark.parametrize(
    "path, ids", [("1/", (1,)), ("1/7/23/", (1, 7, 23)), ("", ()), (None, ()), ("12/120/", (12, 120))]
)
def test_ids_from_the_root_down(path, ids):
    assert ids_of_path(path) == ids


def test_a_path_of_something_else_is_an_error():
    with pytest.raises(ValueError):
        ids_of_path("1/x/")
