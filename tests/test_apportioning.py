"""A whole number divided by weights."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.apportioning import apportion


@pytest.mark.parametrize(
    ("count", "weights", "parts"),
    [
        pytest.param(10, (2, 1), (7, 3), id="largest remainder"),
        pytest.param(2, (1, 1, 1), (1, 1, 0), id="the first of equals"),
        pytest.param(7, (3, 4), (3, 4), id="counts of their own sum"),
        pytest.param(0, (1, 2), (0, 0), id="nothing"),
        pytest.param(1, (0.1, 0.2), (0, 1), id="one"),
        pytest.param(100, (0.29, 0.71), (29, 71), id="not exact in binary"),
        pytest.param(5, (0, 3), (0, 5), id="a weight of nothing"),
    ],
)
def test_parts(count, weights, parts):
    assert apportion(count, dict(enumerate(weights))) == dict(enumerate(parts))


WEIGHTS = st.lists(st.integers(1, 10_000) | st.floats(0.001, 1000), min_size=1, max_size=15)


@given(st.integers(0, 100_000), WEIGHTS)
def test_parts_add_up_and_are_exact_within_one(count, weights):
    parts = apportion(count, dict(enumerate(weights)))

    assert sum(parts.values()) == count
    for place, weight in enumerate(weights):
        exact = count * weight / sum(weights)
        assert floor(exact - 1e-6) <= parts[place] <= floor(exact + 1e-6) + 1


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=15).filter(any))
def test_counts_of_their_own_sum_come_back(counts):
    weights = {place: float(count) for place, count in enumerate(counts)}

    assert apportion(sum(counts), weights) == weights
