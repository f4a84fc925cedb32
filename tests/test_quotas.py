"""Quotas: what a stratum asks for at once, and when it waits or is saturated."""

import pytest

from tests.scripted import make_recipe
from vicugna.quotas import open_quotas


def _quota(target=13, **changes):
    recipe = make_recipe(target=2 * target, types={"math": 1}, **changes)
    return open_quotas(recipe, recipe.strata)["zh", "math"]


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        pytest.param(1, 2, id="one"),
        pytest.param(6, 8, id="one full question"),
        pytest.param(7, 5, id="two halves"),
        pytest.param(13, 6, id="three thirds"),
        pytest.param(1000, 8, id="many"),
        pytest.param(0, 8, id="none"),
    ],
)
def test_a_type_asks_for_equal_parts_of_what_it_takes(target, asked):
    """A fifth is expected to be rejected, and no question asks for more than the recipe says."""
    recipe = make_recipe(target=2, tasks_per_request=8, types={"math": 1})

    assert open_quotas(recipe, {("zh", "math"): target})["zh", "math"].asked == asked


def test_without_types_a_question_asks_for_what_the_recipe_says():
    recipe = make_recipe(target=2, tasks_per_request=8)

    assert [quota.asked for quota in open_quotas(recipe, recipe.strata).values()] == [8, 8]


@pytest.mark.parametrize(
    ("types", "ahead"),
    [
        pytest.param({}, [6], id="any"),
        pytest.param({"math": 1, "writing": 1}, [3, 3], id="halves"),
        pytest.param({"math": 5, "writing": 1}, [5, 1], id="at least one"),
    ],
)
def test_types_share_the_chains_that_a_language_may_begin(types, ahead):
    recipe = make_recipe(target=24, languages={"zh": 1.0}, lookahead=6, types=types)

    assert [quota.ahead for quota in open_quotas(recipe, recipe.strata).values()] == ahead


def test_a_chain_that_is_not_read_holds_back_those_that_show_its_tasks():
    quota = _quota(lookahead=2)
    for _ in range(quota.ahead):
        assert not quota.is_ahead
        quota.begin()
    assert quota.is_ahead

    quota.unread.discard(0)
    assert not quota.is_ahead


def test_what_is_missing_counts_what_is_under_way():
    quota = _quota(13)
    assert quota.missing == 13

    quota.begin()
    assert quota.missing == pytest.approx(13 - quota.asked * 0.8)

    quota.close()
    quota.kept = 13
    assert quota.missing == 0


@pytest.mark.parametrize(("kept", "saturated"), [(5, False), (4, True)], ids=["floor", "below"])
def test_saturation_is_too_few_of_a_whole_window(kept, saturated):
    quota = _quota()
    for number in range(20):
        assert not quota.saturated
        quota.note(kept=number < kept, window=20, min_accepted=0.25)

    assert quota.saturated == saturated
    assert quota.name == "zh math"
