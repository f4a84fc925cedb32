"""Recipes: what a user writes, and the line they get when it is wrong."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.scripted import make_recipe
from vicugna.errors import UserError
from vicugna.records import Sampling
from vicugna.settings import Recipe, load_recipe, recipe_names

GOOD = {
    "name": "mine",
    "method": "alpaca",
    "target": 40,
    "languages": {"en": 0.5, "zh": 0.5},
    "seeds_shown": 3,
    "tasks_per_request": 8,
    "sampling": {"new_tasks": {"temperature": 1.0}},
}


def _load(place, text, overrides=None):
    (place / "mine.yaml").write_text(text, encoding="utf-8")
    return load_recipe("mine.yaml", overrides)


def _problem(place, text, overrides=None):
    with pytest.raises(UserError) as told:
        _load(place, text, overrides)
    return str(told.value)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_that_ships_can_be_read(name):
    recipe = load_recipe(name)

    assert recipe.name == name
    assert sum(recipe.targets.values()) == recipe.target


def test_the_recipes_of_the_papers_hold_what_was_published():
    """stanford_alpaca, generate_instruction.py; self-instruct, bootstrap_instructions.py."""
    alpaca, self_instruct = load_recipe("alpaca-52k"), load_recipe("self-instruct-52k")

    assert (alpaca.seeds_shown, alpaca.machine_shown, alpaca.max_f1) == (3, 0, 0.7)
    assert alpaca.sampling["new_tasks"].to_record() == Sampling(1.0, 1.0, 3072)
    assert (self_instruct.seeds_shown, self_instruct.machine_shown) == (6, 2)
    assert self_instruct.max_f1 == 0.7
    asked = self_instruct.sampling["new_instructions"].to_record()
    assert (asked.temperature, asked.top_p, asked.presence_penalty) == (0.7, 0.5, 2.0)
    for purpose in ("input_first", "output_first"):
        sampling = self_instruct.sampling[purpose].to_record()
        assert (sampling.temperature, sampling.presence_penalty) == (0.0, 1.5)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"tarjet": 5}, 'unknown key "tarjet". Known: name, method,', id="unknown key"),
        pytest.param({"teacher": {"nme": 1}}, 'unknown key "teacher.nme"', id="unknown inner key"),
        pytest.param({"languages": {"en": 0.5, "zh": 0.6}}, "add up to 1.1, expected 1", id="sum"),
        pytest.param({"languages": {}}, "add up to 0, expected 1", id="no language"),
        pytest.param({"languages": {"fr": 1.0}}, "should be 'en' or 'zh', got 'fr'", id="french"),
        pytest.param({"languages": {"en": 1.0, "zh": 0}}, "greater than 0, got 0", id="no share"),
        pytest.param({"target": 0}, "target: Input should be greater than or equal", id="nothing"),
        pytest.param({"target": "many"}, "got 'many'", id="not a number"),
        pytest.param({"method": "evolve"}, "should be 'alpaca' or 'self-instruct'", id="method"),
        pytest.param({"name": "My Set"}, "got 'My Set'", id="name with a blank"),
        pytest.param({"name": "../up"}, "got '../up'", id="name that leaves the folder"),
        pytest.param({"name": 123}, "name: Input should be a valid string, got 123", id="number"),
        pytest.param({"sampling": {}}, "new_tasks is missing (method alpaca", id="no sampling"),
        pytest.param(
            {"sampling": {"new_tasks": {}, "input_first": {}}},
            "input_first is not asked by method alpaca",
            id="sampling of the other method",
        ),
        pytest.param({"max_f1": float("nan")}, "max_f1: ", id="not a number at all"),
        pytest.param({"scope": "input"}, "scope: Input should be 'instruction', 'ins", id="scope"),
        pytest.param({"budget": {"usd": float("inf")}}, "budget.usd: ", id="endless money"),
        pytest.param({"budget": {"usd": 0}}, "greater than 0", id="no money"),
        pytest.param({"lookahead": 0}, "lookahead: ", id="no look-ahead"),
        pytest.param({"saturation": {"window": 19}}, "saturation.window: ", id="short window"),
        pytest.param({"teacher": {"base_url": "host"}}, "teacher.base_url: ", id="no address"),
        pytest.param({"teacher": None}, "teacher: ", id="teacher left empty"),
        pytest.param({"formats": "alpaca"}, "formats: ", id="formats as text"),
        pytest.param({1: 2}, "1: Keys should be strings", id="key that is a number"),
    ],
)
def test_a_wrong_recipe_is_told_in_one_line(place, changes, says):
    problem = _problem(place, yaml.safe_dump(GOOD | changes))

    assert problem.startswith("mine.yaml: ")
    assert says in problem
    assert "\n" not in problem


@pytest.mark.parametrize("key", [key for key in GOOD])
def test_a_key_that_is_needed_is_named(place, key):
    problem = _problem(place, yaml.safe_dump({k: v for k, v in GOOD.items() if k != key}))

    assert problem == f"mine.yaml: {key}: Field required."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "mine.yaml:1: expected settings (key: value), got None", id="empty"),
        pytest.param("- a\n- b", "mine.yaml:1: expected settings", id="a list"),
        pytest.param("40", "mine.yaml:1: expected settings", id="a number"),
        pytest.param("a: 1\nb: [1,", "mine.yaml:2: not valid YAML", id="open bracket"),
        pytest.param("a: b: c", "mine.yaml:1: not valid YAML", id="two colons"),
        pytest.param("\ta: 1", "mine.yaml:1: not valid YAML", id="tab"),
        pytest.param("a: 2024-13-45", "mine.yaml: not valid YAML: month", id="no such date"),
        pytest.param("a: 1\n---\na: 2", "mine.yaml:2: not valid YAML", id="two documents"),
        pytest.param("a: !!python/object:os.system x", "not valid YAML", id="code"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(place, text, says):
    assert says in _problem(place, text)


def test_a_recipe_in_another_encoding_is_told_how_to_convert(place):
    (place / "mine.yaml").write_bytes("name: 测试".encode("gbk"))

    with pytest.raises(UserError, match=r"mine\.yaml:1: not UTF-8 .*iconv -f GB18030"):
        load_recipe("mine.yaml")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("smal", 'recipe "smal": not found. Give one of alpaca-52k,', id="mistyped"),
        pytest.param("", 'recipe "": not found', id="empty"),
        pytest.param("../recipes/small", "not found", id="a way out of the folder"),
        pytest.param("no.yaml", "no.yaml: cannot be read: No such file", id="no such file"),
        pytest.param(".yaml", ".yaml: cannot be read", id="no name"),
    ],
)
def test_a_recipe_that_is_not_there(place, name, says):
    with pytest.raises(UserError) as told:
        load_recipe(name)

    assert says in str(told.value)


def test_options_go_over_the_recipe(place):
    text = yaml.safe_dump(GOOD | {"teacher": {"name": "openai", "model": "a"}})
    overrides = {"target": 7, "teacher.model": "b", "seed": None, "budget.requests": 3}

    recipe = _load(place, text, overrides)

    assert (recipe.target, recipe.seed, recipe.budget.requests) == (7, 1, 3)
    assert (recipe.teacher.name, recipe.teacher.model) == ("openai", "b")


@pytest.mark.parametrize("wrong", [None, 5, "openai", ["openai"]])
def test_an_option_over_a_section_that_is_none(place, wrong):
    problem = _problem(place, yaml.safe_dump(GOOD | {"teacher": wrong}), {"teacher.model": "b"})

    assert problem.startswith("mine.yaml: teacher: expected settings (key: value), got ")


@pytest.mark.parametrize(
    ("target", "shares", "targets"),
    [
        pytest.param(400, (0.5, 0.5), (200, 200), id="halves"),
        pytest.param(401, (0.5, 0.5), (201, 200), id="the odd one to the first"),
        pytest.param(1, (0.5, 0.5), (1, 0), id="one"),
        pytest.param(10, (0.7, 0.3), (7, 3), id="not exact in binary"),
        pytest.param(1000, (0.29, 0.71), (290, 710), id="below by rounding"),
    ],
)
def test_the_target_is_shared_out_to_the_last_task(target, shares, targets):
    recipe = make_recipe(target=target, languages=dict(zip(("en", "zh"), shares, strict=True)))

    assert tuple(recipe.targets.values()) == targets


@given(target=st.integers(1, 100_000), percent=st.integers(1, 99))
def test_every_language_gets_its_share_within_a_task(target, percent):
    shares = {"en": percent / 100, "zh": 1 - percent / 100}

    targets = make_recipe(target=target, languages=shares).targets

    assert sum(targets.values()) == target
    for lang, share in shares.items():
        assert abs(targets[lang] - target * share) <= 1


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({"teacher": {"concurrency": 1}}, True, id="concurrency"),
        pytest.param({"teacher": {"timeout_seconds": 1}}, True, id="timeout"),
        pytest.param({"teacher": {"model": "other"}}, False, id="model"),
        pytest.param({"lookahead": 7}, False, id="look-ahead"),
        pytest.param({"seed": 2}, False, id="seed"),
        pytest.param({"max_f1": 0.6}, False, id="gate"),
        pytest.param({"scope": "output"}, False, id="what is compared"),
        pytest.param({"scope": "instruction"}, True, id="the default, written out"),
        pytest.param({"budget": {"usd": 1}}, True, id="budget: it goes on in the same folder"),
        pytest.param({"month_budget": {"usd": 1}}, True, id="budget of the month"),
    ],
)
def test_the_digest_is_of_what_decides_the_result(changes, same):
    plain = Recipe.model_validate(GOOD)
    changed = Recipe.model_validate(GOOD | changes)

    assert (changed.digest == plain.digest) == same
    assert (changed.account == plain.account) == same


def test_other_layouts_are_another_folder_paid_out_of_the_same_account():
    plain = Recipe.model_validate(GOOD)
    changed = Recipe.model_validate(GOOD | {"formats": ["alpaca"]})

    assert changed.digest != plain.digest
    assert changed.account == plain.account


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        make_recipe().target = 5
