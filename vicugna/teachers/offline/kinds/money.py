"""Money changing hands: change, discounts, shared bills, percentages and interest.

Prices are whole cents (fen); every answer is exact.
"""

from fractions import Fraction
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    amount,
    capital,
    counted,
    fill,
    listed,
    money,
    number,
    person,
)

_PERCENT_OFF = (5, 10, 15, 20, 25, 30, 40)
_SMALL_PERCENT = (5, 10, 15)


def _basket(rng: Random, words: dict[str, Any], lang: Lang) -> tuple[str, str, str, int]:
    """Draw a shop and two to four goods: place, shopping list, sum as written, sum in cents."""
    scene = rng.choice(words["scenes"])
    goods = rng.sample(scene["items"], rng.randrange(2, 5))
    single, multiple = rng.choice(words["styles"])
    lines: list[str] = []
    terms: list[str] = []
    total = 0
    for one, many, low, high in goods:
        count = rng.choice((1, 1, 2, 3, 4))
        price = rng.randrange(low, high + 1, words["step"])
        style = single if count == 1 else multiple
        text = {"n": counted(count, lang), "one": one, "many": many, "price": money(price, lang)}
        lines.append(style.format_map(text))
        plain = money(price, lang) if lang == "en" else amount(price, lang)
        terms.append(plain if count == 1 else f"{count} × {plain}")
        total += count * price
    working = " + ".join(terms) if lang == "en" else "+".join(terms).replace(" ", "")
    return scene["place"], listed(lines, lang), working, total


def _change_due(rng: Random, lang: Lang) -> Composed:
    """Total of some purchases and the change from a note."""
    words = load_words("money_change", lang)
    place, basket, working, total = _basket(rng, words, lang)
    notes = [note for note in words["notes"] if note[0] > total]
    paid, note = notes[rng.choice((0, 0, 1))] if len(notes) > 1 else notes[0]
    plain = money if lang == "en" else amount
    slots = person(rng, lang) | {
        "place": place,
        "basket": basket,
        "Basket": capital(basket),
        "paid": note,
        "working": working,
        "total": plain(total, lang),
        "tendered": plain(paid, lang),
        "change": amount(paid - total, lang),
    }
    answer = fill(rng, words["answers"], slots)
    instance = Instance("", answer, slots["change"])
    return Composed(fill(rng, words["frames"], slots), (instance,))


def _reduce(deal: str, price: int, p: int, q: int, coupon: int) -> tuple[int, int]:
    """Return the price in cents after the first and after the second reduction."""
    if deal == "first":
        middle = price - coupon
        return middle, middle * (100 - p) // 100
    middle = price * (100 - p) // 100
    return middle, middle - coupon if deal == "coupon" else middle * (100 - q) // 100


def _percentages(p: int, q: int, lang: Lang) -> dict[str, Any]:
    """Write two reductions: percent off in English, tenths (折) and factors in Chinese."""
    slots: dict[str, Any] = {"p": p if lang == "en" else 100 - p, "q": q}
    for letter, percent in (("p", p), ("q", q)):
        slots[f"{letter}z"] = number(Fraction(100 - percent, 10), lang)
        slots[f"{letter}d"] = number(Fraction(100 - percent, 100), lang)
    return slots


def _discount(rng: Random, lang: Lang) -> Composed:
    """Two reductions of a price, one after the other."""
    words = load_words("money_discount", lang)
    *item, shop, low, high = rng.choice(words["goods"])
    deal = rng.choice(("coupon", "member", "first"))
    p, q = rng.choice(_PERCENT_OFF), rng.choice(_SMALL_PERCENT)
    price = 20 * rng.randrange(low // 20, high // 20 + 1)
    coupon = min(rng.choice((5, 10, 15, 20, 30, 50)), max(5, price // 60 * 10))
    middle, final = _reduce(deal, 100 * price, p, q, 100 * coupon)
    slots: dict[str, Any] = person(rng, lang) | {
        "item": "".join(item),
        "bare": item[-1],
        "shop": shop,
        "Shop": capital(shop),
        "price": number(price, lang),
        "c": coupon,
        "middle": amount(middle, lang),
        "final": amount(final, lang),
        "saved": amount(100 * price - final, lang),
    }
    slots |= _percentages(p, q, lang)
    slots["deal"] = rng.choice(words["deals"][deal]).format_map(slots)
    slots["Deal"] = capital(slots["deal"])
    slots["steps"] = words["steps"][deal].format_map(slots)
    answer = fill(rng, words["answers"], slots)
    return Composed(fill(rng, words["frames"], slots), (Instance("", answer, amount(final, lang)),))


def _costs(rng: Random, total: int, weights: list[int]) -> list[int]:
    """Split a sum in cents roughly by weight; the first part takes what rounding leaves."""
    step = 500 if total > 30000 else 100
    rest = [
        max(1, total * weight * rng.randrange(80, 121) // (100 * sum(weights)) // step) * step
        for weight in weights[1:]
    ]
    return [total - sum(rest), *rest]


def _bill_split(rng: Random, lang: Lang) -> Composed:
    """Costs shared by a group, evenly or with one member going free."""
    words = load_words("money_split", lang)
    scene = rng.choice(words["scenes"])
    n, mode = rng.randrange(4, 9), rng.choice(("even", "even", "guest"))
    payers, (low, high) = n if mode == "even" else n - 1, scene["share"]
    share = 50 * rng.randrange(2 * low, 2 * high + 1)
    costs = _costs(rng, share * payers, [weight for _, weight in scene["parts"]])
    style, named = rng.choice(words["part"]), zip(scene["parts"], costs, strict=True)
    parts = [style.format(thing=thing, cost=money(cost, lang)) for (thing, _), cost in named]
    plus, plain = (" + ", money) if lang == "en" else ("+", amount)
    slots = person(rng, lang, plain=True) | {
        "who": scene["who"],
        "event": scene["event"],
        "Event": capital(scene["event"]),
        "n": counted(n, lang),
        "N": capital(counted(n, lang)),
        "payers": counted(payers, lang),
        "count": payers,
        "parts": listed(parts, lang),
        "working": plus.join(plain(cost, lang) for cost in costs),
        "total": amount(share * payers, lang),
        "share": amount(share, lang),
    }
    answer = fill(rng, words["answers"], slots)
    return Composed(
        fill(rng, words["frames"][mode], slots), (Instance("", answer, amount(share, lang)),)
    )


def _percent_change(rng: Random, lang: Lang) -> Composed:
    """The change between two figures of one thing, in percent."""
    words = load_words("money_percent", lang)
    scene = rng.choice(words["scenes"])
    low, high = scene["from"]
    old = 20 * scene["step"] * rng.randrange(low, high + 1)
    percent = 5 * rng.randrange(1, scene["most"] // 5 + 1)
    way = rng.choice(("up", "down")) if scene["way"] == "any" else scene["way"]
    difference = old * percent // 100
    slots = person(rng, lang) | words[way]
    slots |= {
        "old": number(old, lang),
        "new": number(old + difference if way == "up" else old - difference, lang),
        "thing": scene["thing"],
        "difference": number(difference, lang),
        "fraction": number(Fraction(percent, 100), lang),
        "percent": str(percent),
    }
    slots["text"] = scene["text"].format_map(slots)
    answer = fill(rng, words["answers"], slots)
    return Composed(fill(rng, words["frames"], slots), (Instance("", answer, str(percent)),))


def _simple_interest(rng: Random, lang: Lang) -> Composed:
    """Simple interest on a sum, or the sum with its interest."""
    words = load_words("money_interest", lang)
    scene, goal = rng.choice(words["scenes"]), rng.choice(("interest", "total"))
    low, high = scene["range"]
    principal = 200 * rng.randrange(low // 2, high // 2 + 1)
    rate = Fraction(rng.randrange(6, 21), 4)
    months, term = rng.choice(words["terms"])
    interest = int(principal * rate * months / 12)
    slots = person(rng, lang) | {
        "p": number(principal, lang),
        "r": number(rate, lang),
        "rate": number(rate / 100, lang, 4),
        "t": term,
        "years": number(Fraction(months, 12), lang),
        "interest": amount(interest, lang),
        "total": amount(100 * principal + interest, lang),
    }
    slots["text"] = scene["text"].format_map(slots)
    answer = fill(rng, words["answers"][goal], slots)
    return Composed(fill(rng, words["frames"][goal], slots), (Instance("", answer, slots[goal]),))


KINDS: tuple[Kind, ...] = (
    Kind("change_due", "math", False, _change_due),
    Kind("discount", "math", False, _discount),
    Kind("bill_split", "math", False, _bill_split),
    Kind("percent_change", "math", False, _percent_change),
    Kind("simple_interest", "math", False, _simple_interest),
)
