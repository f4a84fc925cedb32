"""Types of tasks in a recipe: how many of each, in each language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.scripted import make_recipe
from vicugna.errors import UserError
from vicugna.records import TASK_TYPES
from vicugna.settings import Recipe, load_recipe

BOTH = {"math": 2, "writing": 1}


def test_a_recipe_without_types_wants_any():
    assert make_recipe(target=5).strata == {("en", ""): 3, ("zh", ""): 2}


def test_types_that_are_given_once_are_those_of_every_language():
    assert make_recipe(target=12, types=BOTH).strata == {
        ("en", "math"): 4,
        ("en", "writing"): 2,
        ("zh", "math"): 4,
        ("zh", "writing"): 2,
    }


def test_languages_may_want_different_types():
    types = {"zh": {"translation": 1}, "en": {"math": 1, "coding": 3}}
    recipe = make_recipe(target=8, types=types, languages={"en": 0.5, "zh": 0.5})

    assert recipe.strata == {
        ("en", "math"): 1,
        ("en", "coding"): 3,
        ("zh", "translation"): 4,
    }


@given(
    target=st.integers(1, 5000),
    weights=st.dictionaries(st.sampled_from(TASK_TYPES), st.integers(1, 99), min_size=1),
)
def test_types_add_up_to_their_language(target, weights):
    recipe = make_recipe(target=target, types=weights)

    for lang, wanted in recipe.targets.items():
        counts = [count for (one, _), count in recipe.strata.items() if one == lang]
        assert sum(counts) == wanted


@pytest.mark.parametrize(
    ("types", "complaint"),
    [
        pytest.param({"maths": 1}, "types.en.maths", id="unknown"),
        pytest.param({"math": 0}, "types.en.math", id="no weight"),
        pytest.param({"math": -1}, "types.en.math", id="less than none"),
        pytest.param({"math": float("inf")}, "types.en.math", id="no number"),
        pytest.param({"en": {"math": 1}}, "zh must be in both languages and types", id="not zh"),
        pytest.param({"en": BOTH, "zh": {}}, "types.zh", id="none of a language"),
        pytest.param({"en": BOTH, "math": 1}, "types.math", id="both ways"),
        pytest.param(["math"], "types", id="a list"),
        pytest.param("math", "types", id="a word"),
    ],
)
def test_types_that_are_none(types, complaint):
    with pytest.raises(ValidationError) as refused:
        make_recipe(types=types)

    problem = refused.value.errors()[0]
    said = ".".join(map(str, problem["loc"])) + " " + problem["msg"]
    assert complaint in said


def test_a_mistyped_type_is_one_line_with_those_there_are(place):
    with pytest.raises(UserError, match=r"types\.en\.maths: Input should be 'brainstorming', "):
        load_recipe("small", {"types": {"maths": 1}})


def test_a_language_of_types_that_is_none_of_the_recipe():
    with pytest.raises(ValidationError, match="zh must be in both languages and types"):
        make_recipe(languages={"en": 1.0}, types={"en": BOTH, "zh": BOTH})


def test_recipes_without_types_keep_the_digests_they_had():
    """So that their folders and what they have paid are found again."""
    recipe = load_recipe("small")

    assert "types" not in recipe.decisive()
    assert recipe.digest != load_recipe("small", {"types": BOTH}).digest


def test_a_recipe_with_types_is_the_same_after_a_way_as_json():
    recipe = make_recipe(types=BOTH)

    again = Recipe.model_validate(recipe.model_dump(mode="json"))

    assert (again, again.digest, again.account) == (recipe, recipe.digest, recipe.account)
