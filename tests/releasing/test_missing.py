"""What a set lacks, per language and type."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scripted import make_recipe
from vicugna.releasing.missing import find_missing

BOTH = {"math": 2, "writing": 1}
MATH, WRITING = ("zh", "math"), ("zh", "writing")


def _missing(rows, add=None, target=30, types=BOTH):
    return find_missing(make_recipe(target=target, languages={"zh": 1.0}, types=types), rows, add)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        pytest.param({}, {MATH: 20, WRITING: 10}, id="a new set"),
        pytest.param({MATH: 20, WRITING: 7, ("zh", ""): 27}, {WRITING: 3}, id="one type short"),
        pytest.param({MATH: 25, WRITING: 10, ("zh", ""): 35}, {}, id="more than wanted"),
        pytest.param(
            {MATH: 25, WRITING: 5, ("zh", ""): 30}, {WRITING: 5}, id="the wrong type is no stand-in"
        ),
        pytest.param(
            {("zh", ""): 30}, {MATH: 20, WRITING: 10}, id="rows without a type are no stand-in"
        ),
    ],
)
def test_up_to_the_target_each_type_lacks_its_own(rows, missing):
    assert _missing(rows) == missing


@pytest.mark.parametrize(
    ("rows", "add", "missing"),
    [
        pytest.param({}, 3, {MATH: 2, WRITING: 1}, id="by the shares"),
        pytest.param({MATH: 20, WRITING: 10}, 3, {MATH: 2, WRITING: 1}, id="still by the shares"),
        pytest.param({MATH: 20, WRITING: 4}, 3, {WRITING: 3}, id="all to what is behind"),
        pytest.param({MATH: 2, WRITING: 1}, 1, {MATH: 1}, id="one row"),
        pytest.param({MATH: 3, WRITING: 1}, 1, {WRITING: 1}, id="the next one"),
    ],
)
def test_what_is_added_brings_types_to_their_shares(rows, add, missing):
    assert _missing(rows, add) == missing


def test_without_types_languages_count_all_their_rows():
    rows = {("en", ""): 9, ("zh", ""): 12}
    recipe = make_recipe(target=24)

    assert find_missing(recipe, rows, None) == {("en", ""): 3}
    assert find_missing(recipe, rows, 5) == {("en", ""): 3, ("zh", ""): 2}


@given(st.integers(1, 40), st.integers(2, 12), st.integers(1, 30), st.integers(1, 30))
def test_nights_that_add_come_to_the_shares_within_a_row(add, nights, math, writing):
    recipe = make_recipe(target=1, types={"math": math, "writing": writing})
    rows = Counter()
    for _ in range(nights):
        rows.update(find_missing(recipe, rows, add))

    assert rows.total() == add * nights
    for lang in recipe.languages:
        total = rows[lang, "math"] + rows[lang, "writing"]
        assert abs(rows[lang, "math"] - total * math / (math + writing)) < 1
