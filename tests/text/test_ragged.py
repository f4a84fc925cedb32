"""Lists of unlike lengths in one array."""

import numpy as np
import pytest

from vicugna.text.ragged import ranges, tables


@pytest.mark.parametrize(
    ("starts", "counts", "expected"),
    [
        pytest.param([5, 0], [3, 2], [5, 6, 7, 0, 1], id="two ranges"),
        pytest.param([5, 9, 1], [1, 0, 1], [5, 1], id="one is empty"),
        pytest.param([], [], [], id="none"),
    ],
)
def test_ranges(starts: list[int], counts: list[int], expected: list[int]) -> None:
    assert ranges(np.array(starts, int), np.array(counts, int)).tolist() == expected


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_ranges_are_of_the_type_of_their_starts(kind: type[np.signedinteger]) -> None:
    assert ranges(np.array([1], kind), np.array([2])).dtype == kind


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param(
            [0, 2, 3, 3, 5], [[[2]], [[0, 1], [3, 4]]], id="two lengths and an empty list"
        ),
        pytest.param([0, 0], [], id="only an empty list"),
        pytest.param([0], [], id="no list"),
    ],
)
def test_tables(starts: list[int], expected: list[list[list[int]]]) -> None:
    assert [table.tolist() for table in tables(np.array(starts))] == expected
