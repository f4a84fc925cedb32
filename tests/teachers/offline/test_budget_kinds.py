"""Budgets, offers and receipts worked out again."""

import re
from fractions import Fraction

import pytest

from tests.teachers.offline.quantity_draws import figures, read, read_mode, rows, value
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.budget import KINDS

both = pytest.mark.parametrize("lang", LANGS)
SIZE_UNITS = {"kg": 1000, "liter": 1000, "liters": 1000, "公斤": 1000, "升": 1000}


@both
def test_deposits_reach_the_goal_and_not_before(lang: Lang):
    words = load_words("budget_goal", lang)
    months: list[str] = words["months"]
    seen: set[str] = set()
    for instruction, _, output, check in rows(KINDS, "savings_goal", lang):
        mode, _, frame = read_mode(words["frames"], instruction)
        _, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        goal, have, step = (value(slots[name]) for name in ("goal", "have", "step"))
        deposits = -(-(goal - have) // step)
        assert have + step * (deposits - 1) < goal <= have + step * deposits
        assert goal - have - step * (deposits - 1) in figures(output)
        if mode == "month":
            first = months.index(frame["start"] + ("月" if lang == "zh" else ""))
            assert check == months[(first + deposits - 1) % 12]
        else:
            assert value(check) == deposits
        seen.add(mode)
    assert seen == {"count", "month"}


def size_of(text: str) -> Fraction:
    """Read a pack size in its small unit: "1.5 liters" is 1500."""
    amount, unit = re.fullmatch(r"([\d.,]+) ?(.+)", text).groups()
    return value(amount) * SIZE_UNITS.get(unit, 1)


@both
def test_the_cheapest_seller_has_the_lowest_unit_price(lang: Lang):
    line = r"(.+): (.+) for \$(.+)" if lang == "en" else r"(.+)：(.+)，(.+)元"
    litres_of_soil = r"potting soil|balcony boxes|营养土"
    for instruction, given, _, check in rows(KINDS, "unit_price", lang):
        offers: list[tuple[Fraction, str]] = []
        for row in given.split("\n"):
            seller, size, price = re.fullmatch(line, row).groups()
            if re.search(litres_of_soil, instruction):
                size = re.sub(r" ?(liters|升)", " l", size)
            offers.append((value(price) / size_of(size), seller))
        offers.sort()
        assert check == offers[0][1]
        assert offers[1][0] > offers[0][0] * Fraction(102, 100)


@both
def test_what_is_left_is_the_budget_less_the_list(lang: Lang):
    for instruction, given, output, check in rows(KINDS, "budget_left", lang):
        spent = sum(figures(given))
        sums = r"\$([\d,]+)" if lang == "en" else r"(\d+)元"
        budget = value(re.search(sums, instruction)[1])
        assert value(check) == budget - spent > 0
        assert spent in figures(output)


@both
def test_a_receipt_is_good_when_its_lines_add_up(lang: Lang):
    pairs = load_words("budget_receipt", lang)["labels"]
    seen: set[bool] = set()
    for instruction, given, _, check in rows(KINDS, "receipt_check", lang):
        *items, total = figures(given)
        good, bad = next(pair for pair in pairs if check in pair)
        assert check == (good if sum(items) == total else bad)
        assert good in instruction
        assert bad in instruction
        seen.add(check == good)
    assert seen == {True, False}
