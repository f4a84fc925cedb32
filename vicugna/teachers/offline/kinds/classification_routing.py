"""Kinds that put things in their place: news sections, departments, word groups, aisles."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind, load_words
from vicugna.teachers.offline.kinds.judgement_common import (
    capitalise,
    draw_question,
    listing,
)


def _choices(items: list[str], lang: Lang) -> dict[str, str]:
    """List what can be chosen from: with "or" or "and" in English, "a、b、c" in Chinese."""
    if lang == "zh":
        return {"options": "、".join(items)}
    return {"options": listing(items, lang, "or"), "all": listing(items, lang)}


def news_section(rng: Random, lang: Lang) -> Composed:
    """Ask for the section of a newspaper that a line of news belongs in."""
    words = load_words("classification_routing_news", lang)
    sections = rng.sample(list(words["sections"]), rng.choice((3, 4, 5)))
    label = rng.choice(sections)
    line = rng.choice(words["sections"][label])
    instruction = rng.choice(words["asks"]).format(line=line, **_choices(sections, lang))
    answer = rng.choice(words["answers"]).format(label=label)
    return Composed(instruction, (Instance("", answer, label),))


def responsible_department(rng: Random, lang: Lang) -> Composed:
    """Ask which department of a hotel, hospital or town hall a message is for."""
    words = load_words("classification_routing_departments", lang)
    place = rng.choice(words["places"])
    departments = rng.sample(list(place["departments"]), 4)
    label = rng.choice(departments)
    instruction = rng.choice(words["asks"]).format(
        place=place["place"],
        message=rng.choice(place["departments"][label]),
        **_choices(departments, lang),
    )
    answer = rng.choice(words["answers"]).format(label=label)
    return Composed(instruction, (Instance("", answer, label),))


def odd_one_out(rng: Random, lang: Lang) -> Composed:
    """Ask for the one word out of five that is of another category."""
    words = load_words("classification_routing_categories", lang)
    category, stranger = rng.sample(words["categories"], 2)
    odd = rng.choice(stranger["items"])
    items = rng.sample(category["items"], 4)
    items.insert(rng.randrange(5), odd)
    ask = rng.choice(words["odd_asks"])
    if "{A}" in ask:
        instruction = ask.format(A=capitalise(items[0]), list=listing(items[1:], lang))
    else:
        instruction = ask.format(list=listing(items, lang))
    answer = rng.choice(words["odd_answers"]).format(
        odd=odd, Odd=capitalise(odd), name=category["name"], odd_name=stranger["name"]
    )
    check = odd if odd in answer else capitalise(odd)
    return Composed(instruction, (Instance("", answer, check),))


def group_words(rng: Random, lang: Lang) -> Composed:
    """Ask to sort words into two or three named groups."""
    words = load_words("classification_routing_categories", lang)
    groups = rng.sample(words["categories"], rng.choice((2, 3)))
    chosen = [rng.sample(group["items"], rng.choice((2, 3, 4))) for group in groups]
    pool = [item for items in chosen for item in items]
    rng.shuffle(pool)
    names = [group["name"] for group in groups]
    instruction = rng.choice(words["group_asks"]).format(
        scene=rng.choice(words["group_scenes"]),
        list=listing(pool, lang),
        names=listing(names, lang),
        number=words["numbers"][len(names)],
    )
    colon, comma = (": ", ", ") if lang == "en" else ("：", "、")
    lines = [
        capitalise(name) + colon + comma.join(item for item in pool if item in items)
        for name, items in zip(names, chosen, strict=True)
    ]
    check = "\n".join(lines)
    answer = rng.choice(words["group_intros"]) + check
    return Composed(capitalise(instruction), (Instance("", answer, check),))


def aisle_guide(rng: Random, lang: Lang) -> Composed:
    """Ask in which aisles the things on a shopping list are, given the guide of a store."""
    words = load_words("classification_routing_aisles", lang)
    wanted = rng.sample(words["sections"], rng.choice((2, 3)))
    items = [rng.choice(section["items"]) for section in wanted]
    instruction, _ = draw_question(rng, words, items=listing(items, lang))
    others = [section for section in words["sections"] if section not in wanted]

    def make() -> Instance:
        shown = wanted + rng.sample(others, rng.choice((2, 3)))
        rng.shuffle(shown)
        lines = [
            words["line"].format(number=number, name=section["name"])
            for number, section in enumerate(shown, start=1)
        ]
        found = [
            words["found"].format(item=capitalise(item), number=shown.index(section) + 1)
            for item, section in zip(items, wanted, strict=True)
        ]
        check = "\n".join(found)
        return Instance("\n".join(lines), rng.choice(words["intros"]) + check, check)

    stores = tuple(make() for _ in range(rng.choice((1, 1, 2))))
    return Composed(capitalise(instruction), stores)


KINDS = (
    Kind("news_section", "classification", True, news_section),
    Kind("responsible_department", "classification", True, responsible_department),
    Kind("odd_one_out", "reasoning", False, odd_one_out),
    Kind("group_words", "reasoning", False, group_words),
    Kind("aisle_guide", "closed_qa", False, aisle_guide),
)
