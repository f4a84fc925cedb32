"""Texts from rules: slots are filled once, capitals kept, values left alone."""

import random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.grammar import fill, rules_of, table_of, write

RULES = {
    "say": ["{pet} likes {pet}"],
    "start": ["{Pet} is here"],
    "pet": ["the cat"],
    "nested": ["<{start}>"],
}


@pytest.mark.parametrize(
    ("rule", "slots", "text"),
    [
        pytest.param("say", {}, "the cat likes the cat", id="one choice for the whole task"),
        pytest.param("start", {}, "The cat is here", id="capital name, capital letter"),
        pytest.param("nested", {}, "<The cat is here>", id="rules within rules"),
        pytest.param("say", {"pet": "{x}"}, "{x} likes {x}", id="given values are not filled"),
        pytest.param("start", {"pet": ""}, " is here", id="empty value"),
        pytest.param("start", {"pet": "狗"}, "狗 is here", id="a value without capitals"),
    ],
)
def test_write(rule: str, slots: dict[str, str], text: str):
    assert write(random.Random(0), RULES, rule, slots) == text


def test_drawn_choices_are_remembered():
    slots: dict[str, str] = {}
    write(random.Random(0), RULES, "say", slots)
    assert slots == {"pet": "the cat"}


def test_braces_that_are_not_a_name_stay():
    assert fill(random.Random(0), RULES, "{} { pet } {pet}", {}) == "{} { pet } the cat"


def test_an_unknown_name_is_a_bug():
    with pytest.raises(KeyError):
        fill(random.Random(0), RULES, "{nobody}", {})


@pytest.mark.parametrize("lang", LANGS)
def test_rules_and_tables_of_a_data_file(lang: Lang):
    rules = rules_of("language_idioms", lang)
    assert "friend" in rules
    assert "items" not in rules
    assert {"idiom", "meaning"} <= table_of("language_idioms", lang)[0].keys()
