"""Roman numerals, amounts in words, bases and sequences read back."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.teachers.offline.quantity_draws import figures, read, read_mode, renamed, rows, value
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.numerals import (
    KINDS,
    capital_amount,
    check_wording,
    in_base,
    roman_parts,
)

both = pytest.mark.parametrize("lang", LANGS)
SYMBOLS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def from_roman(text: str) -> int:
    """Read a Roman numeral: a symbol before a larger one is subtracted."""
    values = [SYMBOLS[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-one if one < following else one for one, following in pairs)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(4, "IV"), (9, "IX"), (1994, "MCMXCIV"), (2000, "MM"), (3888, "MMMDCCCLXXXVIII")],
)
def test_roman_parts(number: int, expected: str):
    assert "".join(letters for letters, _ in roman_parts(number)) == expected


@given(st.integers(1, 3999))
def test_roman_parts_read_back(number: int):
    parts = roman_parts(number)
    assert sum(size for _, size in parts) == number
    assert all(from_roman(letters) == size for letters, size in parts)
    assert from_roman("".join(letters for letters, _ in parts)) == number


@both
def test_a_roman_numeral_is_read_and_written(lang: Lang):
    words = load_words("numerals_roman", lang)
    scenes = {
        mode: renamed((scene["text"] for scene in words[mode]), r="roman")
        for mode in ("to", "from")
    }
    seen: set[str] = set()
    for instruction, _, _, check in rows(KINDS, "roman_numeral", lang):
        mode, _, slots = read_mode(scenes, instruction)
        shown, answer = (check, slots["n"]) if mode == "to" else (slots["roman"], check)
        assert from_roman(shown.split(" ")[0]) == int(answer)
        seen.add(mode)
    assert seen == {"to", "from"}


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (500, "Five and 00/100 dollars"),
        (1342, "Thirteen and 42/100 dollars"),
        (10001, "One hundred and 01/100 dollars"),
        (123456, "One thousand two hundred thirty-four and 56/100 dollars"),
        (2000000, "Twenty thousand and 00/100 dollars"),
        (4850790, "Forty-eight thousand five hundred seven and 90/100 dollars"),
    ],
)
def test_check_wording(cents: int, expected: str):
    assert check_wording(load_words("numerals_words", "en"), cents) == expected


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        (500, "伍元整"),
        (1000, "壹拾元整"),
        (123456, "壹仟贰佰叁拾肆元伍角陆分"),
        (100500, "壹仟零伍元整"),
        (692907, "陆仟玖佰贰拾玖元零柒分"),
        (67610, "陆佰柒拾陆元壹角整"),
        (1000500, "壹万零伍元整"),
        (2807298, "贰万捌仟零柒拾贰元玖角捌分"),
        (3000000, "叁万元整"),
        (9909900, "玖万玖仟零玖拾玖元整"),
    ],
)
def test_capital_amount(fen: int, expected: str):
    assert capital_amount(fen) == expected


def from_capital(text: str) -> Fraction:
    """Read an amount in Chinese capital numerals."""
    yuan, rest = text.split("元")
    units = {"万": 10000, "仟": 1000, "佰": 100, "拾": 10}
    total = digit = 0
    for letter in yuan:
        if letter in units:
            total += digit * units[letter]
            digit = 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(letter)
    fen = 0
    for found, unit in re.findall(r"([壹贰叁肆伍陆柒捌玖])([角分])", rest):
        fen += "零壹贰叁肆伍陆柒捌玖".index(found) * (10 if unit == "角" else 1)
    return total + digit + Fraction(fen, 100)


def from_check(text: str) -> Fraction:
    """Read an amount in the words of a check."""
    words = load_words("numerals_words", "en")
    dollars, cents = re.fullmatch(r"(.+) and (\d\d)/100 dollars", text).groups()
    total = part = 0
    for word in re.split(r"[ -]", dollars.lower()):
        if word == "thousand":
            total, part = part * 1000, 0
        elif word == "hundred":
            part *= 100
        elif word in words["ones"]:
            part += words["ones"].index(word)
        else:
            part += 10 * words["tens"].index(word)
    return total + part + Fraction(int(cents), 100)


@both
def test_an_amount_in_words_reads_back(lang: Lang):
    read_back = from_check if lang == "en" else from_capital
    for _, shown, _, check in rows(KINDS, "amount_in_words", lang):
        assert read_back(check) == figures(shown)[0]


@given(st.integers(1, 99_999_99).filter(lambda fen: fen >= 100))
def test_every_amount_reads_back(fen: int):
    assert from_capital(capital_amount(fen)) == Fraction(fen, 100)
    assert from_check(check_wording(load_words("numerals_words", "en"), fen)) == Fraction(fen, 100)


@given(st.integers(1, 10**6), st.sampled_from([2, 8, 10, 16]))
def test_a_base_reads_back(number: int, base: int):
    assert int(in_base(number, base), base) == number


@both
def test_a_number_changes_its_base_and_keeps_its_value(lang: Lang):
    words = load_words("numerals_bases", lang)
    texts = renamed((scene["text"] for scene in words["scenes"]), x="digits")
    for instruction, _, _, check in rows(KINDS, "number_base", lang):
        place, slots = read(texts, instruction)
        scene = words["scenes"][place]
        assert int(slots["digits"], scene["from"]) == int(check, scene["to"])
        assert not check.startswith("0")


def follows_a_rule(terms: list[int]) -> bool:
    """Tell whether the whole list follows one of the simple rules."""
    steps = [b - a for a, b in pairwise(terms)]
    growth = [b - a for a, b in pairwise(steps)]
    doubled = [b - 2 * a for a, b in pairwise(terms)]
    triple = zip(terms, terms[1:], terms[2:], strict=False)
    return (
        len(set(growth)) == 1
        or all(b * terms[0] == a * terms[1] for a, b in pairwise(terms))
        or all(a + b == c for a, b, c in triple)
        or len(set(doubled)) == 1
        or (len(set(steps[::2])) == 1 and len(set(steps[1::2])) == 1)
        or (
            len({b - a for a, b in zip(terms[::2], terms[2::2], strict=False)}) == 1
            and len({b - a for a, b in zip(terms[1::2], terms[3::2], strict=False)}) == 1
        )
    )


@both
def test_the_next_term_continues_the_rule(lang: Lang):
    for _, shown, _, check in rows(KINDS, "next_term", lang):
        terms = [int(term) for term in figures(shown)]
        assert shown[-1] in "?？"
        assert len(terms) >= 5
        assert follows_a_rule([*terms, int(value(check))])
        assert not follows_a_rule([*terms, int(value(check)) + 1])
