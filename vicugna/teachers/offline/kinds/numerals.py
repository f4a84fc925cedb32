"""Ways of writing numbers: Roman numerals, amounts in words, other bases, sequences."""

from collections.abc import Callable
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.quantities_common import (
    amount,
    capital,
    fill,
    person,
    posed,
    several,
)

_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
    *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_CAPITAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_DIGITS = "0123456789ABCDEF"


def roman_parts(n: int) -> list[tuple[str, int]]:
    """Split a number below 4000 by decimal places: 1994 is M 1000, CM 900, XC 90, IV 4."""
    parts: list[tuple[str, int]] = []
    for place in (1000, 100, 10, 1):
        value = rest = n // place % 10 * place
        letters = ""
        for size, symbol in _ROMAN:
            letters += symbol * (rest // size)
            rest %= size
        if value:
            parts.append((letters, value))
    return parts


def _roman(rng: Random, lang: Lang) -> Composed:
    """A number to Roman numerals or back."""
    words = load_words("numerals_roman", lang)
    mode = rng.choice(("to", "from"))
    scene = rng.choice(words[mode])
    n = rng.randrange(scene["range"][0], scene["range"][1] + 1)
    parts = roman_parts(n)
    slots: dict[str, Any] = person(rng, lang) | {
        "n": n,
        "r": "".join(letters for letters, _ in parts),
        "parts": words["separator"].join(
            words["part"].format(letters=letters, value=value) for letters, value in parts
        ),
    }
    slots["text"] = scene["text"].format_map(slots)
    check = slots["r"] if mode == "to" else str(n)
    answer = fill(rng, words["answers"][mode], slots)
    return Composed(fill(rng, words["frames"][mode], slots), (Instance("", answer, check),))


def _below_thousand(words: dict[str, Any], n: int) -> str:
    """Write 1 to 999 in English words, American style (no "and")."""
    hundreds, rest = divmod(n, 100)
    parts = [f"{words['ones'][hundreds]} hundred"] if hundreds else []
    if 0 < rest < 20:
        parts.append(words["ones"][rest])
    elif rest:
        tens, ones = words["tens"][rest // 10], words["ones"][rest % 10]
        parts.append(f"{tens}-{ones}" if ones else tens)
    return " ".join(parts)


def check_wording(words: dict[str, Any], cents: int) -> str:
    """Write an amount as on an American check: words for dollars, cents over 100."""
    dollars, rest = divmod(cents, 100)
    thousands, below = divmod(dollars, 1000)
    parts = [f"{_below_thousand(words, thousands)} thousand"] if thousands else []
    if below:
        parts.append(_below_thousand(words, below))
    return capital(f"{' '.join(parts)} and {rest:02d}/100 dollars")


def _capital_yuan(yuan: int) -> str:
    """Write 1 to 99,999 yuan in capital numerals: 10,500 is 壹万零伍佰."""
    text = ""
    for place, unit in ((10000, "万"), (1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = yuan // place % 10
        if digit:
            text += _CAPITAL_DIGITS[digit] + unit
        elif text and not text.endswith("零") and yuan % place:
            text += "零"
    return text


def capital_amount(fen: int) -> str:
    """Write an amount as on Chinese vouchers, with 整 unless it ends in fen."""
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = _capital_yuan(yuan) + "元"
    if jiao:
        text += _CAPITAL_DIGITS[jiao] + "角"
    elif rest:
        text += "零"
    return text + (_CAPITAL_DIGITS[rest] + "分" if rest else "整")


def _sum_in_words(
    rng: Random, words: dict[str, Any], scene: dict[str, Any], lang: Lang
) -> Instance:
    """Draw an amount and write it out.

    No Chinese amount has jiao after a zero in the yuan place: there 零 may be left out, so two
    wordings would be right.
    """
    whole = rng.randrange(scene["range"][0], scene["range"][1] + 1)
    cents = rng.choice((0, rng.randrange(1, 100), 10 * rng.randrange(1, 10)))
    if lang == "zh" and whole % 10 == 0 and cents >= 10:
        cents = 0
    total = 100 * whole + cents
    written = check_wording(words, total) if lang == "en" else capital_amount(total)
    return Instance(words["line"].format(amount=amount(total, lang)), written, written)


def _amount_in_words(rng: Random, lang: Lang) -> Composed:
    """An amount of money in words, as checks and vouchers want it."""
    words = load_words("numerals_words", lang)
    scene = rng.choice(words["scenes"])
    slots: dict[str, Any] = dict(person(rng, lang))
    slots["text"] = scene["text"].format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _sum_in_words(rng, words, scene, lang)))


def in_base(value: int, base: int, width: int = 1) -> str:
    """Write a number in base 2, 8, 10 or 16, capital letters as digits."""
    text = ""
    while value:
        value, digit = divmod(value, base)
        text = _DIGITS[digit] + text
    return text.rjust(width, "0")


def _place_values(words: dict[str, Any], text: str, base: int) -> str:
    """Write a numeral as the sum of its digits times their weights, zeros left out."""
    terms = [
        words["times"].format(digit=_DIGITS.index(digit), weight=base ** (len(text) - place - 1))
        for place, digit in enumerate(text)
        if digit != "0"
    ]
    return words["sep"].join(terms)


def _bases(rng: Random, lang: Lang) -> Composed:
    """A number from one base to another."""
    words = load_words("numerals_bases", lang)
    scene = rng.choice(words["scenes"])
    source, target = scene["from"], scene["to"]
    value = rng.randrange(scene["range"][0], scene["range"][1] + 1)
    x = in_base(value, source, scene.get("width", 1))
    y = in_base(value, target)
    slots: dict[str, Any] = person(rng, lang) | {
        "x": x,
        "y": y,
        "from": words["names"][str(source)],
        "to": words["names"][str(target)],
        "to_base": target,
        "value": value,
    }
    key = "work10" if target == 10 else "work_from10" if source == 10 else "work"
    slots["sum"] = _place_values(words, *((y, target) if source == 10 else (x, source)))
    slots["work"] = words[key].format_map(slots)
    slots["text"] = scene["text"].format_map(slots)
    body = fill(rng, words["frames"], slots)
    return Composed(posed(rng, lang, body), (Instance("", fill(rng, words["answers"], slots), y),))


Terms = tuple[str, list[int], dict[str, int | list[int]]]


def _step(rng: Random) -> Terms:
    """An arithmetic sequence, rising or falling."""
    d = rng.choice((3, 4, 6, 7, 8, 9, 11, 12, 13, 15))
    if rng.random() < 0.3:
        first = 6 * d + rng.randrange(0, 30)
        return "fall", [first - d * i for i in range(6)], {"d": d}
    first = rng.randrange(1, 40)
    return "step", [first + d * i for i in range(6)], {"d": d}


def _times(rng: Random) -> Terms:
    """A geometric sequence."""
    first, d = rng.randrange(1, 8), rng.choice((2, 3))
    return "times", [first * d**i for i in range(6)], {"d": d}


def _grow(rng: Random) -> Terms:
    """A sequence whose differences grow by a constant."""
    value, d, growth = rng.randrange(1, 20), rng.randrange(1, 6), rng.randrange(1, 4)
    terms, gaps = [value], [d + growth * i for i in range(5)]
    for gap in gaps:
        terms.append(terms[-1] + gap)
    return "grow", terms, {"list": gaps[:-1], "d": gaps[-1]}


def _sum(rng: Random) -> Terms:
    """A sequence in which two neighbours add up to the next term."""
    terms = [rng.randrange(1, 8), rng.randrange(2, 12)]
    while len(terms) < 7:
        terms.append(terms[-1] + terms[-2])
    return "sum", terms, {}


def _zigzag(rng: Random) -> Terms:
    """A sequence that goes up by one step and down by a smaller one."""
    first, e = rng.randrange(4, 30), rng.randrange(1, 6)
    d = e + rng.randrange(2, 8)
    terms = [first]
    while len(terms) < 7:
        terms.append(terms[-1] + (d if len(terms) % 2 else -e))
    return "zigzag", terms, {"d": d, "e": e}


def _double(rng: Random) -> Terms:
    """A sequence in which each term is doubled and increased."""
    terms, d = [rng.randrange(1, 9)], rng.randrange(1, 6)
    while len(terms) < 6:
        terms.append(2 * terms[-1] + d)
    return "double", terms, {"d": d}


def _braid(rng: Random) -> Terms:
    """Two arithmetic sequences with terms in turn."""
    first, second = rng.randrange(1, 12), rng.randrange(30, 60)
    up, down = rng.randrange(2, 7), rng.randrange(2, 6)
    one = [first + up * i for i in range(4)]
    two = [second - down * i for i in range(3)]
    terms = [one[i // 2] if i % 2 == 0 else two[i // 2] for i in range(7)]
    return "braid", terms, {"list": one[:3], "other": two}


_FAMILIES: tuple[Callable[[Random], Terms], ...] = (
    *(_step, _times, _grow, _sum),
    *(_zigzag, _double, _braid),
)


def _terms(rng: Random, words: dict[str, Any]) -> Instance:
    """Draw a sequence, show all but its last term and explain the last."""
    rule, terms, slots = rng.choice(_FAMILIES)(rng)
    separator = words["separator"]
    written = {
        key: separator.join(str(n) for n in value) if isinstance(value, list) else str(value)
        for key, value in slots.items()
    }
    written["rule"] = words["rules"][rule].format_map(written)
    written["next"] = str(terms[-1])
    shown = separator.join([*(str(term) for term in terms[:-1]), words["mark"]])
    return Instance(shown, fill(rng, words["answers"], written), written["next"])


def _next_term(rng: Random, lang: Lang) -> Composed:
    """The next number of a sequence and its rule."""
    words = load_words("numerals_sequence", lang)
    slots: dict[str, Any] = dict(person(rng, lang))
    slots["scene"] = rng.choice(words["scenes"]).format_map(slots)
    instruction = fill(rng, words["frames"], slots)
    return Composed(instruction, several(rng, lambda: _terms(rng, words)))


KINDS: tuple[Kind, ...] = (
    Kind("roman_numeral", "formatting", False, _roman),
    Kind("amount_in_words", "formatting", False, _amount_in_words),
    Kind("number_base", "math", False, _bases),
    Kind("next_term", "reasoning", False, _next_term),
)
