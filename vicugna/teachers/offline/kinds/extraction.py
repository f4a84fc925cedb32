"""Picking names, dates, amounts, places and reference numbers out of a message.

A message is composed of sentences about one topic whose slots are filled here, so what it
contains is known.
"""

import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Literal, get_args

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.text_common import (
    draw_days,
    draw_people,
    draw_style,
    instances,
    instruct,
    join_items,
    join_sentences,
    say_day,
    say_money,
)

Slot = Literal["person", "date", "amount", "place", "code"]

_SLOT = re.compile(r"\{(person|date|amount|place|code)(?::([^}]+))?\}")
_LETTERS = "ABDEFHKMNPRTWX"


def message(rng: Random, lang: Lang, topic: int, slot: Slot) -> tuple[str, list[str]]:
    """Compose a message about a topic, and the two or more fillers of one slot in it."""
    words = load_words("extraction_topics", lang)["topics"][topic]
    chosen = _choose(rng, lang, topic, slot)
    body, found = _fill(rng, lang, [words["sentences"][number] for number in chosen])
    parts = [rng.choice(words["openings"]), *body, rng.choice(words["closings"])]
    return join_sentences(lang, parts), found[slot]


def topics(lang: Lang) -> list[Any]:
    """Return the topics a message can be about."""
    return load_words("extraction_topics", lang)["topics"]


@cache
def _with_slot(lang: Lang, topic: int, slot: Slot) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of a topic's sentences that have the slot, and of those that do not."""
    sentences: list[str] = topics(lang)[topic]["sentences"]
    has = tuple(i for i, text in enumerate(sentences) if f"{{{slot}" in text)
    return has, tuple(i for i in range(len(sentences)) if i not in has)


def _choose(rng: Random, lang: Lang, topic: int, slot: Slot) -> list[int]:
    """Choose sentences: two or three that have the slot, and one or two that do not."""
    has, without = _with_slot(lang, topic, slot)
    chosen = rng.sample(has, min(len(has), rng.choice((2, 2, 3))))
    return sorted(chosen + rng.sample(without, rng.choice((1, 2))))


def _fill(rng: Random, lang: Lang, sentences: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Fill the slots of the sentences, and return what went into each, in order."""
    people = draw_people(rng, lang, 8)
    days = draw_days(rng, 6)
    found: dict[str, list[str]] = {name: [] for name in get_args(Slot)}

    def filler(match: re.Match[str]) -> str:
        taken = found[match[1]]
        match match[1]:
            case "person":
                value = people[len(taken)]
            case "date":
                value = say_day(lang, days[len(taken)])
            case "place":
                value = _place(rng, lang, match[2], taken)
            case "amount":
                value = _amount(rng, lang, match[2], taken)
            case _:
                value = _code(rng, taken)
        taken.append(value)
        return value

    return [_SLOT.sub(filler, text) for text in sentences], found


def _place(rng: Random, lang: Lang, use: str, taken: list[str]) -> str:
    """Draw a place of a use ("stay", "shop", ...) that is not taken."""
    places = load_words("extraction_topics", lang)["places"][use]
    return rng.choice([place for place in places if place not in taken])


def _amount(rng: Random, lang: Lang, limits: str, taken: list[str]) -> str:
    """Draw an amount that is not taken, a multiple of five when it is large."""
    low, high = map(int, limits.split("-"))
    while True:
        value = rng.randrange(low, high + 1)
        said = say_money(lang, value - value % 5 if value > 100 else value)
        if said not in taken:
            return said


def _code(rng: Random, taken: list[str]) -> str:
    """Draw a reference number that looks like those of shops and offices."""
    while True:
        digits = f"{rng.randrange(10**8):08}"
        letters = rng.choice(_LETTERS) + rng.choice(_LETTERS)
        form = rng.choice(("{a}-{b}", "{l}-{c}", "{l}{a}", "{c}-{b}"))
        code = form.format(a=digits[:4], b=digits[4:], c=digits[:5], l=letters)
        if code not in taken:
            return code


def _extract(name: str) -> Callable[[Random, Lang], Composed]:
    """Return the composer of the kind that extracts one sort of thing."""

    def compose(rng: Random, lang: Lang) -> Composed:
        words = load_words("extraction_asks", lang)[name]
        topic = rng.randrange(len(topics(lang)))
        style, clause = draw_style(rng, lang)
        ask = join_sentences(lang, [rng.choice(words["asks"]), clause])
        answer = rng.choice(words["answers"]) if style == "plain" else "{items}"

        def make() -> Instance:
            text, found = message(rng, lang, topic, words["slot"])
            check = join_items(lang, style, found)
            return Instance(text, answer.format(items=check), check)

        scene = rng.choice(topics(lang)[topic]["scenes"])
        return Composed(instruct(rng, lang, scene, ask), instances(rng, make))

    return compose


KINDS = tuple(
    Kind(f"extract_{name}", "extraction", False, _extract(name))
    for name in ("names", "dates", "amounts", "places", "numbers")
)
