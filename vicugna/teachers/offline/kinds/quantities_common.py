"""How people, numbers, money and lists are written in tasks about quantities.

Values are exact: money is whole cents (fen in Chinese), the rest `int` or `Fraction`.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, load_words

SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)


def capital(text: str) -> str:
    """Return the text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def fill(rng: Random, templates: Sequence[str], slots: Mapping[str, Any]) -> str:
    """Return one of the templates with its slots filled, its first letter a capital."""
    return capital(rng.choice(templates).format_map(slots))


def posed(rng: Random, lang: Lang, body: str) -> str:
    """Return a problem as it is, or (half of the time) with a word on why it is asked."""
    if rng.random() < 0.5:
        return body
    return fill(rng, load_words("quantities_posed", lang), {"body": body})


def problem(
    rng: Random,
    lang: Lang,
    words: Mapping[str, Any],
    mode: str,
    slots: Mapping[str, Any],
    check: str,
) -> Composed:
    """Compose a problem without input from the frames and answers of one mode."""
    answer = fill(rng, words["answers"][mode], slots)
    body = fill(rng, words["frames"][mode], slots)
    return Composed(posed(rng, lang, body), (Instance("", answer, check),))


def person(rng: Random, lang: Lang, *, plain: bool = False) -> dict[str, str]:
    """Return a name, in English with the pronouns: slots `name`, `he`, `him`, `his`, `He`.

    A plain name has no title and no kinship in it, so it fits one of a group of friends.
    """
    people = load_words("quantities_people", lang)
    names = people["plain"] if plain else people["plain"] + people["titled"]
    return dict(rng.choice(names))


def number(value: Fraction | int, lang: Lang, places: int = 2, *, padded: bool = False) -> str:
    """Write a number, rounded half away from zero, without trailing zeros unless padded.

    English groups thousands, Chinese does not.

    >>> number(Fraction(24691, 8), "en"), number(Fraction(-5, 2), "zh", 0)
    ('3,086.38', '-3')
    >>> number(26, "en", 1, padded=True)
    '26.0'
    """
    exact = Fraction(value)
    scale = 10**places
    scaled = (2 * abs(exact.numerator) * scale + exact.denominator) // (2 * exact.denominator)
    whole, part = divmod(scaled, scale)
    text = f"{whole:,}" if lang == "en" else str(whole)
    digits = f"{part:0{places}d}" if places else ""
    if not padded:
        digits = digits.rstrip("0")
    if digits:
        text += "." + digits
    return f"-{text}" if exact < 0 and scaled else text


def amount(cents: int, lang: Lang) -> str:
    """Write money without its unit: `4.35` or `12`; English keeps both decimals (`4.50`).

    >>> amount(450, "en"), amount(450, "zh")
    ('4.50', '4.5')
    """
    padded = lang == "en" and cents % 100 != 0
    return number(Fraction(cents, 100), lang, padded=padded)


def money(cents: int, lang: Lang) -> str:
    """Write money with its unit.

    >>> money(450, "en"), money(450, "zh")
    ('$4.50', '4.5元')
    """
    return f"${amount(cents, lang)}" if lang == "en" else f"{amount(cents, lang)}元"


def counted(count: int, lang: Lang) -> str:
    """Write a small count as people do in a sentence: words in English, digits in Chinese."""
    if lang == "en" and count < len(SMALL_NUMBERS):
        return SMALL_NUMBERS[count]
    return number(count, lang)


def listed(parts: Sequence[str], lang: Lang) -> str:
    """Join the parts of an enumeration.

    >>> listed(["a", "b", "c"], "en"), listed(["甲", "乙", "丙"], "zh")
    ('a, b and c', '甲、乙和丙')
    """
    comma, last = (", ", " and ") if lang == "en" else ("、", "和")
    return comma.join(parts[:-1]) + last + parts[-1] if len(parts) > 1 else parts[0]


def several(rng: Random, make: Callable[[], Instance]) -> tuple[Instance, ...]:
    """Make one to three instances with different inputs for the same instruction."""
    made: dict[str, Instance] = {}
    for _ in range(rng.choice((1, 1, 2, 3))):
        instance = make()
        made.setdefault(instance.input, instance)
    return tuple(made.values())
