"""What every kind about quantities owes, in both languages, and how numbers are written."""

from fractions import Fraction
from itertools import chain
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from tests.teachers.offline.quantity_draws import draw, value
from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kind import Instance, Kind, load_words
from vicugna.teachers.offline.kinds import (
    budget,
    calendar,
    clock,
    measures,
    money,
    numerals,
    quantities,
    tables,
)
from vicugna.teachers.offline.kinds.quantities_common import (
    amount,
    capital,
    counted,
    fill,
    listed,
    number,
    person,
    posed,
    several,
)
from vicugna.text.tokens import tokens

MODULES = (budget, calendar, clock, measures, money, numerals, quantities, tables)
KINDS = tuple(chain.from_iterable(module.KINDS for module in MODULES))
both = pytest.mark.parametrize("lang", LANGS)
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
ENOUGH = 60
LIMIT = 0.7
LENGTHS = {"en": (4, 100), "zh": (8, 150)}


def written_length(text: str, lang: Lang) -> int:
    return len(text.split()) if lang == "en" else len(text)


def test_names_are_unique_and_types_are_known():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 18
    assert {kind.type for kind in KINDS} <= set(TASK_TYPES)
    assert len({kind.type for kind in KINDS}) >= 5


@both
@each
def test_a_draw_is_complete_and_its_check_stands_in_the_output(kind: Kind, lang: Lang):
    low, high = LENGTHS[lang]
    for task in draw(kind, lang):
        assert low <= written_length(task.instruction, lang) <= high
        assert task.instruction.rstrip()[-1] not in ":："
        assert len({instance.input for instance in task.instances}) == len(task.instances)
        for instance in task.instances:
            assert instance.check
            assert instance.check in instance.output
            assert instance.output not in (instance.input, task.instruction)
            assert not set("{}") & set(task.instruction + instance.input + instance.output)
            assert kind.is_classification is (
                instance.output == instance.check and kind.is_classification
            )


@both
@each
def test_the_same_seed_gives_the_same_task(kind: Kind, lang: Lang):
    assert list(draw(kind, lang, 40)) == list(draw(kind, lang, 40))


@both
@each
def test_enough_draws_are_novel_to_each_other(kind: Kind, lang: Lang):
    kept: list[list[str]] = []
    for task in draw(kind, lang, 400):
        found = tokens(task.instruction)
        if all(
            2 * LCSseq.similarity(found, other) <= LIMIT * (len(found) + len(other))
            for other in kept
        ):
            kept.append(found)
        if len(kept) == ENOUGH:
            return
    pytest.fail(f"{kind.name} ({lang}): {len(kept)} of 400 are novel")


@each
def test_a_language_keeps_to_its_script(kind: Kind):
    for task in draw(kind, "en", 100):
        assert not any("\u3000" <= letter <= "\uffef" for letter in task.instruction)
    for task in draw(kind, "zh", 100):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in task.instruction)
        assert not set(",;?!") & set(task.instruction)


@pytest.mark.parametrize(
    ("given_value", "lang", "places", "padded", "expected"),
    [
        (1234567, "en", 2, False, "1,234,567"),
        (1234567, "zh", 2, False, "1234567"),
        (Fraction(1, 8), "en", 2, False, "0.13"),
        (Fraction(-1, 8), "zh", 2, False, "-0.13"),
        (Fraction(-1, 1000), "en", 2, False, "0"),
        (Fraction(5, 2), "zh", 0, False, "3"),
        (Fraction(12, 10), "en", 3, False, "1.2"),
        (26, "zh", 1, True, "26.0"),
    ],
    ids=[
        "groups thousands in English",
        "groups nothing in Chinese",
        "rounds half up",
        "rounds half away from zero",
        "has no negative zero",
        "rounds to whole numbers",
        "drops trailing zeros",
        "keeps them when padded",
    ],
)
def test_number(given_value, lang, places, padded, expected):
    assert number(given_value, lang, places, padded=padded) == expected


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**4), st.integers(0, 6))
def test_a_written_number_is_within_half_a_step(top: int, bottom: int, places: int):
    exact = Fraction(top, bottom)
    for lang in LANGS:
        assert abs(value(number(exact, lang, places)) - exact) <= Fraction(1, 2 * 10**places)


@pytest.mark.parametrize(
    ("cents", "english", "chinese"),
    [(0, "0", "0"), (5, "0.05", "0.05"), (450, "4.50", "4.5"), (1200, "12", "12")],
)
def test_amount(cents: int, english: str, chinese: str):
    assert amount(cents, "en") == english
    assert amount(cents, "zh") == chinese


@pytest.mark.parametrize(
    ("count", "lang", "expected"),
    [(3, "en", "three"), (20, "en", "twenty"), (21, "en", "21"), (3, "zh", "3")],
)
def test_counted(count: int, lang: Lang, expected: str):
    assert counted(count, lang) == expected


@pytest.mark.parametrize(
    ("parts", "english", "chinese"),
    [
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "a和b"),
        (["a", "b", "c"], "a, b and c", "a、b和c"),
    ],
    ids=["one", "two", "three"],
)
def test_listed(parts: list[str], english: str, chinese: str):
    assert listed(parts, "en") == english
    assert listed(parts, "zh") == chinese


def test_a_filled_template_starts_with_a_capital():
    assert fill(Random(1), ["{thing} costs {price}"], {"thing": "a hat", "price": 3}) == (
        "A hat costs 3"
    )
    assert capital("") == ""


def test_a_posed_problem_is_kept_whole():
    shown = {posed(Random(seed), "en", "How much is left?") for seed in range(200)}
    assert "How much is left?" in shown
    assert len(shown) > 10
    assert all("How much is left?" in text for text in shown)


@both
def test_a_plain_name_has_no_title(lang: Lang):
    titled = {entry["name"] for entry in load_words("quantities_people", lang)["titled"]}
    names = {person(Random(seed), lang, plain=True)["name"] for seed in range(200)}
    assert names
    assert not names & titled
    assert titled & {person(Random(seed), lang)["name"] for seed in range(200)}


def test_several_leaves_out_equal_inputs():
    for seed in range(30):
        assert len(several(Random(seed), lambda: Instance("same", "out", "out"))) == 1
