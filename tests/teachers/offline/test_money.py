"""Money answers worked out again from the words of the task."""

import re
from fractions import Fraction

import pytest

from tests.teachers.offline.quantity_draws import count_of, figures, read, read_mode, rows, value
from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.money import KINDS

both = pytest.mark.parametrize("lang", LANGS)


def price_of(item: str, lang: Lang) -> Fraction:
    """Read the price of an item of a shopping list, times its count."""
    if lang == "zh":
        price = Fraction(re.search(r"([\d.]+)元", item)[1])
        return price * int(re.search(r"\d+", re.sub(r"[\d.]+元一?", "", item))[0])
    word = item.split()[0].lower()
    return figures(item)[-1] * (1 if word in ("a", "an") else count_of(word))


@both
def test_change_is_what_was_paid_less_the_goods(lang: Lang):
    words = load_words("money_change", lang)
    notes = {text: cents // 100 for cents, text in words["notes"]}
    for instruction, _, _, check in rows(KINDS, "change_due", lang):
        _, slots = read(words["frames"], instruction)
        items = re.split(r", | and |、|和(?=\d|[^）]*（)", slots["basket"])
        total = sum(price_of(item, lang) for item in items)
        paid = notes[slots["paid"].lower()]
        assert value(check) == paid - total > 0


def reduced(deal: str, price: Fraction, slots: dict[str, str], lang: Lang) -> Fraction:
    """Apply the two reductions of a deal in their order."""

    def factor(letter: str) -> Fraction:
        if lang == "zh" and f"{letter}z" in slots:
            return Fraction(slots[f"{letter}z"]) / 10
        percent = Fraction(slots[letter]) / 100
        return percent if lang == "zh" else 1 - percent

    if deal == "member":
        return price * factor("p") * factor("q")
    coupon = value(slots["c"])
    return (price - coupon) * factor("p") if deal == "first" else price * factor("p") - coupon


@both
def test_two_reductions_apply_in_their_order(lang: Lang):
    words = load_words("money_discount", lang)
    seen: set[str] = set()
    for instruction, _, output, check in rows(KINDS, "discount", lang):
        _, frame = read(words["frames"], instruction)
        deal, _, slots = read_mode(words["deals"], frame["deal"])
        original = value(frame["price"])
        final = reduced(deal, original, slots, lang)
        assert value(check) == final > 0
        assert original - final in figures(output)
        seen.add(deal)
    assert seen == {"coupon", "member", "first"}


@both
def test_a_share_times_the_payers_is_the_bill(lang: Lang):
    words = load_words("money_split", lang)
    for instruction, _, _, check in rows(KINDS, "bill_split", lang):
        mode, _, slots = read_mode(words["frames"], instruction)
        costs = figures(slots["parts"])
        assert len(costs) == 3
        assert min(costs) > 0
        payers = count_of(slots["n"]) - (mode == "guest")
        assert value(check) * payers == sum(costs)
        if "payers" in slots:
            assert count_of(slots["payers"]) == payers


@both
def test_a_percentage_is_of_the_earlier_figure(lang: Lang):
    words = load_words("money_percent", lang)
    for instruction, _, _, check in rows(KINDS, "percent_change", lang):
        _, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        old, new = value(slots["old"]), value(slots["new"])
        assert abs(new - old) * 100 == value(check) * old > 0


@both
def test_interest_is_simple(lang: Lang):
    words = load_words("money_interest", lang)
    months = {text: count for count, text in words["terms"]}
    for instruction, _, _, check in rows(KINDS, "simple_interest", lang):
        mode, _, _ = read_mode(words["frames"], instruction)
        _, slots = read([scene["text"] for scene in words["scenes"]], instruction)
        principal = value(slots["p"])
        interest = principal * Fraction(slots["r"]) * months[slots["t"]] / 1200
        assert value(check) == (principal + interest if mode == "total" else interest)
