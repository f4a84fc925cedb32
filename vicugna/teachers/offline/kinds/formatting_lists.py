"""Sorting lists, removing repeats, finding the line that does not belong, changing the layout."""

from datetime import date, timedelta
from random import Random
from typing import Any

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    Style,
    enumerate_items,
    instances,
    instruct,
    join_items,
    say_day,
    upper_first,
)


def _words(lang: Lang) -> Any:  # noqa: ANN401 - JSON
    """Return the lists and the asks of this module."""
    return load_words("formatting_lists_words", lang)


def _draw_direction(rng: Random, lang: Lang, name: str) -> tuple[bool, str]:
    """Draw whether to sort downward, and an ask that says so."""
    down = rng.random() < 0.4
    return down, rng.choice(_words(lang)[f"{name}_down" if down else name])


def _sort_by_name(rng: Random, lang: Lang) -> Composed:
    """Sort words of the instruction by the alphabet, or by the first letter of their pinyin."""
    scene = rng.choice(_words(lang)["scenes"])
    letters = {item[0]: item[0][0] if lang == "en" else item[1] for item in scene["items"]}
    names: list[str] = []
    for name in rng.sample(list(letters), len(letters)):
        if all(letters[name] != letters[other] for other in names):
            names.append(name)
    names = names[: rng.choice((4, 5, 6))]
    down, ask = _draw_direction(rng, lang, "sort_by_name")
    ordered = sorted(names, key=letters.__getitem__, reverse=down)
    output = ("\n" if rng.random() < 0.5 else ", " if lang == "en" else "、").join(ordered)
    given = enumerate_items(lang, names)
    slots = {"items": given, "Items": upper_first(given)}
    instruction = instruct(rng, lang, rng.choice(scene["scenes"]), ask, **slots)
    return Composed(instruction, (Instance("", output, output),))


def _sort_by_price(rng: Random, lang: Lang) -> Composed:
    """Sort lines that end in a price."""
    scene = rng.choice(_words(lang)["scenes"])
    down, ask = _draw_direction(rng, lang, "sort_by_price")

    def make() -> Instance:
        items = rng.sample(scene["items"], rng.choice((4, 5, 6)))
        priced = {_vary(rng, item[-1]): item[0] for item in items}  # equal prices: the last stays
        lines = [_price_line(lang, priced[price], price) for price in sorted(priced, reverse=down)]
        return _to_order(rng, lines)

    return Composed(instruct(rng, lang, rng.choice(scene["scenes"]), ask), instances(rng, make))


def _vary(rng: Random, price: int) -> int:
    """Draw a price at most a fifth away from the usual one."""
    return price + rng.randrange(-(price // 5), price // 5 + 1)


def _price_line(lang: Lang, name: str, price: int) -> str:
    """Write a line of a price list."""
    return f"{name}: ${price}" if lang == "en" else f"{name}：{price}元"


def _to_order(rng: Random, ordered: list[str]) -> Instance:
    """Return an instance whose input is the ordered lines in another order."""
    given = list(ordered)
    while given == ordered:
        rng.shuffle(given)
    output = "\n".join(ordered)
    return Instance("\n".join(given), output, output)


def _sort_by_date(rng: Random, lang: Lang) -> Composed:
    """Sort lines that begin with a date."""
    scene = rng.choice(load_words("formatting_lists_dates", lang))
    down, ask = _draw_direction(rng, lang, "sort_by_date")

    def make() -> Instance:
        names = rng.sample(scene["items"], rng.choice((4, 5)))
        days = rng.sample(range(1200), len(names))
        written = rng.choice((_in_numbers, _in_words))
        lines = [
            _date_line(lang, written(lang, date(2023, 1, 1) + timedelta(day)), name)
            for day, name in sorted(zip(days, names, strict=True), reverse=down)
        ]
        return _to_order(rng, lines)

    return Composed(instruct(rng, lang, rng.choice(scene["scenes"]), ask), instances(rng, make))


def _in_numbers(_lang: Lang, day: date) -> str:
    """Write a date as 2025-03-04."""
    return day.isoformat()


def _in_words(lang: Lang, day: date) -> str:
    """Write a date as "March 4, 2025" or "2025年3月4日"."""
    said = say_day(lang, day)
    return f"{said}, {day.year}" if lang == "en" else f"{day.year}年{said}"


def _date_line(lang: Lang, day: str, name: str) -> str:
    """Write a line of a list of dates."""
    return f"{day}: {name}" if lang == "en" else f"{day}：{name}"


def _remove_repeats(rng: Random, lang: Lang) -> Composed:
    """Keep the first of equal lines."""
    scene = rng.choice(_words(lang)["scenes"])

    def make() -> Instance:
        names = [item[0] for item in rng.sample(scene["items"], rng.choice((4, 5, 6)))]
        given = list(names)
        for name in rng.sample(names, rng.choice((1, 2, 3))):
            given.insert(rng.randrange(given.index(name) + 1, len(given) + 1), name)
        output = "\n".join(names)
        return Instance("\n".join(given), output, output)

    ask = rng.choice(_words(lang)["remove_repeats"])
    return Composed(instruct(rng, lang, rng.choice(scene["scenes"]), ask), instances(rng, make))


def _odd_line(rng: Random, lang: Lang) -> Composed:
    """Find the line that does not belong to the list."""
    words = _words(lang)
    scene = rng.choice(words["scenes"])
    answer = rng.choice(words["odd_line_answers"])

    def make() -> Instance:
        odd = rng.choice(scene["odd"])
        lines = [odd, *(item[0] for item in rng.sample(scene["items"], rng.choice((4, 5))))]
        rng.shuffle(lines)
        shown = upper_first(odd) if "{Odd}" in answer else odd
        return Instance("\n".join(lines), answer.format(odd=odd, Odd=shown), shown)

    ask = rng.choice(words["odd_line"])
    return Composed(instruct(rng, lang, rng.choice(scene["scenes"]), ask), instances(rng, make))


def _restyle_list(rng: Random, lang: Lang) -> Composed:
    """Give a list of the instruction another layout."""
    words = _words(lang)
    scene = rng.choice(words["scenes"])
    style: Style = rng.choice(("bullets", "numbered", "semicolons"))
    names = [item[0] for item in rng.sample(scene["items"], rng.choice((3, 4, 5)))]
    ask = rng.choice(words["restyle"][style])
    instruction = instruct(rng, lang, rng.choice(scene["scenes"]), ask, items=" / ".join(names))
    output = join_items(lang, style, names)
    return Composed(instruction, (Instance("", output, output),))


KINDS = (
    Kind("sort_by_name", "formatting", False, _sort_by_name),
    Kind("sort_by_price", "formatting", False, _sort_by_price),
    Kind("sort_by_date", "formatting", False, _sort_by_date),
    Kind("remove_repeats", "formatting", False, _remove_repeats),
    Kind("odd_line", "closed_qa", False, _odd_line),
    Kind("restyle_list", "formatting", False, _restyle_list),
)
