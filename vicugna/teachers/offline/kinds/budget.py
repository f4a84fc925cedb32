"""Keeping a budget: savings plans, unit prices, what is left, receipts that add up."""

from fractions import Fraction
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    amount,
    capital,
    fill,
    money,
    number,
    person,
    several,
)

_LONGEST_YEAR_PLAN = 11


def _deposits(words: dict[str, Any], missing: int, step: int, lang: Lang) -> tuple[int, str]:
    """Return how many deposits cover a missing sum, and those deposits in words."""
    full, rest = divmod(missing, step)
    count = full + (1 if rest else 0)
    slots = {"count": count, "full": full, "step": number(step, lang), "rest": number(rest, lang)}
    return count, words["deposits"]["rest" if rest else "even"].format_map(slots)


def _savings_goal(rng: Random, lang: Lang) -> Composed:
    """A plan of equal deposits that reach a sum, the last one perhaps smaller."""
    words = load_words("budget_goal", lang)
    scene = rng.choice(words["scenes"])
    low, high = scene["goal"]
    goal = 10 * rng.randrange(low, high + 1)
    have = goal * rng.randrange(15, 45) // 1000 * 10
    step = max(5, (goal - have) * rng.randrange(85, 116) // (100 * scene["part"]) // 5 * 5)
    count, deposits = _deposits(words, goal - have, step, lang)
    by_month = scene["unit"] == "month" and count <= _LONGEST_YEAR_PLAN and rng.random() < 0.5
    mode = "month" if by_month else "count"
    start = rng.randrange(12)
    one, many, periodic = words["units"][scene["unit"]]
    end = words["months"][(start + count - 1) % 12]
    slots = person(rng, lang) | {
        "goal": number(goal, lang),
        "have": number(have, lang),
        "step": number(step, lang),
        "missing": number(goal - have, lang),
        "unit": one,
        "many": many,
        "periodic": periodic,
        "count": count,
        "deposits": deposits,
        "start": words["months"][start].removesuffix("月"),
        "end": end,
    }
    slots["text"] = scene["text"].format_map(slots)
    answer = fill(rng, words["answers"][mode], slots)
    check = end if by_month else str(count)
    return Composed(fill(rng, words["frames"][mode], slots), (Instance("", answer, check),))


def _size(goods: dict[str, Any], size: int, lang: Lang) -> str:
    """Write a pack size in the small unit, or in the big one where people do."""
    if "big" in goods and size >= goods["big"][0]:
        big, one, many = goods["big"]
        return number(Fraction(size, big), lang) + (one if size == big else many)
    return number(size, lang) + goods["unit"]


def _per_unit(price: Fraction, lang: Lang) -> str:
    """Write a unit price to the cent (fen), or to a tenth of it below one dollar (yuan)."""
    if price >= 1:
        return amount(int(100 * price + Fraction(1, 2)), lang)
    return number(price, lang, 3, padded=lang == "en")


def _offers(rng: Random, words: dict[str, Any], goods: dict[str, Any], lang: Lang) -> Instance:
    """Draw three or four offers with clearly different unit prices and name the cheapest."""
    count = rng.choice((3, 3, 4))
    low, high = goods["price"]
    middle = rng.randrange(low, high + 1)
    sellers = rng.sample(words["sellers"], count)
    factors = rng.sample((82, 89, 96, 104, 112, 121), count)
    (base, base_text), coin = goods["base"], 1 if lang == "en" else 10
    offers: list[tuple[Fraction, str]] = []
    lines: list[str] = []
    for seller, size, factor in zip(
        sellers, rng.sample(goods["sizes"], count), factors, strict=True
    ):
        price = max(coin, middle * factor * size // (100 * base * coin) * coin)
        offers.append((Fraction(price * base, 100 * size), seller))
        slots = {"seller": seller, "size": _size(goods, size, lang), "price": money(price, lang)}
        lines.append(words["line"].format_map(slots))
    best_price, best = min(offers)
    listing = [
        words["unit_line"].format(seller=seller, unit_price=_per_unit(unit, lang), base=base_text)
        for unit, seller in offers
    ]
    slots = {
        "best": best,
        "base": base_text,
        "best_price": _per_unit(best_price, lang),
        "lines": ("; " if lang == "en" else "；").join(listing),
    }
    return Instance("\n".join(lines), fill(rng, words["answers"], slots), best)


def _unit_price(rng: Random, lang: Lang) -> Composed:
    """The cheapest of some packs of different size."""
    words = load_words("budget_unit_price", lang)
    goods = rng.choice(words["goods"])
    slots = person(rng, lang) | {
        "thing": goods["thing"],
        "base": goods["base"][1],
    }
    slots["text"] = goods["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _offers(rng, words, goods, lang)))


def _spent(
    rng: Random, words: dict[str, Any], things: list[tuple[str, int]], budget: int, lang: Lang
) -> Instance:
    """Draw four to six expenses, each near its usual price, and compute what remains."""
    style, separator = rng.choice(words["line"]), rng.choice(words["separators"])
    lines: list[str] = []
    costs: list[int] = []
    for thing, usual in rng.sample(things, rng.choice((4, 5, 6))):
        costs.append(usual * rng.randrange(80, 121) // 50 * 50)
        lines.append(style.format(thing=thing, cost=amount(costs[-1], lang)))
    sign, plus = ("$", " + ") if lang == "en" else ("", "+")
    spent = sum(costs)
    slots = {
        "budget": number(budget, lang),
        "spent": amount(spent, lang),
        "left": amount(100 * budget - spent, lang),
        "working": plus.join(sign + amount(cost, lang) for cost in costs),
    }
    return Instance(separator.join(lines), fill(rng, words["answers"], slots), slots["left"])


def _budget_left(rng: Random, lang: Lang) -> Composed:
    """What remains of a budget after a list of expenses."""
    words = load_words("budget_left", lang)
    scene = rng.choice(words["scenes"])
    things: list[tuple[str, int]] = scene["things"]
    usual = sum(price for _, price in things)
    budget = 10 * (usual * rng.randrange(120, 161) // 1000 + 1)
    slots = person(rng, lang) | {"budget": number(budget, lang)}
    slots["text"] = scene["text"].format_map(slots)
    return Composed(
        fill(rng, words["frames"], slots),
        several(rng, lambda: _spent(rng, words, things, budget, lang)),
    )


def _receipt(rng: Random, words: dict[str, Any], labels: list[str], lang: Lang) -> Instance:
    """Draw a receipt whose total is right, or wrong by a slip people make."""
    scene = rng.choice(load_words("money_change", lang)["scenes"])
    style = rng.choice(words["line"])
    lines: list[str] = []
    prices: list[int] = []
    for one, _, low, high in scene["items"]:
        prices.append(rng.randrange(low, high + 1, 5 if lang == "en" else 50))
        thing = one.split(" ", 1)[1] if lang == "en" else one
        lines.append(style.format(thing=capital(thing), price=amount(prices[-1], lang)))
    total = sum(prices)
    good = rng.random() < 0.5
    if not good:
        total += rng.choice((100, -100, 1000, 50, prices[0], -prices[-1]))
    lines.append(style.format(thing=words["total"], price=amount(total, lang)))
    label = labels[0 if good else 1]
    return Instance("\n".join(lines), label, label)


def _receipt_check(rng: Random, lang: Lang) -> Composed:
    """Whether the total of a receipt is the sum of its lines."""
    words = load_words("budget_receipt", lang)
    labels = rng.choice(words["labels"])
    slots = person(rng, lang) | {"good": labels[0], "bad": labels[1]}
    slots["person"] = rng.choice(words["people"]).format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _receipt(rng, words, labels, lang)))


KINDS: tuple[Kind, ...] = (
    Kind("savings_goal", "planning", False, _savings_goal),
    Kind("unit_price", "reasoning", False, _unit_price),
    Kind("budget_left", "math", False, _budget_left),
    Kind("receipt_check", "classification", True, _receipt_check),
)
